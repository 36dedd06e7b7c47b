"""What works and what does not, and what the operator can do about it: each service is asked once, with few words."""

import asyncio
import contextlib
from collections.abc import AsyncGenerator, Callable, Collection, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import aiohttp

from bot.config import Config
from bot.domain.errors import AppRefused, EarmarkError, NotConfigured, SpotifyBusy, SpotifyDown, WrongKey
from bot.safe.disk import DEVICES, MOUNTS, encrypted, ephemeral_filesystem
from bot.safe.private import open_to_others
from bot.sources.queue import Closed, NoAnswer, Queue
from bot.sources.reccobeats import ReccoBeats
from bot.sources.spotify import Own, Spotify
from bot.sources.spotify_answers import Forbidden, Missing, Unauthorised
from bot.sources.spotify_tokens import App
from storage.database import Database
from storage.spotify import SpotifyAccounts

if TYPE_CHECKING:
    from bot.sources.spotify_api import Api

State = Literal["works", "partly", "fails", "off"]
DISCORD = "https://discord.com/api/v10"
# Spotify's own examples, which are public and stay.
TRACK, ALBUM, PLAYLIST = "11dFghVXANMlKmJXsNCbNl", "4aawyAB9vmqN3uQ7FjRGTy", "3cEYpjA9oz9GiPac4AsH4n"
PRIVILEGED = (1 << 12) | (1 << 14) | (1 << 18)  # an app's flags: presence, members, message content in many servers


@dataclass(frozen=True, slots=True)
class Check:
    """One line of the table."""

    what: str
    state: State
    found: str
    todo: str = ""


async def examine(
    config: Config, *, discord: str | None = DISCORD, mounts: Path = MOUNTS, devices: Path = DEVICES
) -> list[Check]:
    """Check everything that the settings name; `discord` is None where the login has just shown that it works."""
    checks = [] if discord is None else await _discord(config, discord)
    checks += _at_rest(config, mounts, devices)
    checks += await _storage(config)
    checks += await _spotify(config)
    checks.append(await _reccobeats(config))
    checks.append(_features(config))
    return checks


async def _discord(config: Config, url: str) -> list[Check]:
    name = "Discord token"
    if not config.token:
        return [Check(name, "off", "DISCORD_TOKEN is not set: the sandbox runs", "Set it to your bot's token")]
    headers = {"Authorization": f"Bot {config.token}"}
    try:
        async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=10)) as session:
            async with session.get(f"{url}/users/@me", headers=headers) as answer:
                status = answer.status
                me: Any = await answer.json(content_type=None)
            if status == 401:
                return [Check(name, "fails", "Discord refuses it", "Copy it again from the developer portal")]
            if status != 200:
                return [Check(name, "fails", f"Discord answers {status}", "Try again later")]
            async with session.get(f"{url}/oauth2/applications/@me", headers=headers) as answer:
                app: Any = await answer.json(content_type=None)
    except (aiohttp.ClientError, TimeoutError, ValueError):
        return [Check(name, "fails", "Discord cannot be reached", "Check this machine's network")]
    flags = int(app.get("flags") or 0)
    intents = "some privileged ones are switched on, and none is used" if flags & PRIVILEGED else "no privileged one"
    return [Check(name, "works", f"logged in as {me.get('username')}"), Check("Intents", "works", intents)]


def _at_rest(config: Config, mounts: Path, devices: Path) -> list[Check]:
    """Where people's data lies, and who else could read it there."""
    where, kind = str(config.data), ephemeral_filesystem(config.data, mounts)
    opened = open_to_others(config.data, config.database)
    data = Check("Data folder", "works", where)
    if kind:
        todo = "Attach a persistent disk and set EARMARK_DATA to a folder on it"
        data = Check("Data folder", "partly", f"{where} lies on {kind}, which may be emptied at a restart", todo)
    elif opened:
        names = " ".join(map(str, opened))
        data = Check("Data folder", "partly", f"others on this machine can open {names}", f"chmod go= {names}")
    backups = _encryption("- backups at rest", config.backups, mounts, devices)
    if config.keys:
        backups = replace(backups, state="works", found="sealed with EARMARK_KEYS", todo="")
    return [data, _encryption("- data at rest", config.data, mounts, devices), backups]


def _encryption(what: str, folder: Path, mounts: Path, devices: Path) -> Check:
    if encrypted(folder, mounts, devices):
        return Check(what, "works", "on an encrypted volume")
    todo = "Discord's terms ask for it: use your host's encrypted disks, or LUKS as in docs/operators.md"
    return Check(what, "partly", f"cannot tell whether {folder} lies on an encrypted disk", todo)


async def _storage(config: Config) -> list[Check]:
    if not config.database.is_file():
        todo = "The bot makes it at its first start; if it ran before, check --data, EARMARK_DATA, EARMARK_DATABASE"
        return [Check("Database", "off", f"{config.database} is not there yet", todo), _keys(config, ())]
    checks: list[Check] = []
    try:
        database = await Database.open(config.database)
    except (EarmarkError, OSError) as problem:
        todo = "Check the path and its permissions, and that no later version wrote it"
        return [*checks, Check("Database", "fails", type(problem).__name__, todo)]
    try:
        checks.append(Check("Database", "works", f"{config.database.name} opens, and is up to date"))
        sealed = await SpotifyAccounts(database).all()
    finally:
        await database.close()
    return [*checks, _keys(config, sealed.values())]


def _keys(config: Config, stored: Collection[bytes]) -> Check:
    name, how = "Keys", "Make one with `earmark key`, and set EARMARK_KEYS to it"
    try:
        keyring = config.keyring()
    except NotConfigured:
        return Check(name, "fails", "one of EARMARK_KEYS is no key", how)
    if keyring is None and stored:
        return Check(
            name, "fails", f"{len(stored)} permissions are stored, and no key opens them", "Set EARMARK_KEYS again"
        )
    if keyring is None:
        return Check(name, "off", "EARMARK_KEYS is not set: nobody can connect an account", how)
    lost = 0
    for one in stored:
        try:
            keyring.open(one)
        except WrongKey:
            lost += 1
    if lost:
        return Check(
            name, "partly", f"{lost} of {len(stored)} permissions open with no key", "Add the older key behind the new"
        )
    return Check(name, "works", f"{len(config.keys)} set, {len(stored)} permissions stored")


# --- Spotify


async def _spotify(config: Config) -> list[Check]:
    if not config.spotify_client_id:
        todo = "Make an app at developer.spotify.com (its owner needs Premium), set SPOTIFY_CLIENT_ID and _SECRET"
        return [Check("Spotify app", "off", "SPOTIFY_CLIENT_ID is not set: members upload files", todo)]
    async with _opened(config) as spotify:
        own = spotify.own(possible=True)
        try:
            await own.token()
        except AppRefused:
            todo = "Copy SPOTIFY_CLIENT_ID and SPOTIFY_CLIENT_SECRET again from the app's settings"
            return [Check("Spotify app", "fails", "Spotify does not know the id or the secret", todo)]
        except (SpotifyBusy, SpotifyDown) as problem:
            return [Check("Spotify app", "fails", _trouble(problem), "Try again later")]
        checks = [Check("Spotify app", "works", "the id and the secret fit")]
        for what, call, closed, todo in PROBES:
            checks.append(await _probe(spotify, own, what, call, closed, todo))
        checks.append(_kind(checks))
    checks.append(_accounts(config))
    return checks


PROBES: tuple[tuple[str, Callable[["Api"], Any], str, str], ...] = (
    ("- one track", lambda api: api.track(TRACK), "closed to this app", "Members paste lines or upload files"),
    ("- search", lambda api: api.search("Bach", limit=1), "closed to this app", "Names without ids stay unmatched"),
    ("- albums", lambda api: api.album_tracks(ALBUM, limit=1), "closed to this app", "Members link a playlist instead"),
    (
        "- anybody's playlists",
        lambda api: api.playlist_items(PLAYLIST, limit=1),
        "closed: members connect, and read their own",
        "Add up to five members to the app's list; others copy playlists, or upload files",
    ),
    ("- several tracks at once", lambda api: api.tracks([TRACK]), "closed to new apps; the bot does not need it", ""),
    (
        "- audio features",
        lambda api: api.measured(TRACK),
        "closed to new apps since 2024-11-27",
        "ReccoBeats and members' files say how tracks sound",
    ),
    ("- audio analysis", lambda api: api.analysed(TRACK), "closed to new apps since 2024-11-27", ""),
)


async def _probe(spotify: Spotify, own: Own, what: str, call: Callable[["Api"], Any], closed: str, todo: str) -> Check:
    try:
        await spotify.call(call, own)
    except (Unauthorised, Forbidden):
        return Check(what, "off", closed, todo)
    except Missing:
        return Check(what, "partly", "answers that the example is not there", "Try again later")
    except (SpotifyBusy, SpotifyDown) as problem:
        return Check(what, "fails", _trouble(problem), "Try again later")
    except EarmarkError as problem:
        return Check(what, "fails", type(problem).__name__, "Try again later")
    return Check(what, "works", "open to this app")


def _kind(checks: Sequence[Check]) -> Check:
    states = {check.what: check.state for check in checks}
    name = "= so this app is"
    if "fails" in states.values():
        return Check(name, "partly", "not known yet: some questions had no answer", "Run this again later")
    if states["- one track"] != "works":
        todo = "Check that its owner has Premium, and what its page at developer.spotify.com says"
        return Check(name, "fails", "none that can be used: not even one track can be read", todo)
    if states["- audio features"] == "works":
        found = "one of extended quota, or one from before 2024-11-27: it can do all"
        return Check(name, "works", found, "EARMARK_FEATURES=...,spotify lets the bot use them; read the policy first")
    if states["- anybody's playlists"] == "works":
        return Check(name, "works", "an older one: it reads public playlists, and gets no audio features")
    todo = "Its users: five at most, each on its list under User Management"
    return Check(name, "partly", "a new one in development mode: its users' own playlists only", todo)


def _accounts(config: Config) -> Check:
    name = "Members' accounts"
    if not config.keys:
        return Check(name, "off", "no key to keep permissions with", "Make one with `earmark key`, set EARMARK_KEYS")
    todo = f"{config.redirect_uri} must stand in the app's settings as a redirect URI, letter by letter"
    if config.public_url is None:
        return Check(name, "works", "members paste the address back (PUBLIC_URL is not set)", todo)
    if config.public_url.startswith("https://") and config.port is None:
        return Check(
            name, "fails", "PUBLIC_URL is set, and nothing answers there", "Set PORT, to which your host leads it"
        )
    return Check(name, "works", f"they are led back to {config.public_url}", todo)


@asynccontextmanager
async def _opened(config: Config) -> AsyncGenerator[Spotify]:
    app = App(
        config.spotify_client_id or "",
        config.spotify_client_secret,
        config.redirect_uri,
        config.spotify_accounts,
        config.spotify_api,
    )
    spotify = Spotify(app, deadline=config.patience, patience=3)
    spotify.queue = Queue(2, patience=3, pause=0.1)
    try:
        yield spotify
    finally:
        await spotify.close()


def _trouble(problem: SpotifyBusy | SpotifyDown) -> str:
    if isinstance(problem, SpotifyDown):
        return f"it answers {problem.status}" if problem.status else "no answer that can be read, or none in time"
    hours = f"{problem.seconds / 3600:.1f} hours" if problem.seconds > 5400 else f"{problem.seconds} seconds"
    return f"{'the daily quota is used up' if problem.daily else 'too many requests'}: wait {hours}"


# --- features


async def _reccobeats(config: Config) -> Check:
    if "reccobeats" not in config.features:
        return Check("ReccoBeats", "off", "EARMARK_FEATURES does not name it", "")
    service = ReccoBeats(config.reccobeats, deadline=config.patience, patience=3)
    try:
        found = await service.by_spotify_id([TRACK])
    except Closed as problem:
        return Check("ReccoBeats", "fails", f"too many requests: wait {problem.seconds} seconds", "Try again later")
    except NoAnswer:
        todo = "Check this machine's network; without it, files with features are the only source"
        return Check("ReccoBeats", "fails", "no answer that can be read, or none in time", todo)
    finally:
        await service.close()
    return Check("ReccoBeats", "works", "answers" if found else "answers, and does not know the example")


def _features(config: Config) -> Check:
    named = ", ".join(config.features) or "none"
    if "spotify" in config.features:
        todo = "Spotify's policy (III.14) forbids training on its content: that is your decision"
        return Check("Feature sources", "partly", named, todo)
    return Check("Feature sources", "works", named)


# --- words


def table(checks: Sequence[Check]) -> str:
    """Lay out the checks for a terminal; what to do stands below what was found."""
    left = max(len(check.what) for check in checks)
    lines: list[str] = []
    for check in checks:
        lines.append(f"{check.what:<{left}}  {check.state:<6}  {check.found}")
        if check.todo:
            lines.append(f"{'':<{left}}          -> {check.todo}")
    return "\n".join(lines)


def failed(checks: Sequence[Check]) -> bool:
    return any(check.state == "fails" for check in checks)


async def tell(config: Config, say: Callable[[str], None]) -> None:
    """Write the same table into the log at the start, without holding the start up."""
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(120):
            checks = await examine(config, discord=None)
            say(f"what works here (earmark doctor):\n{table(checks)}")
