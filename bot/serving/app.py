"""The composition root: settings in, a running bot out."""

import asyncio
import contextlib
import gc
import logging
import os
import signal
import sys
import threading
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from urllib.parse import urlsplit

import aiohttp
import discord

from bot.client import Backoff, Earmark, Services
from bot.config import Config
from bot.domain.errors import DiscordUnreachable, EarmarkError, NoBackup, TokenRefused
from bot.flow.clips import Clips
from bot.flow.connect import Connections
from bot.flow.limits import Limits
from bot.flow.outside import Outside
from bot.flow.rate import Questions
from bot.flow.workers import Workers
from bot.i18n import Languages
from bot.safe.disk import ephemeral_filesystem
from bot.safe.lock import FolderLock
from bot.safe.signals import at_end_signals
from bot.sandbox.point import aim
from bot.sandbox.server import Sandbox
from bot.serving.callback import callback
from bot.serving.doctor import tell
from bot.serving.schedule import backing_up
from bot.serving.site import Health, answering, look
from bot.sources.reccobeats import ReccoBeats
from bot.sources.spotify import Spotify
from bot.sources.spotify_tokens import App
from bot.taste.group import owe
from bot.telemetry.metrics import Metrics
from storage.accounts import Accounts
from storage.cards import Cards
from storage.clips import StoredClips
from storage.database import Database
from storage.digits import Digits
from storage.features import Features
from storage.leftovers import sweep
from storage.models import Models
from storage.playlists import Playlists
from storage.predictions import Predictions
from storage.presence import Presence
from storage.ratings import Ratings
from storage.searches import NameSearches
from storage.sessions import Sessions
from storage.settings import Settings
from storage.sharing import Shares
from storage.spotify import SpotifyAccounts
from storage.studies import Studies

TOKEN_REVOKED = 4004  # the code with which Discord's gateway closes
TOO_MANY = 429  # and from 500 on, what Discord answers passes by itself; anything below is a fault of ours
LOCK_CHECK_S = 2.0
MAX_DESCRIPTORS = 65_536
END_DEADLINE_S = 9.0  # from a signal; hosts kill after 10
BREATH = 1.0  # seconds in which a client that was closed ends by itself
DOWN: tuple[type[Exception], ...] = (discord.HTTPException, discord.GatewayNotFound)

log = logging.getLogger(__name__)


@asynccontextmanager
async def services(config: Config, *, alone: bool = True) -> AsyncGenerator[Services]:
    """Open the data folder and everything that works on it; close it in the opposite order.

    `alone` keeps other instances off the folder; an operator's short command may work beside a running bot.

    Raises:
        FolderInUse: another instance owns the folder.
        FolderUnusable: it cannot be made or written.
        LockUnsupported: its filesystem has no locks.
        NoBackup: a short command was to work on a database that is not there.

    """
    if not alone and not config.database.is_file():
        raise NoBackup(path=str(config.database))  # a new one in a mistyped folder would say that nothing is stored
    metrics = Metrics()
    async with contextlib.AsyncExitStack() as stack:
        if alone:
            lock = FolderLock()
            lock.acquire(config.database.parent)
            stack.callback(lock.release)
            keeping = asyncio.create_task(_keep_locked(lock, config.database.parent), name="folder-lock")
            stack.callback(keeping.cancel)
        database = await Database.open(config.database, metrics)
        stack.push_async_callback(database.close)
        await asyncio.to_thread(sweep, config.database, config.backups, restoring=alone)
        ratings = Ratings(database)
        await ratings.start()
        stack.push_async_callback(ratings.close)
        sessions = Sessions(database, owe)
        await sessions.start()
        stack.push_async_callback(sessions.close)
        workers = Workers.processes(config.workers, metrics)
        stack.callback(workers.close)
        uploads = StoredClips(database)
        clips = Clips(config.data / "clips", uploads)
        stack.push_async_callback(clips.close)
        playlists = Playlists(database)
        questions = Questions(playlists, ratings, workers)
        stack.push_async_callback(questions.close)
        if alone:
            await playlists.clear_stages()
        outside = _outside(config, database)
        stack.push_async_callback(_close, outside)
        metrics.gauge("earmark_writes_waiting", "Writes not yet begun.", lambda: ratings.waiting + sessions.waiting)
        metrics.gauge("earmark_jobs_waiting", "Jobs that wait for a process.", lambda: workers.waiting)
        metrics.gauge("earmark_tasks", "Tasks of the event loop.", lambda: len(asyncio.all_tasks()))
        metrics.gauge("earmark_jobs_running", "Jobs at work.", lambda: workers.running)
        yield Services(
            playlists=playlists,
            ratings=ratings,
            models=Models(database),
            cards=Cards(database),
            digits=Digits(database),
            settings=Settings(database),
            accounts=Accounts(database),
            sessions=sessions,
            predictions=Predictions(database),
            shares=Shares(database),
            presence=Presence(database),
            studies=Studies(database),
            questions=questions,
            clips=clips,
            uploads=uploads,
            workers=workers,
            outside=outside,
            metrics=metrics,
            limits=Limits(),
            languages=Languages(config.catalogues),
        )


async def _keep_locked(lock: FolderLock, folder: Path) -> None:
    """Lock the folder again when the lock's file was deleted; end the program where another instance was quicker."""
    while True:
        await asyncio.sleep(LOCK_CHECK_S)
        try:
            if lock.renew():
                log.warning("the lock of %s was deleted while in use; it is locked again", folder)
        except EarmarkError as problem:
            kind = type(problem).__name__
            log.error("the lock of %s was deleted and cannot be taken again (%s): ending", folder, kind)  # noqa: TRY400
            signal.raise_signal(signal.SIGTERM)
            return


def _outside(config: Config, database: Database) -> Outside:
    """The services of others, as far as the operator's settings go."""
    app = None
    if config.spotify_client_id:
        app = App(
            config.spotify_client_id,
            config.spotify_client_secret,
            config.redirect_uri,
            config.spotify_accounts,
            config.spotify_api,
        )
    spotify = Spotify(app, deadline=config.patience) if app else None
    accounts = SpotifyAccounts(database)
    return Outside(
        spotify=spotify,
        reccobeats=ReccoBeats(config.reccobeats, deadline=config.patience) if "reccobeats" in config.features else None,
        connections=Connections(spotify, config.keyring(), accounts),
        accounts=accounts,
        features=Features(database),
        searches=NameSearches(database),
        spotify_features="spotify" in config.features,
    )


async def _close(outside: Outside) -> None:
    if outside.spotify is not None:
        await outside.spotify.close()
    if outside.reccobeats is not None:
        await outside.reccobeats.close()


async def run_on_discord(config: Config, sandbox_url: str | None = None) -> None:
    """Run on Discord, or on a sandbox of another process, until a signal ends it.

    Raises:
        NotConfigured: there is no token.
        TokenRefused, DiscordUnreachable: the bot could not log in.
        FolderInUse: another instance owns the data folder.

    """
    token = config.require_token()
    raise_descriptor_limit()
    _warn_of_ephemeral_disk(config.data)
    with aim(sandbox_url) if sandbox_url else contextlib.nullcontext():
        async with services(config) as made, backing_up(config, made.metrics):
            bot: Earmark | None = None

            def anew() -> Earmark:
                nonlocal bot
                bot = Earmark(made, always_sync=sandbox_url is not None)
                return bot

            telling = asyncio.create_task(tell(config, log.info), name="doctor")
            try:
                async with serving(config, made, lambda: bot is not None and bot.connected):
                    await _run(anew, token)
            except discord.LoginFailure:
                raise TokenRefused from None
            except discord.ConnectionClosed as closed:
                if closed.code != TOKEN_REVOKED:
                    raise
                raise TokenRefused from None
            except aiohttp.ClientConnectionError:
                raise DiscordUnreachable from None
            finally:
                telling.cancel()
                await asyncio.gather(telling, return_exceptions=True)


async def run_in_sandbox(config: Config, port: int, ready: Callable[[str], Awaitable[None]]) -> None:
    """Run the bot on a sandbox of its own, and call `ready` with the page's address once it has logged in."""
    async with services(config) as made:
        sandbox = await Sandbox.start(port=port, data=config.data / "sandbox")
        try:
            with aim(sandbox.url):

                async def on_login() -> None:
                    await ready(sandbox.url)

                bot = Earmark(made, always_sync=True, on_login=on_login)
                async with serving(config, made, lambda: bot.connected):
                    await _run(lambda: bot, sandbox.bot_token)
        finally:
            await sandbox.close()


@asynccontextmanager
async def serving(config: Config, made: Services, connected: Callable[[], bool]) -> AsyncGenerator[None]:
    """Answer those who ask how the bot is, and the browsers that come back from Spotify."""
    made.metrics.gauge("earmark_connected", "1 while Discord's events arrive.", lambda: float(connected()))

    async def health() -> Health:
        return await look(connected, made.settings.ping)

    places: dict[int, str] = {}  # hosts by port
    here = urlsplit(config.public_url or "")
    if here.scheme == "http" and here.hostname and here.port and made.outside.connections.possible:
        places[here.port] = here.hostname
    if config.metrics_port is not None:
        places[config.metrics_port] = "127.0.0.1"
    if config.port is not None:
        # Only here is every interface bound: a host that hands out $PORT asks from outside.
        places[config.port] = "0.0.0.0"  # noqa: S104
    bound = [(host, port) for port, host in places.items()]
    routes = callback(made.outside.connections, made.languages)
    async with made.metrics.watching_the_loop(), answering(health, made.metrics, *bound, routes=routes):
        yield


async def _run(anew: Callable[[], Earmark], token: str) -> None:
    """Keep a bot running until SIGINT or SIGTERM; each attempt to reach a Discord that is down has a bot of its own."""
    # A click makes thousands of short-lived objects: looking through all modules for garbage each time
    # took a sixth of its processor time.
    gc.freeze()
    gc.set_threshold(20_000, 50, 100)
    stop = stop_at_signals()
    pauses, down = Backoff(), DOWN
    while not stop.is_set():
        try:
            await _run_until(stop, anew(), token)
        except down as problem:
            if isinstance(problem, discord.HTTPException) and problem.status < TOO_MANY:
                raise
            down = (*DOWN, aiohttp.ClientConnectionError)  # no network is Discord's fault, too, once it was there
            pause = pauses.delay()
            log.warning("Discord is down (%s): trying again in %.0f s", type(problem).__name__, pause)
        else:
            return
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(pause):
                await stop.wait()


def stop_at_signals(deadline_s: float = END_DEADLINE_S) -> asyncio.Event:
    """What SIGINT and SIGTERM set; what hangs `deadline_s` later is left behind, for all that counts is on disk."""
    stop = asyncio.Event()

    def leave() -> None:
        hanging = [thread.name for thread in threading.enumerate() if not thread.daemon]
        log.error("not ended after %.0f s, so these threads are left behind: %s", deadline_s, ", ".join(hanging))
        os._exit(1)

    def end() -> None:
        if not stop.is_set():
            stop.set()
            timer = threading.Timer(deadline_s, leave)
            timer.daemon = True
            timer.start()

    at_end_signals(end)
    return stop


async def _run_until(stop: asyncio.Event, bot: Earmark, token: str) -> None:
    """Keep the bot running until it is to stop; clicks at hand are finished first."""
    async with bot:
        running = asyncio.create_task(bot.start(token), name="bot")
        stopping = asyncio.create_task(stop.wait(), name="stop")
        await asyncio.wait((running, stopping), return_when=asyncio.FIRST_COMPLETED)
        stopping.cancel()
        if not running.done():
            log.info("stopping")
            await bot.close()
            await asyncio.wait((running,), timeout=BREATH)
            running.cancel()  # it may be asleep until its next attempt to reach Discord
            await asyncio.gather(running, return_exceptions=True)
            return
        await running


def raise_descriptor_limit() -> None:
    """Allow as many open files and connections as the operating system lets this program have, within reason."""
    if sys.platform == "win32":  # it has no such limit
        return
    import resource  # noqa: PLC0415

    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = MAX_DESCRIPTORS if hard == resource.RLIM_INFINITY else min(hard, MAX_DESCRIPTORS)
    if soft < wanted:
        with contextlib.suppress(ValueError, OSError):
            resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))


def _warn_of_ephemeral_disk(data: Path) -> None:
    kind = ephemeral_filesystem(data)
    if kind:
        log.warning(
            "the data folder %s lies on %s, which many hosts empty at every restart: "
            "attach a persistent disk and set EARMARK_DATA to a folder on it",
            data,
            kind,
        )
