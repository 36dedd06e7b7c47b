"""The buttons and selects of a group session; their custom ids carry all their state."""

import io
from typing import Any

import discord

from bot.domain.errors import GroupError
from bot.domain.session import Session
from bot.domain.tracks import sent_id
from bot.flow import voting
from bot.flow.account import tracks_csv
from bot.flow.gather import another
from bot.flow.playlist_files import m3u, xspf
from bot.flow.session import apply, require_host
from bot.flow.session_events import (
    Actor,
    Begin,
    Cancel,
    Consent,
    CountRatings,
    EndRound,
    Event,
    Export,
    Finish,
    Leave,
    MakePlaylist,
    Reveal,
    Swap,
    Veto,
)
from cogs.session_access import SessionItem, actor, check_place, stage, welcome
from cogs.stage import Stage, now
from cogs.ui import cards, session_cards, text, text_session
from cogs.ui.access import services
from cogs.ui.errors import say
from cogs.ui.items import LastingView
from storage.sessions import Step

SPEAKS = {"begin", "rounds", "reveal", "playlist"}  # actions after which something is posted
STEPS: dict[str, type[Event]] = {"leave": Leave, "cancel": Cancel, "finish": Finish}


class SessionButton(
    SessionItem,
    template=r"earmark:session:(?P<action>join|leave|begin|rounds|reveal|playlist|export|finish|cancel):(?P<id>\d{1,19})",
):
    """A button of the session's card."""

    async def press(self, interaction: discord.Interaction, session: Session) -> None:
        if interaction.message is not None:
            await stage(interaction).adopt(session, interaction.message.id)
        if not session.live:
            stage(interaction).go_on(session.id)  # its card may still have buttons that it should not have
        elif self.state["action"] in SPEAKS:
            check_place(interaction)
        act = {
            "join": join,
            "begin": begin,
            "rounds": start_rounds,
            "reveal": end_rounds,
            "playlist": make,
            "export": export,
        }.get(self.state["action"])
        if act is not None:
            await act(interaction, session)
            return
        await interaction.response.defer()
        event = STEPS[self.state["action"]](at=now(), by=actor(interaction))
        await stage(interaction).step(session.id, event)


async def join(interaction: discord.Interaction, session: Session) -> None:
    step = await voting.join(services(interaction).sessions, session.id, actor(interaction), now())
    stage(interaction).go_on(session.id)
    await interaction.response.defer()
    if step.after is not step.before:
        await welcome(interaction, step.after)


async def begin(interaction: discord.Interaction, session: Session) -> None:
    """Leave the lobby, unless there is nothing to play: then it stays open, and the host is told what is missing."""
    require_host(session, actor(interaction))
    await interaction.response.defer()
    event = Begin(at=now(), by=actor(interaction))
    apply(session, event)  # says first what else may be wrong
    if session.settings.theme is None:
        await stage(interaction).pools.of(session)
    await stage(interaction).step(session.id, event)


async def start_rounds(interaction: discord.Interaction, session: Session) -> None:
    """From the submissions of a themed session on to its rounds."""
    require_host(session, actor(interaction))
    await interaction.response.defer()
    await stage(interaction).first_round(session)


async def end_rounds(interaction: discord.Interaction, session: Session) -> None:
    """Go on to the reveal, whatever is left to play; the votes of an open round count."""
    by = actor(interaction)

    def change(current: Session) -> Session:
        if current.open_round is not None:
            current = apply(current, EndRound(at=now(), by=by, number=current.open_round.number))
        return apply(current, Reveal(at=now(), by=by))

    await interaction.response.defer()
    await stage(interaction).change(session.id, change, repost=True)


async def make(interaction: discord.Interaction, session: Session) -> None:
    """Make the playlist, and put it at the channel's end."""
    by = actor(interaction)
    require_host(session, by)
    await interaction.response.defer()
    slots = await stage(interaction).pools.playlist(session)
    event = MakePlaylist(at=now(), by=by, slots=slots)
    await stage(interaction).change(session.id, lambda current: apply(current, event), repost=True)


async def export(interaction: discord.Interaction, session: Session) -> None:
    """Hand out the playlist as files and links."""
    await interaction.response.defer(ephemeral=True, thinking=True)
    event = Export(at=now(), by=actor(interaction))
    step = await services(interaction).sessions.step(session.id, lambda current: apply(current, event))
    tracks = await stage(interaction).pools.tracks(step.after)
    ordered = [tracks[slot.track_id] for slot in step.after.slots if slot.track_id in tracks]
    name = text.bare(session.settings.name, 60)
    kinds = {"csv": tracks_csv(ordered), "m3u8": m3u(name, ordered), "xspf": xspf(name, ordered)}
    files = [discord.File(io.BytesIO(data), f"playlist.{kind}") for kind, data in kinds.items()]
    view = LastingView()
    if services(interaction).outside.connections.possible:
        view.add_item(
            cards.button(text_session.button("spotify"), f"earmark:spotify:session:{session.id}", 0, quiet=True)
        )
    words = text_session.exported(step.after, tracks)
    await interaction.edit_original_response(content=words, attachments=files, view=view)


class VoteButton(SessionItem, template=r"earmark:svote:(?P<id>\d{1,19}):(?P<round>\d{1,3}):(?P<stars>10|[1-9])"):
    """A vote on a round's track."""

    async def press(self, interaction: discord.Interaction, session: Session) -> None:
        s, who, number, stars = services(interaction), actor(interaction), self.number("round"), self.number("stars")
        step = await voting.vote(s.sessions, session.id, who, number, stars, now())
        asked = step.after.rounds[number - 1]
        track = await s.playlists.track(asked.track_id, guild_id=step.after.guild_id, through=asked.submitter_id or 0)
        await say(interaction, text_session.voted(track, stars))
        follow(stage(interaction), step)
        if who.listener_id not in step.before.present:
            await welcome(interaction, step.after)


def follow(on: Stage, step: Step) -> None:
    """Let everybody see that somebody voted; a round that ended by it gives way to the next."""
    if step.before.open_round is not None and step.after.open_round is None:
        on.go_on(step.after.id)
    else:
        on.refresh(step.after.id)


class NextButton(SessionItem, template=r"earmark:snext:(?P<id>\d{1,19}):(?P<round>\d{1,3})"):
    """The host ends a round before its time."""

    async def press(self, interaction: discord.Interaction, session: Session) -> None:
        event = EndRound(at=now(), by=actor(interaction), number=self.number("round"))
        await stage(interaction).step(session.id, event)
        await interaction.response.defer()


class LearnButton(SessionItem, template=r"earmark:slearn:(?P<id>\d{1,19}):(?P<learn>[01])"):
    """Says whether one's votes may become ratings."""

    async def press(self, interaction: discord.Interaction, session: Session) -> None:
        event = Consent(at=now(), by=actor(interaction), learn=bool(self.number("learn")))
        step = await services(interaction).sessions.step(session.id, lambda current: apply(current, event))
        await interaction.response.edit_message(**session_cards.membership(step.after, interaction.user.id))


class OpenlyButton(SessionItem, template=r"earmark:sopenly:(?P<id>\d{1,19}):(?P<openly>[01])"):
    """Lets one's own ratings of the candidates count, or leaves them out again."""

    async def press(self, interaction: discord.Interaction, session: Session) -> None:
        event = CountRatings(at=now(), by=actor(interaction), openly=bool(self.number("openly")))
        after = await stage(interaction).step(session.id, event)
        await interaction.response.edit_message(**session_cards.membership(after, interaction.user.id))


class SlotSelect(SessionItem, template=r"earmark:slot:(?P<action>swap|veto):(?P<id>\d{1,19})"):
    """Swaps a track of the playlist, or vetoes it."""

    async def press(self, interaction: discord.Interaction, session: Session) -> None:
        await interaction.response.defer()
        place, track_id = (sent_id(part) for part in self.chosen.split(":"))
        on = stage(interaction)
        # One after the other: two who change slots at the same moment would be given the same other track.
        async with on.changes.of(session.id):
            session = await services(interaction).sessions.get(session.id)
            if [slot.track_id for slot in session.slots[place : place + 1]] != [track_id]:
                on.go_on(session.id)  # the card was older than the playlist: show the new one
                return
            await on.step(session.id, await self._event(on, session, place, actor(interaction)))

    async def _event(self, on: Stage, session: Session, place: int, by: Actor) -> Event:
        try:
            slot: Any = await another(await on.pools.of(session), session, place)
        except GroupError:
            if self.state["action"] == "swap":
                raise
            return Veto(at=now(), by=by, place=place, slot=None)  # no other track: the list becomes shorter
        kind = Swap if self.state["action"] == "swap" else Veto
        return kind(at=now(), by=by, place=place, slot=slot)


ITEMS = (SessionButton, VoteButton, NextButton, LearnButton, OpenlyButton, SlotSelect)
