"""The Discord client: logs in, loads the cogs by name, and keeps the commands in step."""

import asyncio
import contextlib
import hashlib
import json
import logging
import re
import sys
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, Literal, TypeVar, cast

import aiohttp
import discord
from discord import app_commands
from discord.backoff import ExponentialBackoff
from discord.ext import commands

from bot.flow.clips import Clips
from bot.flow.limits import Limits, Pace
from bot.flow.outside import Outside
from bot.flow.rate import Questions
from bot.flow.workers import Workers
from bot.i18n import Languages, speak
from bot.telemetry.metrics import GATEWAY_EVENTS, Metrics
from storage.accounts import Accounts
from storage.cards import Cards
from storage.clips import StoredClips
from storage.digits import Digits
from storage.models import Models
from storage.playlists import Playlists
from storage.predictions import Predictions
from storage.presence import Presence
from storage.ratings import Ratings
from storage.sessions import Sessions
from storage.settings import Settings
from storage.sharing import Shares
from storage.studies import Studies

COGS = (
    "cogs.link",
    "cogs.rate",
    "cogs.public",
    "cogs.retrain",
    "cogs.predict",
    "cogs.taste",
    "cogs.session",
    "cogs.spotify",
    "cogs.account",
    "cogs.presence",
    "cogs.help",
)
# Exactly what the cards need: to be seen, to carry pictures, and to be reacted to.
PERMISSIONS = discord.Permissions(
    view_channel=True,
    send_messages=True,
    send_messages_in_threads=True,
    embed_links=True,
    attach_files=True,
    add_reactions=True,
    read_message_history=True,
)
T = TypeVar("T")
CALLBACK = re.compile(r"/interactions/(\d+)/[^/]+/callback$")
PATIENCE = 3.0  # seconds that Discord waits for the first answer
CLICKS_GRACE = 2.5  # seconds
INTERACTIONS_KEPT = 50_000  # ids, the newest, by which one is known that is delivered again
LONGEST_PAUSE = 60.0  # seconds between two attempts to reach Discord

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Services:
    """What the cogs work with, made once by `bot.serving.app` and passed by hand."""

    playlists: Playlists
    ratings: Ratings
    models: Models
    cards: Cards
    digits: Digits
    settings: Settings
    accounts: Accounts
    sessions: Sessions
    predictions: Predictions
    shares: Shares
    presence: Presence
    studies: Studies
    questions: Questions
    clips: Clips
    uploads: StoredClips
    workers: Workers
    outside: Outside
    metrics: Metrics
    limits: Limits
    languages: Languages


def _name_of(kind: type) -> str:
    return f"{kind.__module__}.{kind.__qualname__}"


class Translator(app_commands.Translator):
    """What commands and their options are called in other languages; names that are typed stay as they are."""

    def __init__(self, languages: Languages) -> None:
        self._languages = languages

    async def translate(
        self, string: app_commands.locale_str, locale: discord.Locale, context: app_commands.TranslationContextTypes
    ) -> str | None:
        kind = app_commands.TranslationContextLocation
        typed = {kind.command_name, kind.group_name, kind.parameter_name}
        if context.location in typed and not isinstance(context.data, app_commands.ContextMenu):
            return None
        translated = self._languages.of(locale).catalogue.gettext(string.message)
        return None if translated == string.message else translated


class Tree(app_commands.CommandTree["Earmark"]):
    async def interaction_check(self, interaction: discord.Interaction["Earmark"], /) -> bool:
        """Speak the caller's language in what follows."""
        speak(interaction.client.services.languages.of(interaction.locale))
        return True


class Backoff(ExponentialBackoff[Literal[False]]):
    """Ever longer pauses, but a minute at most: those of discord.py grow to 17, long after Discord is back."""

    def delay(self) -> float:
        return min(super().delay(), LONGEST_PAUSE)


class Earmark(commands.Bot):
    """The bot; `services` is all it knows of the rest of the program."""

    def __init__(
        self, services: Services, *, always_sync: bool = False, on_login: Callable[[], Awaitable[None]] | None = None
    ) -> None:
        # It never speaks: no need to warn that it could not.
        discord.VoiceClient.warn_nacl = discord.VoiceClient.warn_dave = False
        # Its type is discord.py's own class, so a plain assignment is refused.
        setattr(discord.client, "ExponentialBackoff", Backoff)  # noqa: B010
        super().__init__(
            command_prefix=commands.when_mentioned,
            tree_cls=Tree,
            help_command=None,
            # No privileged intent: commands, buttons, reactions and direct messages need none.
            intents=discord.Intents(guilds=True, guild_reactions=True, dm_reactions=True, dm_messages=True),
            member_cache_flags=discord.MemberCacheFlags.none(),
            max_messages=None,
            chunk_guilds_at_startup=False,
            # The pause after the last server's arrival that means there are no more; no list of members is waited for.
            guild_ready_timeout=0.3,
            allowed_mentions=discord.AllowedMentions.none(),
            allowed_contexts=app_commands.AppCommandContext(guild=True, dm_channel=True, private_channel=True),
            allowed_installs=app_commands.AppInstallationType(guild=True, user=True),
            http_trace=self._trace(services.metrics),
        )
        # Before it reaches commands and buttons; discord.py has no public place for it.
        parsers = self._connection.parsers
        parsers["INTERACTION_CREATE"] = self._answer_once(parsers["INTERACTION_CREATE"])
        self.services = services
        self.pace = Pace(40)  # Discord allows 50 a second, answers to clicks not counted
        self.errands = Pace(25)  # of these, what may wait: new votes on a card, the digits under it
        self._always_sync = always_sync
        self._on_login, self._own_sandbox = on_login, on_login is not None
        self.connected = False  # whether Discord's events arrive
        self._asked: dict[str, float] = {}  # when interactions came that have no answer yet
        self._parts: dict[str, object] = {}  # what cogs provide for each other, by the name of its type

    def provide(self, part: object) -> None:
        """Let other cogs find this by its type.

        discord.py executes a module anew that it loads as an extension, so a class is told by its name.
        """
        self._parts[_name_of(type(part))] = part

    def part(self, kind: type[T]) -> T:
        """What a cog provides; raise KeyError where none of this type was provided."""
        return cast("T", self._parts[_name_of(kind)])

    def _trace(self, metrics: Metrics) -> aiohttp.TraceConfig:
        """Watch what Discord answers, and how long an interaction waited for its first answer."""
        trace = aiohttp.TraceConfig()

        async def on_end(_: object, __: object, given: aiohttp.TraceRequestEndParams) -> None:
            metrics.requests.labels(str(given.response.status)).inc()
            callback = CALLBACK.search(given.url.path)
            if callback is not None and given.response.ok and callback[1] in self._asked:
                metrics.answers.observe(time.perf_counter() - self._asked.pop(callback[1]))

        trace.on_request_end.append(on_end)
        return trace

    def dispatch(self, event_name: str, /, *args: Any, **kwargs: Any) -> None:
        """Take note of connections and interactions, the moment they come."""
        if event_name == "interaction":
            interaction_id = str(args[0].id)
            self._asked[interaction_id] = time.perf_counter()
            asyncio.get_running_loop().call_later(PATIENCE, self._give_up_on, interaction_id)
        elif event_name in GATEWAY_EVENTS:
            if event_name != "disconnect" or self.connected:  # each attempt to come back is a `disconnect`, too
                self.services.metrics.gateway.labels(event_name).inc()
            self.connected = event_name != "disconnect"
        super().dispatch(event_name, *args, **kwargs)

    def _give_up_on(self, interaction_id: str) -> None:
        if self._asked.pop(interaction_id, None) is not None:
            self.services.metrics.unanswered.inc()

    def _answer_once(self, parse: Callable[[Any], None]) -> Callable[[Any], None]:
        """Leave out interactions that came before: after a broken connection Discord may deliver some again."""
        seen: dict[str, None] = {}

        def parse_once(data: Any) -> None:
            if data["id"] not in seen:
                seen[data["id"]] = None
                if len(seen) > INTERACTIONS_KEPT:
                    del seen[next(iter(seen))]
                parse(data)

        return parse_once

    async def on_message(self, message: discord.Message, /) -> None:
        """Look for no command in what is typed; the cog Help answers it."""

    async def on_error(self, event_method: str, /, *args: Any, **kwargs: Any) -> None:
        """Count what the handler of an event raised, of a reaction for example."""
        if (problem := sys.exception()) is not None:
            self.services.metrics.failed(problem, unexpected=not isinstance(problem, discord.DiscordServerError))
        await super().on_error(event_method, *args, **kwargs)

    async def setup_hook(self) -> None:
        for cog in COGS:
            await self.load_extension(cog)
        await self._synchronise()

    async def connect(self, *, reconnect: bool = True) -> None:
        """Stay connected; raises GatewayNotFound where the very first connection fails."""
        try:
            await super().connect(reconnect=reconnect)
        except AttributeError as error:
            # discord.py asks the last connection where to go on, and there is none yet.
            if getattr(self, "ws", None) is not None:
                raise
            raise discord.GatewayNotFound from error.__context__

    async def _synchronise(self) -> None:
        """Tell Discord of the commands, only when they are not those that it was told of last."""
        added = self.tree.get_commands()
        if self.services.languages.any:
            await self.tree.set_translator(translator := Translator(self.services.languages))
            payload = [await command.get_translated_payload(self.tree, translator) for command in added]
        else:
            payload = [command.to_dict(self.tree) for command in added]
        known = json.dumps([self.application_id, payload], sort_keys=True)
        digest = hashlib.sha256(known.encode()).hexdigest()
        if not self._always_sync and await self.services.settings.get("commands") == digest:
            return
        await self.tree.sync()
        await self.services.settings.set("commands", digest)
        log.info("commands synchronised")

    async def on_ready(self) -> None:
        if self._own_sandbox:  # to which nobody needs to be invited
            if self._on_login is not None:
                on_login, self._on_login = self._on_login, None
                await on_login()
            return
        assert self.application_id is not None
        invite = discord.utils.oauth_url(self.application_id, permissions=PERMISSIONS)
        log.info("logged in; invite the bot with %s", invite)

    async def close(self) -> None:
        """Finish the clicks at hand, then log out."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(CLICKS_GRACE):
                while at_hand := _clicks():  # others may come while these are finished
                    await asyncio.wait(at_hand)
        await super().close()


def _clicks() -> list[asyncio.Task[object]]:
    """The clicks and commands that are being answered."""
    names = ("discord-ui-dynamic-item", "CommandTree-invoker", "discord-ui-modal")
    mine = asyncio.current_task()
    return [task for task in asyncio.all_tasks() if task is not mine and task.get_name().startswith(names)]
