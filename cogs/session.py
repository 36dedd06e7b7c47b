"""Session: a group rates together and gets one playlist that is fair to everybody."""

import io
import re
from collections.abc import Awaitable, Callable
from typing import Any, Self, cast

import discord
from discord import app_commands
from discord.ext import commands

from bot.client import Earmark
from bot.domain_session import Session, Settings
from bot.errors import GroupError, MissingPermissions, NoSession, NotInServer, NotTheHost, SessionError
from bot.flow import voting
from bot.flow.account import tracks_csv
from bot.flow.gather import another
from bot.flow.playlist_files import m3u, xspf
from bot.flow.reveal import season_table
from bot.flow.session import apply, start, steers
from bot.flow.session_events import (
    Actor,
    Begin,
    Cancel,
    Consent,
    EndRound,
    Event,
    Export,
    Finish,
    HandOver,
    Leave,
    MakePlaylist,
    Posted,
    Reveal,
    Submit,
    Swap,
    Unvote,
    Veto,
)
from bot.taste.group_rules import STRATEGIES
from cogs.public import BARE_DIGITS
from cogs.stage import Stage, now
from cogs.ui import pick, session_cards, text, text_session
from cogs.ui.access import services
from cogs.ui.errors import guard, say
from cogs.ui.in_turn import InTurn
from storage.sessions import Step

NEEDED = ("view_channel", "send_messages", "embed_links", "attach_files", "add_reactions", "read_message_history")
RULES = [app_commands.Choice(name=text.bare(text_session.RULE_WORDS[name]), value=name) for name in STRATEGIES]


def actor(interaction: discord.Interaction) -> Actor:
    return Actor(interaction.user.id, manages=interaction.permissions.manage_events)


def stage(interaction: discord.Interaction) -> Stage:
    cog = cast("Earmark", interaction.client).get_cog("Sessions")
    assert isinstance(cog, Sessions)
    return cog.stage


async def here(interaction: discord.Interaction) -> Session:
    """The live session of this channel; raises NoSession."""
    assert interaction.channel_id is not None
    found = await services(interaction).sessions.in_channel(interaction.channel_id)
    if found is None:
        raise NoSession(asked=0)
    return found


def check_place(interaction: discord.Interaction) -> None:
    """Say before starting what would be missing later.

    Raises:
        NotInServer: a session posts by itself, which only an invited bot may.
        MissingPermissions: with the names of those that are missing.

    """
    if interaction.guild_id is None or not interaction.is_guild_integration():
        raise NotInServer
    missing = [name for name in NEEDED if not getattr(interaction.app_permissions, name)]
    if missing:
        raise MissingPermissions(names=tuple(name.replace("_", " ").title() for name in missing))


class SessionButton(
    discord.ui.DynamicItem[discord.ui.Button[Any]], template=r"earmark:session:(?P<action>[a-z]{4,8}):(?P<id>\d{1,19})"
):
    """A button of the session's card."""

    def __init__(self, item: discord.ui.Button[Any], action: str, session_id: int) -> None:
        super().__init__(item)
        self.action = action
        self.session_id = session_id

    @classmethod
    async def from_custom_id(cls, _: discord.Interaction, item: discord.ui.Item[Any], match: re.Match[str], /) -> Self:
        assert isinstance(item, discord.ui.Button)
        return cls(item, match["action"], int(match["id"]))

    async def callback(self, interaction: discord.Interaction) -> None:
        await guard(interaction, self._act)

    async def _act(self, interaction: discord.Interaction) -> None:
        by, at = actor(interaction), now()
        match self.action:
            case "join":
                await voting.join(services(interaction).sessions, self.session_id, by, at)
                stage(interaction).go_on(self.session_id)
                await interaction.response.defer()
                await ask_consent(interaction, self.session_id)
            case "playlist":
                await make(interaction, self.session_id)
            case "export":
                await export(interaction, self.session_id)
            case "rounds":
                await interaction.response.defer()
                await start_rounds(interaction, self.session_id)
            case _:
                await interaction.response.defer()
                await stage(interaction).step(self.session_id, self._event(by, at))
                if self.action == "reveal":
                    await stage(interaction).post_card(await services(interaction).sessions.get(self.session_id))

    def _event(self, by: Actor, at: int) -> Event:
        events: dict[str, type[Event]] = {
            "leave": Leave,
            "begin": Begin,
            "cancel": Cancel,
            "finish": Finish,
            "reveal": Reveal,
        }
        return events[self.action](at=at, by=by)


async def start_rounds(interaction: discord.Interaction, session_id: int) -> None:
    """From the submissions of a themed session on to its rounds."""
    session = await services(interaction).sessions.get(session_id)
    if not steers(session, actor(interaction)):
        raise NotTheHost(host_id=session.host_id)
    await stage(interaction).first_round(session)


async def make(interaction: discord.Interaction, session_id: int) -> None:
    """Make the playlist, and put it at the channel's end."""
    session = await services(interaction).sessions.get(session_id)
    if not steers(session, actor(interaction)):
        raise NotTheHost(host_id=session.host_id)
    await interaction.response.defer()
    slots = await stage(interaction).playlist(session)
    made = await stage(interaction).step(session_id, MakePlaylist(at=now(), by=actor(interaction), slots=slots))
    await stage(interaction).post_card(made)


async def export(interaction: discord.Interaction, session_id: int) -> None:
    """Hand out the playlist as files and links."""
    await interaction.response.defer(ephemeral=True, thinking=True)
    session = await stage(interaction).step(session_id, Export(at=now(), by=actor(interaction)))
    tracks = await stage(interaction).tracks(session)
    ordered = [tracks[slot.track_id] for slot in session.slots if slot.track_id in tracks]
    name = text.bare(session.settings.name, 60)
    files = [
        discord.File(io.BytesIO(data), f"playlist.{kind}")
        for kind, data in (("csv", tracks_csv(ordered)), ("m3u8", m3u(name, ordered)), ("xspf", xspf(name, ordered)))
    ]
    await interaction.edit_original_response(content=text_session.exported(session, tracks), attachments=files)


async def ask_consent(interaction: discord.Interaction, session_id: int) -> None:
    """Ask once whether votes may become ratings."""
    session = await services(interaction).sessions.get(session_id)
    member = session.members.get(interaction.user.id)
    if member is not None and member.learn is None:
        view = session_cards.consent_view(session_id)
        await interaction.followup.send(text_session.ASK_CONSENT, view=view, ephemeral=True)


class VoteButton(
    discord.ui.DynamicItem[discord.ui.Button[Any]],
    template=r"earmark:svote:(?P<id>\d{1,19}):(?P<round>\d{1,3}):(?P<stars>10|[1-9])",
):
    """A vote on a round's track."""

    def __init__(self, item: discord.ui.Button[Any], session_id: int, number: int, stars: int) -> None:
        super().__init__(item)
        self.session_id = session_id
        self.number = number
        self.stars = stars

    @classmethod
    async def from_custom_id(cls, _: discord.Interaction, item: discord.ui.Item[Any], match: re.Match[str], /) -> Self:
        assert isinstance(item, discord.ui.Button)
        return cls(item, int(match["id"]), int(match["round"]), int(match["stars"]))

    async def callback(self, interaction: discord.Interaction) -> None:
        await guard(interaction, self._vote)

    async def _vote(self, interaction: discord.Interaction) -> None:
        s = services(interaction)
        who = actor(interaction)
        step = await voting.vote(s.sessions, self.session_id, who, self.number, self.stars, now())
        track = await s.playlists.track(step.after.rounds[self.number - 1].track_id)
        await say(interaction, text_session.voted(track, self.stars))
        show(stage(interaction), step)
        await ask_consent(interaction, self.session_id)


def show(on: Stage, step: Step) -> None:
    """Let everybody see that somebody voted; a round that ended by it gives way to the next."""
    if step.before.open_round is not None and step.after.open_round is None:
        on.go_on(step.after.id)
    else:
        on.refresh(step.after.id)


class NextButton(
    discord.ui.DynamicItem[discord.ui.Button[Any]], template=r"earmark:snext:(?P<id>\d{1,19}):(?P<round>\d{1,3})"
):
    """The host ends a round before its time."""

    def __init__(self, item: discord.ui.Button[Any], session_id: int, number: int) -> None:
        super().__init__(item)
        self.session_id = session_id
        self.number = number

    @classmethod
    async def from_custom_id(cls, _: discord.Interaction, item: discord.ui.Item[Any], match: re.Match[str], /) -> Self:
        assert isinstance(item, discord.ui.Button)
        return cls(item, int(match["id"]), int(match["round"]))

    async def callback(self, interaction: discord.Interaction) -> None:
        await guard(interaction, self._next)

    async def _next(self, interaction: discord.Interaction) -> None:
        event = EndRound(at=now(), by=actor(interaction), number=self.number)
        await stage(interaction).step(self.session_id, event)
        await interaction.response.defer()


class LearnButton(
    discord.ui.DynamicItem[discord.ui.Button[Any]], template=r"earmark:slearn:(?P<id>\d{1,19}):(?P<learn>[01])"
):
    """Says whether one's votes may become ratings."""

    def __init__(self, item: discord.ui.Button[Any], session_id: int, learn: bool) -> None:
        super().__init__(item)
        self.session_id = session_id
        self.learn = learn

    @classmethod
    async def from_custom_id(cls, _: discord.Interaction, item: discord.ui.Item[Any], match: re.Match[str], /) -> Self:
        assert isinstance(item, discord.ui.Button)
        return cls(item, int(match["id"]), match["learn"] == "1")

    async def callback(self, interaction: discord.Interaction) -> None:
        await guard(interaction, self._learn)

    async def _learn(self, interaction: discord.Interaction) -> None:
        event = Consent(at=now(), by=actor(interaction), learn=self.learn)
        await services(interaction).sessions.step(self.session_id, lambda session: apply(session, event))
        await interaction.response.edit_message(content=text_session.consent(self.learn), view=None)


class SlotSelect(
    discord.ui.DynamicItem[discord.ui.Select[Any]], template=r"earmark:slot:(?P<action>swap|veto):(?P<id>\d{1,19})"
):
    """Swaps a track of the playlist, or vetoes it."""

    def __init__(self, item: discord.ui.Select[Any], action: str, session_id: int) -> None:
        super().__init__(item)
        self.action = action
        self.session_id = session_id

    @classmethod
    async def from_custom_id(cls, _: discord.Interaction, item: discord.ui.Item[Any], match: re.Match[str], /) -> Self:
        assert isinstance(item, discord.ui.Select)
        return cls(item, match["action"], int(match["id"]))

    async def callback(self, interaction: discord.Interaction) -> None:
        await guard(interaction, self._change)

    async def _change(self, interaction: discord.Interaction) -> None:
        await interaction.response.defer()
        # One after the other: two who change slots at the same moment would be given the same other track.
        async with stage(interaction).changes.of(self.session_id):
            await self._replace(interaction)

    async def _replace(self, interaction: discord.Interaction) -> None:
        place, _, track_id = self.item.values[0].partition(":")
        by, on = actor(interaction), stage(interaction)
        session = await services(interaction).sessions.get(self.session_id)
        if not any(slot.track_id == int(track_id) for slot in session.slots[int(place) : int(place) + 1]):
            on.go_on(session.id)  # the card was older than the playlist: show the new one
            return
        try:
            slot = await another(await on.pool(session), session, int(place))
        except GroupError:
            if self.action == "swap":
                raise
            slot = None  # no other track is left: the list becomes shorter
        if self.action == "veto":
            await on.step(session.id, Veto(at=now(), by=by, place=int(place), slot=slot))
        elif slot is not None:
            await on.step(session.id, Swap(at=now(), by=by, place=int(place), slot=slot))


class Sessions(commands.GroupCog, group_name="session", group_description="Rate together, and get one fair playlist"):
    def __init__(self, bot: Earmark) -> None:
        self.bot = bot
        self.stage = Stage(bot)
        self._resumed = False
        self._in_turn = InTurn()

    async def cog_unload(self) -> None:
        await self.stage.close()

    @commands.Cog.listener()
    async def on_ready(self) -> None:
        if not self._resumed:
            self._resumed = True
            await self.stage.resume()

    @commands.Cog.listener()
    async def on_raw_reaction_add(self, payload: discord.RawReactionActionEvent) -> None:
        if payload.member is None or not payload.member.bot:
            await self._reacted(payload, self._vote)

    @commands.Cog.listener()
    async def on_raw_reaction_remove(self, payload: discord.RawReactionActionEvent) -> None:
        await self._reacted(payload, self._unvote)

    async def _reacted(
        self, payload: discord.RawReactionActionEvent, change: Callable[[int, int, Actor, int], Awaitable[Step]]
    ) -> None:
        stars = self._digit(payload)
        if not stars:
            return
        async with self._in_turn.of((payload.message_id, payload.user_id)):
            found = await self.bot.services.sessions.round_of(payload.message_id)
            if found is None:
                return
            try:
                step = await change(found[0], found[1], Actor(payload.user_id), stars)
            except SessionError:
                return  # it is over, or one's own track: a message to all would be the only way to say so
        show(self.stage, step)

    async def _vote(self, session_id: int, number: int, who: Actor, stars: int) -> Step:
        return await voting.vote(self.bot.services.sessions, session_id, who, number, stars, now(), by_reaction=True)

    async def _unvote(self, session_id: int, number: int, who: Actor, stars: int) -> Step:
        event = Unvote(at=now(), by=who, number=number, stars=stars)
        return await self.bot.services.sessions.step(session_id, lambda session: apply(session, event))

    def _digit(self, payload: discord.RawReactionActionEvent) -> int:
        if payload.user_id == self.bot.application_id:
            return 0
        return BARE_DIGITS.get((payload.emoji.name or "").replace("\ufe0f", ""), 0)

    @app_commands.command(description="Open a session in this channel")
    @app_commands.describe(
        name="What to call it",
        length="Tracks on the playlist (default 10)",
        rule="How the playlist is chosen (default: fair)",
        rounds="Tracks to rate first (default 8)",
        seconds="To vote on each (default 60)",
        open_votes="Show votes at once, not at the reveal only",
        theme="Each member submits a track for it, and all are rated",
        season="Themed sessions of one season share a table",
        playlist="Only from this playlist; else from all that members share here",
    )
    @app_commands.choices(rule=RULES)
    @app_commands.autocomplete(playlist=pick.playlist_choices)
    async def start(
        self,
        interaction: discord.Interaction,
        name: app_commands.Range[str, 1, 60] = "Listening session",
        length: app_commands.Range[int, 1, 50] = 10,
        rule: str = "fair",
        rounds: app_commands.Range[int, 0, 30] = 8,
        seconds: app_commands.Range[int, 10, 3600] = 60,
        open_votes: bool = False,
        theme: app_commands.Range[str, 1, 60] | None = None,
        season: app_commands.Range[str, 1, 40] | None = None,
        playlist: str | None = None,
    ) -> None:
        check_place(interaction)
        assert interaction.guild_id is not None
        assert interaction.channel_id is not None
        only = (await pick.playlist_id(interaction, playlist),) if playlist else ()
        chosen = Settings(
            name, length, rule, not open_votes, seconds, rounds, playlist_ids=only, theme=theme, season=season
        )
        s = services(interaction)
        learn = await s.sessions.consent(interaction.user.id)
        opened = await s.sessions.open(
            start(interaction.guild_id, interaction.channel_id, actor(interaction), chosen, now(), learn)
        )
        brings = await self.stage.brings(opened)
        answer = await interaction.response.send_message(**session_cards.card(opened, {}, brings, None))
        if answer.message_id is not None:
            event = Posted(at=now(), message_id=answer.message_id)
            await s.sessions.step(opened.id, lambda session: apply(session, event))
        await ask_consent(interaction, opened.id)

    @app_commands.command(description="Submit a track for the theme of the session here")
    @app_commands.autocomplete(track=pick.track_choices)
    async def submit(self, interaction: discord.Interaction, track: str) -> None:
        session = await here(interaction)
        chosen = await pick.track(interaction, track)
        await self.stage.step(session.id, Submit(at=now(), by=actor(interaction), track_id=chosen.id))
        await interaction.response.send_message(text_session.submitted(chosen), ephemeral=True)

    @app_commands.command(description="Make somebody else the host")
    async def handover(self, interaction: discord.Interaction, to: discord.User) -> None:
        session = await here(interaction)
        await self.stage.step(session.id, HandOver(at=now(), by=actor(interaction), to=to.id))
        await interaction.response.send_message(text_session.handed_over(to.id), ephemeral=True)

    @app_commands.command(description="Give up the session here")
    async def cancel(self, interaction: discord.Interaction) -> None:
        session = await here(interaction)
        await self.stage.step(session.id, Cancel(at=now(), by=actor(interaction)))
        await interaction.response.send_message(text_session.CANCELLED, ephemeral=True)

    @app_commands.command(description="Bring the session's card here down to the end of the channel")
    async def show(self, interaction: discord.Interaction) -> None:
        session = await here(interaction)
        await interaction.response.defer(ephemeral=True, thinking=True)
        await self.stage.post_card(session)
        await interaction.edit_original_response(content=text_session.SHOWN)

    @app_commands.command(description="May my votes in sessions become ratings of mine?")
    async def learn(self, interaction: discord.Interaction, yes: bool) -> None:
        session = await here(interaction)
        event = Consent(at=now(), by=actor(interaction), learn=yes)
        await services(interaction).sessions.step(session.id, lambda now_: apply(now_, event))
        await interaction.response.send_message(text_session.consent(yes), ephemeral=True)

    @app_commands.command(description="Finished sessions of this server, and who is owed what")
    @app_commands.describe(season="The table of a season of themed sessions")
    async def history(self, interaction: discord.Interaction, season: str | None = None) -> None:
        if interaction.guild_id is None:
            raise NotInServer
        s = services(interaction).sessions
        if season:
            words = text_session.season(season, season_table(await s.season(interaction.guild_id, season)))
        else:
            finished = await s.done(interaction.guild_id)
            words = f"{text_session.history(finished)}\n\n{text_session.debts(await s.debts(interaction.guild_id))}"
        await interaction.response.send_message(words, ephemeral=True)


async def setup(bot: commands.Bot) -> None:
    assert isinstance(bot, Earmark)
    bot.add_dynamic_items(SessionButton, VoteButton, NextButton, LearnButton, SlotSelect)
    await bot.add_cog(Sessions(bot))
