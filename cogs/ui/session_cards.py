"""The cards of a group session: what they show, and buttons whose custom ids carry all their state."""

import io
from collections.abc import Mapping
from typing import Any

import discord

from bot.charts.ratings import satisfaction_png
from bot.domain.session import Phase, Round, Session
from bot.domain.tracks import Track
from bot.flow.reveal import heard, known_best
from bot.flow.workers import Workers
from cogs.ui import text, text_session
from cogs.ui.cards import COLOUR, button, rating_buttons, track_embed
from cogs.ui.items import LastingView

# The buttons of the session's card by phase: (action, loud).
BUTTONS: Mapping[Phase, tuple[tuple[str, bool], ...]] = {
    Phase.LOBBY: (("join", True), ("begin", True), ("leave", False), ("cancel", False)),
    Phase.GATHERING: (("join", False), ("rounds", True), ("leave", False), ("cancel", False)),
    Phase.RATING: (("join", False), ("leave", False), ("reveal", False), ("cancel", False)),
    Phase.REVEAL: (("playlist", True), ("finish", False)),
    Phase.PLAYLIST: (("export", True), ("finish", False)),
    Phase.DONE: (("export", False),),
}


def card(session: Session, tracks: Mapping[int, Track], brings: Mapping[int, int], picture: discord.File | None) -> Any:
    """Keyword arguments that send the session's card, or edit it."""
    rounds = [heard(round_) for round_ in session.rounds]
    words = text_session.description(session, tracks, brings, rounds)
    embed = discord.Embed(title=text_session.title(session), description=words, colour=COLOUR)
    if session.phase is Phase.REVEAL:
        embed.set_footer(text=text_session.final())
        embed.add_field(name=text_session.what_i_knew(), value=text_session.known_best(known_best(session)))
    content: dict[str, Any] = {"embed": embed, "view": _view(session, tracks)}
    if picture is not None:
        embed.set_image(url=f"attachment://{picture.filename}")
        content["file"] = picture
    return content


def moved(session: Session, url: str) -> Any:
    """What is left of a card when a newer one has taken its place."""
    embed = discord.Embed(title=text_session.title(session), description=text_session.moved(url), colour=COLOUR)
    return {"embed": embed, "view": None, "attachments": []}


def _view(session: Session, tracks: Mapping[int, Track]) -> LastingView:
    view = LastingView()
    for action, loud in BUTTONS.get(session.phase, ()):
        if action != "export" or session.slots:
            early = action == "finish" and session.phase is Phase.REVEAL
            label = text_session.button("finish_here" if early else action)
            view.add_item(button(label, f"earmark:session:{action}:{session.id}", 0, quiet=not loud))
    if session.phase is Phase.PLAYLIST and session.slots:
        for row, action in enumerate(("swap", "veto"), 1):
            options = [
                discord.SelectOption(
                    label=f"{place + 1}. {_song(tracks, slot.track_id, 90)}", value=f"{place}:{slot.track_id}"
                )
                for place, slot in enumerate(session.slots[:25])
            ]
            custom_id = f"earmark:slot:{action}:{session.id}"
            placeholder = text_session.button(action)
            view.add_item(discord.ui.Select(custom_id=custom_id, placeholder=placeholder, options=options, row=row))
    return view


def round_card(session: Session, round_: Round, track: Track) -> Any:
    """A round's message: the track, ten numbers while it is open, and the host's Next."""
    words = text_session.round_hint(session, round_)
    embed = track_embed(track, f"{text_session.round_line(session, round_)}\n{words}")
    if not round_.open:
        return {"embed": embed, "view": None}
    view = rating_buttons(f"earmark:svote:{session.id}:{round_.number}", None)
    view.add_item(button(text_session.button("next"), f"earmark:snext:{session.id}:{round_.number}", 2, quiet=True))
    return {"embed": embed, "view": view}


def membership(session: Session, listener_id: int) -> Any:
    """Keyword arguments for a member's own message: what others see of them, and what they can choose."""
    member, view = session.members[listener_id], LastingView()
    if member.learn is None:
        view.add_item(button(text_session.button("learn"), f"earmark:slearn:{session.id}:1", 0))
        view.add_item(button(text_session.button("votes_only"), f"earmark:slearn:{session.id}:0", 0, quiet=True))
    label = text_session.button("leave_out" if member.openly else "openly")
    view.add_item(button(label, f"earmark:sopenly:{session.id}:{int(not member.openly)}", 1, quiet=True))
    return {"content": text_session.membership(member), "view": view}


async def picture(
    workers: Workers, session: Session, tracks: Mapping[int, Track], names: Mapping[int, str]
) -> discord.File:
    """Each slot against each member, as a picture with alt text."""
    members = [who for who in session.members if any(who in slot.satisfaction for slot in session.slots)]
    labels = [_song(tracks, slot.track_id, 34, bare_title=True) for slot in session.slots]
    stars = [
        [slot.satisfaction[who].stars if who in slot.satisfaction else None for who in members]
        for slot in session.slots
    ]
    png = await workers.run(
        satisfaction_png, labels, [names.get(who) or text_session.member() for who in members], stars
    )
    alt = text_session.picture_alt(session, names)
    return discord.File(io.BytesIO(png), "playlist.png", description=alt[:1024])


def _song(tracks: Mapping[int, Track], track_id: int, limit: int, *, bare_title: bool = False) -> str:
    if track_id not in tracks:
        return text_session.gone_track()
    return text.bare(tracks[track_id].title, limit) if bare_title else text.song_bare(tracks[track_id], limit)
