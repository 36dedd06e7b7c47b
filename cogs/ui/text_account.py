"""What the bot says of what it has stored about a member."""

from collections.abc import Mapping

from bot.domain.taste import Consent
from cogs.ui.text import NAME, count, fit

ERASE_WORD = "ERASE"
KEPT = {
    "playlists": "playlist",
    "playlist_tracks": "entry on your playlists",
    "playlist_shares": "place where a playlist of yours is shared",
    "clips": "half minute of your own recordings",
    "ratings": "rating",
    "verdicts": "click that Undo can take back",
    "predictions": "prediction that was or will be checked against your rating",
    "studies": "note that a study of your ratings is under way",
    "sharing": "place where you compare tastes",
    "models": "model of your taste, with its report",
    "public_cards": "public card that you asked for",
    "digit_reactions": "digit that you put under a card or round",
    "session_members": "group session that you took part in",
    "session_votes": "vote in group sessions",
    "session_submissions": "track submitted in group sessions",
    "session_guesses": "vote that I predicted in group sessions",
    "session_satisfactions": "prediction on group playlists",
    "session_debts": "debt of a group to you",
    "spotify_accounts": "permission of yours at Spotify, sealed",
    "playlist_origins": "link from which a playlist of yours was read",
    "half_read_lists": "list that was read from Spotify in part",
    "name_searches": "name that I looked for at Spotify in vain",
}
PLURALS = {
    "digit that you put under a card or round": "digits that you put under cards and rounds",
    "permission of yours at Spotify, sealed": "permissions of yours at Spotify, sealed",
    "link from which a playlist of yours was read": "links from which playlists of yours were read",
    "list that was read from Spotify in part": "lists that were read from Spotify in part",
    "name that I looked for at Spotify in vain": "names that I looked for at Spotify in vain",
    "group session that you took part in": "group sessions that you took part in",
    "half minute of your own recordings": "half minutes of your own recordings",
    "prediction that was or will be checked against your rating": (
        "predictions that were or will be checked against your ratings"
    ),
    "vote in group sessions": "votes in group sessions",
    "track submitted in group sessions": "tracks submitted in group sessions",
    "vote that I predicted in group sessions": "votes that I predicted in group sessions",
    "prediction on group playlists": "predictions on group playlists",
    "debt of a group to you": "debts of groups to you",
    "entry on your playlists": "entries on your playlists",
    "place where a playlist of yours is shared": "places where a playlist of yours is shared",
    "click that Undo can take back": "clicks that Undo can take back",
    "place where you compare tastes": "places where you compare tastes",
    "public card that you asked for": "public cards that you asked for",
}
PRIVACY = f"""**What I keep.** Your Discord id; the playlists you link; of recordings that you upload, what \
is heard in them and the first half minute; what you rate and when; your model and its last report; what I predicted, \
beside what you then gave; your part in group sessions; digits that you put under cards, for 90 days; \
if you connect it, your permission at Spotify, sealed. \
Neither your name nor your messages, and nothing about what you do elsewhere.

**What for.** To learn your taste and show it to you. Nobody else sees your ratings or your model, unless \
you allow comparing with `/account sharing`, and then they count, without your name and blurred, or openly if you say \
so, in what I predict for others who allow it. What you share with a server are tracks, and of your own recordings \
that half minute; all sharing with a server ends within a day after you leave it, and at once where I do. \
On a public card, your clicks stay private; a reaction can be seen, as reactions are. \
In a group session everybody can see your votes there and what I expect you to give, worked out without your \
ratings of the session's tracks; these count only if you join openly, and then others can tell what you gave. \
Your ratings of other tracks count there only blurred.

**How long.** Until you erase it: `/account erase` removes everything at once, and tracks that only you had with it. \
What you called a session goes, too; a season's name stays. \
How a track sounds, where others have the track as well, stays without your name. Backups of the operator may hold \
older copies for a while; whoever was erased is erased again when one is put back. `/spotify disconnect` forgets your \
permission and the playlists that came through it.

**Who.** Whoever runs this bot. To read what you link I ask Spotify, and to learn how tracks sound I may send their \
public ids, and nothing of you, to ReccoBeats; otherwise I send nothing to anybody. `/account export` hands you all of \
it, unlocked, through Discord: keep it as you keep what is yours. {NAME} is open software: its code says the same."""
EXPORTED = "Everything that I have stored about you. `README.txt` in it says what is what."


def holdings(since: int, rows: Mapping[str, int], learn: bool | None) -> str:
    lines = [f"**What I have stored about you** since <t:{since}:D>"]
    lines += [f"- {_kept(table, number)}" for table, number in rows.items()]
    if not rows:
        lines.append("- nothing but your Discord id")
    lines += [
        "",
        votes(learn),
        "`/account export` hands it to you, `/account erase` removes it, `/account privacy` says what for.",
    ]
    return fit(lines)


def votes(learn: bool | None) -> str:
    if learn is None:
        state = "I ask you when you join a group session whether your votes there become ratings of yours"
    elif learn:
        state = "Your votes in group sessions **become ratings** of yours, and I learn from them"
    else:
        state = "Your votes in group sessions **do not become ratings** of yours"
    return f"{state}: `/account votes` changes that."


def _kept(table: str, number: int) -> str:
    noun = KEPT.get(table, f"row in `{table}`")
    return f"{number:,} {noun if number == 1 else PLURALS.get(noun, f'{noun}s')}"


def export_too_large(size: int, limit: int) -> str:
    return (
        f"Your archive has {size / 1e6:.1f} MB, and I may send {limit / 1e6:.0f} MB here. "
        "Ask whoever runs this bot for it: `earmark export` writes the same file."
    )


ERASED = "Everything about you is erased. You can start afresh at any time: `/playlist link`."
TRACES = "A backup is being made, so the last traces leave my files in a few minutes, when it has ended."

COMPARED = (
    "A member whom you allow, and who allows you, can type `/taste compare` and see what you both gave to tracks that "
    "you both rated, titles from your playlists, and what I think you would like of theirs."
)
COUNTED = (
    "What you gave also counts, without your name, in what I predict for them, as theirs does for you: once you have "
    "shared for a week and rated 20 tracks, and only for tracks that three of you rated. Of a rating it counts only "
    "whether it is above or below your average, and I turn one in four around by lot. So whoever owns all the other "
    "accounts can tell which way yours counted, and is right about it three times in four."
)
COUNTED_OPENLY = (
    "You chose *openly*: what you gave counts just as it is, without your name, at once and even alone, in what I "
    "predict for them. **Others can tell from it what you gave.** `openly:` *False* ends that."
)
SHARE_IN_SERVER = "“This server” needs a server that I am in: use it there, or choose *everywhere* or *off*."


def sharing(consent: Consent) -> str:
    match consent.scope:
        case "everywhere":
            state = "You compare tastes **everywhere**: with anybody who allows it as well."
        case "server":
            state = "You compare tastes **in this server**, with members who allow it as well."
        case "off":
            state = "You compare tastes with **nobody** here."
    others = consent.servers - (consent.scope == "server")
    if others > 0:
        state += f" You also allow it in {count(others, 'other server')}."
    counted = COUNTED_OPENLY if consent.openly else f"{COUNTED} `openly:` lets it count as it is: others can tell then."
    state += f"\n{COMPARED}\n{counted}\n"
    return f"{state}-# `/account sharing with:` changes it; *off*, or leaving the server, ends it."
