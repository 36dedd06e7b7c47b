"""The cards of ratings and predictions: what they show, and the buttons whose custom ids carry all their state."""

import io
from dataclasses import dataclass
from typing import Any, TypedDict

import discord

from bot.domain.ratings import MAX_STARS, MIN_STARS, Question
from bot.domain.taste import Prediction, WhatIf
from bot.domain.tracks import Track, sent_id
from bot.flow.clips import Clip
from cogs.ui import text, text_predict
from cogs.ui.items import LastingView
from cogs.ui.text_sounds import beside

COLOUR = discord.Colour(0x7C5CFC)
OPTIONS = 25  # Discord takes no more in a menu
ANSWERS = 6  # what-ifs that stand on a card at once
ONE = "one"  # in place of a playlist's id: a card for one track, not for a round


@dataclass(frozen=True, slots=True)
class CardState:
    """What a private card's buttons remember.

    Attributes:
        owner_id: whose card it is; nobody else's click counts.
        playlist: a playlist's id, "0" for all visible tracks, or ONE.

    """

    owner_id: int
    track_id: int
    playlist: str = "0"

    @property
    def playlist_id(self) -> int | None:
        return sent_id(self.playlist) if self.playlist.isdecimal() and self.playlist != "0" else None

    def custom_id(self, action: str) -> str:
        return f"earmark:{action}:{self.owner_id}:{self.track_id}:{self.playlist}"


STATE = r"(?P<owner>\d{1,20}):(?P<track>\d{1,19}):(?P<playlist>\d{1,19}|one)"


class Message(TypedDict, total=False):
    """Keyword arguments that edit a message; `new` makes of them those that send it."""

    content: str | None
    embed: discord.Embed | None
    view: discord.ui.View | None
    attachments: list[discord.File]


def new(message: Message) -> Any:
    """What sends a message: unlike editing it takes no None, and it calls attachments files."""
    there: dict[str, Any] = {key: value for key, value in message.items() if value is not None}
    files = there.pop("attachments", [])
    return there | {"files": files} if files else there


def sounds(clip: Clip | None) -> list[discord.File]:
    """The attachment that a card plays. Discord plays it in classic messages only, so cards with sound are classic."""
    if clip is None:
        return []
    return [discord.File(io.BytesIO(clip.data), clip.name, description=text.played_by(clip.played_by))]


def track_embed(track: Track, description: str, footer: str | None = None) -> discord.Embed:
    lines = [text.plain(track.artist, 200)] if track.artist else []
    if track.album:
        lines.append(f"*{text.plain(track.album, 200)}*")
    if track.url:
        lines.append(f"[{text.button('listen')}]({track.url})")
    embed = discord.Embed(
        title=text.plain(track.title, 200), description="\n".join([*lines, "", description]), colour=COLOUR
    )
    if track.artwork_url:
        embed.set_thumbnail(url=track.artwork_url)
    if footer:
        embed.set_footer(text=footer)
    return embed


def button(label: str, custom_id: str, row: int, *, chosen: bool = False, quiet: bool = False) -> Any:
    style = discord.ButtonStyle.secondary
    if chosen:
        style = discord.ButtonStyle.success
    elif not quiet:
        style = discord.ButtonStyle.primary
    return discord.ui.Button(label=label, custom_id=custom_id, row=row, style=style)


def rating_buttons(prefix: str, chosen: int | None) -> LastingView:
    """Ten buttons in two rows; `prefix` and the digit make the custom id."""
    view = LastingView()
    for stars in range(MIN_STARS, MAX_STARS + 1):
        row = 0 if stars <= 5 else 1
        view.add_item(button(str(stars), f"{prefix}:{stars}", row, chosen=stars == chosen, quiet=True))
    return view


def private_card(question: Question, state: CardState, notice: str | None = None, clip: Clip | None = None) -> Message:
    """A card for one member: the track, its sound, ten numbers, Skip, Undo, Stop."""
    view = rating_buttons(state.custom_id("rate"), question.stars)
    if state.playlist != ONE:
        view.add_item(button(text.button("skip"), state.custom_id("skip"), 2))
    undo = button(text.button("undo"), state.custom_id("undo"), 2, quiet=True)
    undo.disabled = not question.can_undo
    view.add_item(undo)
    view.add_item(button(text.button("stop"), state.custom_id("stop"), 2, quiet=True))
    embed = track_embed(question.track, text.place(question), text.progress(question))
    return Message(content=notice, embed=embed, view=view, attachments=sounds(clip))


def public_card(
    track: Track, owner_id: int, playlist_id: int | None, *, by_reaction: bool, clip: Clip | None = None
) -> Message:
    """A card for everybody: any member's click or digit is that member's own rating."""
    view = rating_buttons(f"earmark:vote:{track.id}", None)
    view.add_item(button(text.button("next"), f"earmark:next:{owner_id}:{track.id}:{playlist_id or 0}", 2))
    return Message(embed=track_embed(track, text.public_place(by_reaction)), view=view, attachments=sounds(clip))


def prediction_card(
    prediction: Prediction, owner_id: int, asked: WhatIf | None = None, before: discord.Embed | None = None
) -> Message:
    """What is predicted of a track, and a menu of changes to ask about.

    `asked` is the change that is being answered; `before` is the card as it was, whose answers stay while they hold.
    """
    embed = discord.Embed(description=text_predict.prediction_lines(prediction), colour=COLOUR)
    if asked is not None:
        lines = [text_predict.answered(prediction, asked)]
        if before is not None and before.description == embed.description and before.fields:
            earlier = [line for line in (before.fields[0].value or "").splitlines() if line not in lines]
            lines = [*earlier[1 - ANSWERS :], *lines]
        embed.add_field(name=text_predict.ANSWERED, value="\n".join(lines), inline=False)
    offered = prediction.changes[:OPTIONS]
    if not offered or not prediction.track.id or prediction.verdict == "unknown":
        return Message(embed=embed, view=None)
    options = [discord.SelectOption(label=beside(one), value=f"{one.feature}={one.value!r}") for one in offered]
    view = LastingView()
    custom_id = f"earmark:whatif:{owner_id}:{prediction.track.id}"
    view.add_item(discord.ui.Select(custom_id=custom_id, placeholder=text_predict.WHAT_IF, options=options))
    return Message(embed=embed, view=view)


def said(words: str) -> Message:
    """A card that has come to its end: words, and no buttons."""
    return Message(content=words, embed=None, view=None, attachments=[])
