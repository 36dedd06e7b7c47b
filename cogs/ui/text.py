"""What the bot says: pure functions from values to words.

Reports of a training are in `text_retrain.py`, predictions in `text_predict.py`, sessions in `text_session.py`, tastes
in `text_taste.py`, accounts in `text_account.py`, what is linked in `text_link.py`, Spotify in `text_spotify.py`, audio
in `text_audio.py`, errors in `text_errors.py`; what sounds how is called in `text_sounds.py`. No sentence stands
elsewhere.
"""

import re
from collections.abc import Sequence

import discord

from bot.domain.names import INVISIBLE
from bot.domain.ratings import MIN_RATINGS, Question, Rating, Verdict, Why
from bot.domain.tracks import Playlist, Track

NAME = "Earmark"
LONGEST = 250  # letters of a name on a card, signs that escape others included; a card's title has 256
MARKDOWN = re.compile(r"[\\*_~`|\[\]<>#]|^-")
CATALOGUE = "Bach, 100 pieces"
FIRST_STEP = f"Start with `/playlist link`: upload a playlist file, paste songs, or choose *{CATALOGUE}*."
VERDICTS: dict[Verdict, str] = {
    "unknown": "I don't know you yet",
    "hunch": "A hunch",
    "fair": "A fair idea",
    "sure": "I know your taste",
}


def took_too_long(member_id: int) -> str:
    return (
        f"<@{member_id}>, my answer took longer than Discord lets me wait with it, and your direct messages are closed "
        "to me. What was made is kept: please ask me again."
    )


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
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"


def song(track: Track) -> str:
    title = f"**{plain(track.title)}**"
    return f"{title} · {plain(track.artist, 60)}" if track.artist else title


def song_bare(track: Track, limit: int = 100) -> str:
    return bare(f"{track.artist} - {track.title}" if track.artist else track.title, limit)


# --- link


def reading(file_name: str) -> str:
    return f"Reading {plain(file_name)} …"


def playlists(own: Sequence[Playlist], shared: Sequence[Playlist]) -> str:
    if not own and not shared:
        return f"No playlist yet. {FIRST_STEP}"
    lines: list[str] = []
    if own:
        lines += ["**Yours**", *(_playlist_line(playlist) for playlist in own)]
    if shared:
        lines += ["**Shared with this server**", *(_playlist_line(playlist) for playlist in shared)]
    return fit(lines)


def _playlist_line(playlist: Playlist) -> str:
    shared = " · shared" if playlist.shared_guild_ids else ""
    return (
        f"- **{plain(playlist.name)}** · {count(playlist.tracks, 'track')}, "
        f"features for {playlist.with_features:,}{shared}"
    )


def unlinked(playlist: Playlist) -> str:
    return f"Unlinked **{plain(playlist.name)}**. Your ratings of its tracks stay."


def shared(playlist: Playlist, now_shared: bool) -> str:
    if now_shared:
        return f"**{plain(playlist.name)}** is shared: everybody here can rate its tracks. Your ratings stay private."
    return f"**{plain(playlist.name)}** is no longer shared here."


SHARE_IN_SERVER = "Use this in the server with which you want to share the playlist; I have to be in it, too."
NO_FILE_NO_TEXT = "Choose a file, or paste some lines: track links, or `Artist - Title`, one a line."


# --- rate


def progress(question: Question) -> str:
    if question.rated < MIN_RATINGS:
        missing = MIN_RATINGS - question.rated
        return f"{question.rated} rated · {question.left} to go · {missing} more to your first model"
    return f"{question.rated} rated · {question.left} to go · /retrain when you like"


def played_by(instrument: str | None) -> str:
    """Say what an audio file is, for those who cannot hear it."""
    return f"Half a minute, played by our own {instrument}" if instrument else "The first half minute of an upload"


def place(question: Question) -> str:
    now = f"You gave it {question.stars}." if question.stars else "How much do you like it?"
    asked = "" if question.why is None else f"\n-# {WHY[question.why]}"
    return f"{now} 1 is awful, 10 is wonderful.{asked}"


WHY: dict[Why, str] = {
    "typical": "Why this one? Others of your tracks sound like it, so your answer tells me about them, too.",
    "telling": "Why this one? Of all your tracks, this is where your answer would teach me most just now.",
    "surprise": "Why this one? A surprise, for a change.",
    "rest": "Why this one? You have told me about the most telling ones; these are the others.",
    "unheard": "I don't know how this one sounds: I keep your rating, but cannot learn from it yet.",
}


def public_place(by_reaction: bool) -> str:
    how = "Press a number or react with a digit" if by_reaction else "Press a number"
    return f"What does everybody think? {how}: it counts as your own rating, and your last one stands."


def next_is_its_owners(owner_id: int) -> str:
    return f"Only <@{owner_id}>, who asked for this card, can go on to the next. Your vote counts on this one."


def saved(track: Track, stars: int) -> str:
    return f"Saved: {song(track)} **{stars}**/10."


def skipped(track: Track) -> str:
    return f"Skipped {song(track)}."


def undone(track: Track, stars: int | None) -> str:
    return f"Taken back: {song(track)} {'is not rated' if stars is None else f'has {stars} again'}."


def stopped(rated: int) -> str:
    if rated < MIN_RATINGS:
        return f"Stopped at {count(rated, 'rating')}; all saved. Go on with `/rate start` when you like."
    return f"Stopped at {count(rated, 'rating')}; all saved. `/retrain` teaches me what they say."


def all_rated(rated: int) -> str:
    more = "`/retrain` now" if rated >= MIN_RATINGS else "`/playlist link` brings more"
    return f"Nothing is left to rate: {count(rated, 'rating')} saved. {more}; `/rate history` changes a rating."


def history(ratings: Sequence[Rating], page: int, pages: int, total: int) -> str:
    if not total:
        return "You have rated nothing yet. `/rate start` asks you about tracks, one at a time."
    lines = [f"**Your ratings** · {total:,} · page {page + 1} of {pages}"]
    lines += [f"`{rating.stars:>2}` {song(rating.track)} · <t:{rating.rated_at}:d>" for rating in ratings]
    return fit(lines)


# --- help


HELLO = "Hello! I understand commands, not conversation: `/help` shows what I can do for you, and where to begin."
HELP = f"""**{NAME} learns your taste in music, and says how sure it is.**

1. `/playlist link` - upload a playlist file or paste some songs
2. `/rate start` - rate them from 1 to 10; every click is saved at once
3. `/retrain` - after {MIN_RATINGS} ratings: I learn, and tell you honestly how well
4. `/predict track` or `/predict playlist` - what would you give to the rest?

**More**
- `/playlist list`, `share` (everybody in this server may rate its tracks), `unlink` (your ratings stay)
- `/rate start public:True` - one card for everybody, with reactions
- `/rate history` - see and change what you rated · `/rate track` - rate one track
- *Apps → Predict this track* in a message's menu
- `/taste show` - what you like, and how often I was right · `/taste compare` - beside another member's
- `/session start` - rate together, and get one playlist that is fair to everybody
- `/account` - see, take along or erase what is stored about you

**Which file?** A CSV from Exportify is best: it says how each track sounds, which is what I learn from. TuneMyMusic, \
Soundiiz, Spotify's account data and plain lists of songs work too. None at hand? \
`/playlist link catalogue:{CATALOGUE}`."""


def next_step(playlists_seen: int, rated: int, trained: bool) -> str:
    if not playlists_seen:
        return f"**Your next step:** {FIRST_STEP[0].lower()}{FIRST_STEP[1:]}"
    if rated < MIN_RATINGS:
        return f"**Your next step:** `/rate start` - {MIN_RATINGS - rated} more to your first model."
    if not trained:
        return "**Your next step:** `/retrain`."
    return "**Your next step:** `/predict playlist`, or `/rate start` to teach me more."


def fit(lines: Sequence[str], limit: int = 2000) -> str:
    """Join lines to a message, leaving out what would not fit."""
    text = "\n".join(lines)
    if len(text) <= limit:
        return text
    kept: list[str] = []
    size = 20
    for line in lines:
        size += len(line) + 1
        if size > limit:
            break
        kept.append(line)
    return "\n".join([*kept, f"… and {len(lines) - len(kept)} more"])
