"""What the bot says: pure functions from values to words.

Reports of a training are in `text_retrain.py`, predictions in `text_predict.py`, sessions in `text_session.py`, tastes
in `text_taste.py`, accounts in `text_account.py`, what is linked in `text_link.py`, Spotify in `text_spotify.py`, audio
in `text_audio.py`, commands and forms in `text_commands.py`, errors in `text_errors.py`; what sounds how is called in
`text_sounds.py`. No sentence stands elsewhere. Each is looked up in the catalogue of whoever reads it: see `bot.i18n`.
"""

import re
from collections.abc import Callable, Sequence

import discord

from bot.domain.names import INVISIBLE
from bot.domain.ratings import MIN_RATINGS, Question, Rating, Verdict, Why
from bot.domain.tracks import Playlist, Track
from bot.i18n import N_, _, format_number, ngettext

Quote = Callable[[str], str]  # makes somebody's text harmless where it is shown: `plain` or `bare`
NAME = "Earmark"
LONGEST = 250  # letters of a name on a card, signs that escape others included; a card's title has 256
MARKDOWN = re.compile(r"[\\*_~`|\[\]<>#]|^-")
CATALOGUE = N_("Bach, 100 pieces")
VERDICTS: dict[Verdict, str] = {
    "unknown": N_("I don't know you yet"),
    "hunch": N_("A hunch"),
    "fair": N_("A fair idea"),
    "sure": N_("I know your taste"),
}


def took_too_long(member_id: int) -> str:
    return _(
        "{member}, my answer took longer than Discord lets me wait, and your direct messages are closed to me. What "
        "was made is kept: please ask me again."
    ).format(member=f"<@{member_id}>")


def plain(text: str, limit: int = 80) -> str:
    """Show somebody's text as text: no markdown, mention or link works, and its direction stays its own."""
    text = _tidied(text)
    shown = _harmless(bare(text, limit) if text else text)
    while len(shown) > LONGEST:  # every sign of markdown counts twice
        limit = limit * LONGEST // len(shown)
        shown = _harmless(bare(text, limit))
    return shown


def _harmless(text: str) -> str:
    text = discord.utils.escape_mentions(MARKDOWN.sub(r"\\\g<0>", text)).replace("://", ":\u200b//")
    return f"\u2068{text}\u2069" if _turns(text) else text


def bare(text: str, limit: int = 100) -> str:
    """Shorten a text for a place that knows no markdown: an option, a choice, a file's description."""
    text = _tidied(text) or "–"
    return text if len(text) <= limit else text[: limit - 1].rstrip() + "…"


def _tidied(text: str) -> str:
    return " ".join(INVISIBLE.sub("", text).split())


def _turns(text: str) -> bool:
    return any("\u0590" <= letter <= "\u08ff" or "\ufb1d" <= letter <= "\ufefc" for letter in text)


def count(number: int, noun: str) -> str:
    """Deprecated: what still uses it cannot be translated; see `ngettext`."""
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"


BUTTONS = {
    "skip": N_("Skip"),
    "undo": N_("Undo"),
    "stop": N_("Stop"),
    "next": N_("Next"),
    "back": N_("Back"),
    "more": N_("More"),
    "newer": N_("Newer"),
    "older": N_("Older"),
    "change": N_("Change a rating …"),
    "listen": N_("Listen"),
    "paste": N_("Paste the address"),
}


def button(action: str) -> str:
    return _(BUTTONS[action])


def song(track: Track) -> str:
    title = f"**{plain(track.title)}**"
    return f"{title} · {plain(track.artist, 60)}" if track.artist else title


def song_bare(track: Track, limit: int = 100) -> str:
    return bare(f"{track.artist} - {track.title}" if track.artist else track.title, limit)


# --- link


def reading(file_name: str) -> str:
    return _("Reading {file} …").format(file=plain(file_name))


def first_step() -> str:
    return _("Start with `/playlist link`: upload a playlist file, paste some songs, or choose *{catalogue}*.").format(
        catalogue=_(CATALOGUE)
    )


def playlists(own: Sequence[Playlist], shared: Sequence[Playlist]) -> str:
    if not own and not shared:
        return "{} {}".format(_("No playlist yet."), first_step())
    lines: list[str] = []
    if own:
        lines += [_("**Yours**"), *(_playlist_line(playlist) for playlist in own)]
    if shared:
        lines += [_("**Shared with this server**"), *(_playlist_line(playlist) for playlist in shared)]
    return fit(lines)


def _playlist_line(playlist: Playlist) -> str:
    tracks = ngettext(
        "{tracks} track, features for {features}", "{tracks} tracks, features for {features}", playlist.tracks
    ).format(tracks=format_number(playlist.tracks), features=format_number(playlist.with_features))
    shared = " · " + _("shared") if playlist.shared_guild_ids else ""
    return f"- **{plain(playlist.name)}** · {tracks}{shared}"


def unlinked(playlist: Playlist) -> str:
    return _("Unlinked **{playlist}**. Your ratings of its tracks stay.").format(playlist=plain(playlist.name))


def shared(playlist: Playlist, now_shared: bool) -> str:
    if now_shared:
        said = _("**{playlist}** is shared: everybody here can rate its tracks. Your ratings stay private.")
    else:
        said = _("**{playlist}** is no longer shared here.")
    return said.format(playlist=plain(playlist.name))


def share_in_server() -> str:
    return _("Please use this in the server that you want to share the playlist with; I have to be in it, too.")


def no_file_no_text() -> str:
    return _("Choose a file, or paste some lines: track links, or `Artist - Title`, one per line.")


# --- rate


def progress(question: Question) -> str:
    rated, left = format_number(question.rated), format_number(question.left)
    if question.rated < MIN_RATINGS:
        missing = MIN_RATINGS - question.rated
        return ngettext(
            "{rated} rated · {left} to go · {missing} more to your first model",
            "{rated} rated · {left} to go · {missing} more to your first model",
            missing,
        ).format(rated=rated, left=left, missing=format_number(missing))
    return _("{rated} rated · {left} to go · /retrain when you like").format(rated=rated, left=left)


def unclear_digits(track: Track) -> str:
    return _(
        "While I was away you put several digits under the card of {track}, and I can't tell which came last. What you "
        "gave before stays: take back the digits that you don't mean, or use `/rate track`."
    ).format(track=song(track))


def played_by(instrument: str | None) -> str:
    """Say what an audio file is, for those who cannot hear it."""
    if instrument:
        return _("Half a minute, played by our own {instrument}").format(instrument=instrument)
    return _("The first half minute of an upload")


def place(question: Question) -> str:
    now = (
        _("You gave it {stars}.").format(stars=format_number(question.stars))
        if question.stars
        else _("How much do you like it?")
    )
    asked = "" if question.why is None else "\n-# " + _(WHY[question.why])
    return now + " " + _("1 is awful, 10 is wonderful.") + asked


WHY: dict[Why, str] = {
    "typical": N_("Why this one? Others of your tracks sound like it, so your answer tells me about them, too."),
    "telling": N_("Why this one? Of all your tracks, this is where your answer would teach me most just now."),
    "surprise": N_("Why this one? A surprise, for a change."),
    "rest": N_("Why this one? You have told me about the most telling ones; these are the others."),
    "unheard": N_("I don't know how this one sounds: I keep your rating, but can't learn from it yet."),
}


def public_place(by_reaction: bool) -> str:
    if by_reaction:
        return _(
            "What does everybody think? Press a number or react with a digit: it counts as your own rating, and your "
            "last one stands."
        )
    return _("What does everybody think? Press a number: it counts as your own rating, and your last one stands.")


def next_is_its_owners(owner_id: int) -> str:
    return _("Only {member}, who asked for this card, can go on to the next. Your vote counts on this one.").format(
        member=f"<@{owner_id}>"
    )


def saved(track: Track, stars: int) -> str:
    return _("Saved: {track} **{stars}**/10.").format(track=song(track), stars=format_number(stars))


def skipped(track: Track) -> str:
    return _("Skipped {track}.").format(track=song(track))


def undone(track: Track, stars: int | None) -> str:
    if stars is None:
        return _("Taken back: {track} is not rated.").format(track=song(track))
    return _("Taken back: {track} has {stars} again.").format(track=song(track), stars=format_number(stars))


def stopped(rated: int) -> str:
    said = ngettext("Stopped at {rated} rating; all saved.", "Stopped at {rated} ratings; all saved.", rated)
    if rated < MIN_RATINGS:
        after = _("Go on with `/rate start` when you like.")
    else:
        after = _("`/retrain` teaches me what they say.")
    return f"{said} {after}".format(rated=format_number(rated))


def all_rated(rated: int) -> str:
    said = ngettext(
        "Nothing is left to rate: {rated} rating saved.", "Nothing is left to rate: {rated} ratings saved.", rated
    )
    if rated >= MIN_RATINGS:
        after = _("`/retrain` now; `/rate history` changes a rating.")
    else:
        after = _("`/playlist link` brings more; `/rate history` changes a rating.")
    return f"{said} {after}".format(rated=format_number(rated))


def history(ratings: Sequence[Rating], page: int, pages: int, total: int) -> str:
    if not total:
        return _("You have rated nothing yet. `/rate start` asks you about tracks, one at a time.")
    title = _("**Your ratings** · {total} · page {page} of {pages}")
    lines = [title.format(total=format_number(total), page=format_number(page + 1), pages=format_number(pages))]
    lines += [f"`{rating.stars:>2}` {song(rating.track)} · <t:{rating.rated_at}:d>" for rating in ratings]
    return fit(lines)


def you_gave(stars: int) -> str:
    return _("you gave {stars}").format(stars=format_number(stars))


def ranked_name(name: str) -> str:
    """What a playlist is called in the order in which a member would like it."""
    return bare(_("{playlist}, ranked").format(playlist=name), 80)


# --- help


def hello() -> str:
    return _("Hello! I understand commands, not conversation: `/help` shows what I can do for you, and where to begin.")


def help_() -> str:
    first = [
        _("`/playlist link` - upload a playlist file or paste some songs"),
        _("`/rate start` - rate them from 1 to 10; every click is saved at once"),
        _("`/retrain` - after {ratings} ratings: I learn, and tell you honestly how well").format(
            ratings=format_number(MIN_RATINGS)
        ),
        _("`/predict track` or `/predict playlist` - what would you give to the rest?"),
    ]
    more = [
        _("`/playlist list`, `share` (everybody in this server may rate its tracks), `unlink` (your ratings stay)"),
        _("`/rate start public:True` - one card for everybody, with reactions"),
        _("`/rate history` - see and change what you rated · `/rate track` - rate one track"),
        _("*Apps → {menu}* in a message's menu").format(menu=_(PREDICT_THIS)),
        _("`/taste show` - what you like, and how often I was right · `/taste compare` - beside another member's"),
        _("`/session start` - rate together, and get one playlist that is fair to everybody"),
        _("`/account` - see, take along or erase what is stored about you"),
    ]
    which = _(
        "**Which file?** A CSV from Exportify is best: it says how each track sounds, which is what I learn from. "
        "TuneMyMusic, Soundiiz, Spotify's account data and plain lists of songs work too. None at hand? "
        "`/playlist link catalogue:{catalogue}`."
    ).format(catalogue=_(CATALOGUE))
    title = _("**{name} learns your taste in music, and says how sure it is.**").format(name=NAME)
    steps = [f"{number}. {line}" for number, line in enumerate(first, 1)]
    return "\n".join([title, "", *steps, "", _("**More**"), *(f"- {line}" for line in more), "", which])


PREDICT_THIS = N_("Predict this track")


def next_step(playlists_seen: int, rated: int, trained: bool) -> str:
    if not playlists_seen:
        step = first_step()
    elif rated < MIN_RATINGS:
        missing = MIN_RATINGS - rated
        step = ngettext(
            "`/rate start` - {missing} more to your first model.",
            "`/rate start` - {missing} more to your first model.",
            missing,
        ).format(missing=format_number(missing))
    elif not trained:
        step = "`/retrain`."
    else:
        step = _("`/predict playlist`, or `/rate start` to teach me more.")
    return _("**Your next step:**") + " " + step


def fit(lines: Sequence[str], limit: int = 2000) -> str:
    """Join lines to a message, leaving out what would not fit."""
    text = "\n".join(lines)
    if len(text) <= limit:
        return text
    kept: list[str] = []
    size = 40
    for line in lines:
        size += len(line) + 1
        if size > limit:
            break
        kept.append(line)
    left = len(lines) - len(kept)
    return "\n".join([*kept, ngettext("… and {number} more", "… and {number} more", left).format(number=left)])
