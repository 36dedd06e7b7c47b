"""What the bot says of what it has stored about a member."""

import textwrap
from collections.abc import Mapping

from bot.domain.taste import Consent
from bot.i18n import _, format_number, ngettext, ngettext_noop
from cogs.ui.text import NAME, fit

ERASE_WORD = "ERASE"
KEPT = {  # tables, and what is in them
    "playlists": ngettext_noop("{number} playlist", "{number} playlists"),
    "playlist_tracks": ngettext_noop("{number} entry on your playlists", "{number} entries on your playlists"),
    "playlist_shares": ngettext_noop(
        "{number} place where a playlist of yours is shared", "{number} places where a playlist of yours is shared"
    ),
    "clips": ngettext_noop(
        "{number} half minute of your own recordings", "{number} half minutes of your own recordings"
    ),
    "ratings": ngettext_noop("{number} rating", "{number} ratings"),
    "verdicts": ngettext_noop("{number} click that Undo can take back", "{number} clicks that Undo can take back"),
    "predictions": ngettext_noop(
        "{number} prediction that was or will be checked against your rating",
        "{number} predictions that were or will be checked against your ratings",
    ),
    "studies": ngettext_noop(
        "{number} study of your ratings, under way or with its report",
        "{number} studies of your ratings, under way or with their reports",
    ),
    "sharing": ngettext_noop("{number} place where you compare tastes", "{number} places where you compare tastes"),
    "models": ngettext_noop(
        "{number} model of your taste, with its report", "{number} models of your taste, with their reports"
    ),
    "public_cards": ngettext_noop(
        "{number} public card that you asked for", "{number} public cards that you asked for"
    ),
    "digit_reactions": ngettext_noop(
        "{number} digit that you put under a card or round", "{number} digits that you put under cards and rounds"
    ),
    "session_members": ngettext_noop(
        "{number} group session that you took part in", "{number} group sessions that you took part in"
    ),
    "session_votes": ngettext_noop("{number} vote in group sessions", "{number} votes in group sessions"),
    "session_submissions": ngettext_noop(
        "{number} track submitted in group sessions", "{number} tracks submitted in group sessions"
    ),
    "session_guesses": ngettext_noop(
        "{number} vote that I predicted in group sessions", "{number} votes that I predicted in group sessions"
    ),
    "session_satisfactions": ngettext_noop(
        "{number} prediction on group playlists", "{number} predictions on group playlists"
    ),
    "session_debts": ngettext_noop("{number} debt of a group to you", "{number} debts of groups to you"),
    "spotify_accounts": ngettext_noop(
        "{number} permission of yours at Spotify, sealed", "{number} permissions of yours at Spotify, sealed"
    ),
    "playlist_origins": ngettext_noop(
        "{number} link from which a playlist of yours was read",
        "{number} links from which playlists of yours were read",
    ),
    "half_read_lists": ngettext_noop(
        "{number} list that was read from Spotify in part", "{number} lists that were read from Spotify in part"
    ),
    "name_searches": ngettext_noop(
        "{number} name that I looked for at Spotify in vain", "{number} names that I looked for at Spotify in vain"
    ),
}


def privacy() -> str:
    return "\n\n".join(
        [
            _(
                "**What I keep.** Your Discord id; the playlists you link; of recordings that you upload, what is "
                "heard in them and the first half minute; what you rate and when; your model and its last report; "
                "what I predicted, beside what you then gave; your part in group sessions; digits that you put under "
                "cards, for 90 days; if you connect it, your permission at Spotify, sealed. Neither your name nor your "
                "messages, and nothing about what you do elsewhere."
            ),
            _(
                "**What for.** To learn your taste and show it to you. Nobody else sees your ratings or your model, "
                "unless you allow comparing with `/account sharing`, and then they count, without your name and "
                "blurred, or openly if you say so, in what I predict for others who allow it. What you share with a "
                "server are tracks, and of your own recordings that half minute; all sharing with a server ends "
                "within a day after you leave it, and at once where I do. On a public card, your clicks stay "
                "private; a reaction can be seen, as reactions are. In a group session everybody can see your votes "
                "there and what I expect you to give, worked out from what you rated elsewhere, blurred, without your "
                "ratings of the session's tracks. If you join openly, all your ratings count as they are, and others "
                "can tell what you gave."
            ),
            _(
                "**How long.** Until you erase it: `/account erase` removes everything at once, and tracks that only "
                "you had with it. What you called a session goes, too; a season's name stays. Backups of the operator "
                "may hold older copies for a while; whoever was erased is erased again when one is put back. "
                "`/spotify disconnect` forgets your permission and the playlists that came through it."
            ),
            _(
                "**Who.** Whoever runs this bot. To read what you link I ask Spotify, and to learn how tracks sound "
                "I may send their public ids, and nothing of you, to ReccoBeats; otherwise I send nothing to "
                "anybody. `/account export` hands you all of it, unlocked, through Discord: keep it as you keep what "
                "is yours. {name} is open software: its code says the same."
            ).format(name=NAME),
        ]
    )


def readme() -> str:
    """What is what in an archive; plain text."""
    files = {
        "ratings.csv": _(
            "what you rated, from 1 to 10, with all that is known of how each track sounds. The bot links it as a "
            "playlist, and `earmark evaluate ratings.csv` measures how well your taste can be predicted. The last two "
            "columns name the source of energy and the like, and of pitches and timbre: values of two sources are on "
            "two scales."
        ),
        "playlists/": _("your playlists, as tables that the bot links again."),
        "report.json": _("what the last training found; report.png is its picture."),
        "model.npz": _("the numbers of your model (NumPy reads them), and model.json what they mean."),
        "study/": _("the report of your last study and its pictures."),
        "uploads/": _(
            "the first half minute of each recording that you uploaded, by the track's number in everything.json (left "
            "out where Discord would not take so large an archive; you have the recordings)."
        ),
        "everything.json": _(
            "every row about you in the database, table by table. Beside the numbers by which rows name tracks and "
            "sessions, and times in seconds since 1970, are their names and the date (UTC): of every rating, "
            "prediction, submission, vote, guess and satisfaction, and what was typed for a session."
        ),
    }
    lines = [
        textwrap.fill(words, 120, initial_indent=f"{name:<16}", subsequent_indent=" " * 16)
        for name, words in files.items()
    ]
    head = _("Everything that Earmark has stored about you.")
    return "\n".join([head, "", *lines, "", _("`/account erase` removes all of it from the bot.")]) + "\n"


def exported() -> str:
    return _("Everything that I have stored about you. `README.txt` in it says what is what.")


def holdings(since: int, rows: Mapping[str, int], learn: bool | None) -> str:
    lines = [_("**What I have stored about you** since {date}").format(date=f"<t:{since}:D>")]
    lines += [f"- {_kept(table, number)}" for table, number in rows.items()]
    if not rows:
        lines.append("- " + _("nothing but your Discord id"))
    lines += [
        "",
        votes(learn),
        _("`/account export` hands it to you, `/account erase` removes it, `/account privacy` says what for."),
    ]
    return fit(lines)


def votes(learn: bool | None) -> str:
    if learn is None:
        state = _("I ask you when you join a group session whether your votes there become ratings of yours.")
    elif learn:
        state = _("Your votes in group sessions **become ratings** of yours, and I learn from them.")
    else:
        state = _("Your votes in group sessions **do not become ratings** of yours.")
    return state + " " + _("`/account votes` changes that.")


def _kept(table: str, number: int) -> str:
    if table in KEPT:
        said = ngettext(*KEPT[table], number)
    else:
        said = ngettext("{number} row in `{table}`", "{number} rows in `{table}`", number)
    return said.format(number=format_number(number), table=table)


def export_too_large(size: int, limit: int) -> str:
    return _(
        "Your archive has {size} MB, and I may send {limit} MB here. Ask whoever runs this bot for it: "
        "`earmark export` writes the same file."
    ).format(size=format_number(size / 1e6, 1), limit=format_number(limit / 1e6))


def erased(settled: bool) -> str:
    """`settled`: no backup is being made."""
    said = _("Everything about you is erased. You can start afresh at any time: `/playlist link`.")
    if settled:
        return said
    return (
        said + " " + _("A backup is being made, so the last traces leave my files in a few minutes, when it has ended.")
    )


def share_in_server() -> str:
    return _("“This server” needs a server that I am in: use it there, or choose *everywhere* or *off*.")


def sharing(consent: Consent) -> str:
    match consent.scope:
        case "everywhere":
            state = _("You compare tastes **everywhere**: with anybody who allows it as well.")
        case "server":
            state = _("You compare tastes **in this server**, with members who allow it as well.")
        case "off":
            state = _("You compare tastes with **nobody** here.")
    others = consent.servers - (consent.scope == "server")
    if others > 0:
        state += " " + ngettext(
            "You also allow it in {servers} other server.", "You also allow it in {servers} other servers.", others
        ).format(servers=format_number(others))
    compared = _(
        "A member whom you allow, and who allows you, can type `/taste compare` and see what you both gave to tracks "
        "that you both rated, titles from your playlists, and what I think you would like of theirs."
    )
    change = _("`/account sharing with:` changes it; *off*, or leaving the server, ends it.")
    return "\n".join([state, compared, _counted(consent.openly), f"-# {change}"])


def _counted(openly: bool) -> str:
    """How what a member gave counts in what others are shown."""
    if openly:
        return _(
            "You chose *openly*: what you gave counts just as it is, without your name, at once and even alone, in "
            "what I predict for them. **Others can tell from it what you gave.** `openly:` *False* ends that."
        )
    return _(
        "What you gave also counts, without your name, in what I predict for them, as theirs does for you: once you "
        "have shared for a week and rated 20 tracks, and only for tracks that three of you rated. Of a rating it "
        "counts only whether it is above or below your average, and I turn one in four around by lot. So whoever owns "
        "all the other accounts can tell which way yours counted, and is right about it three times in four. "
        "`openly:` lets it count as it is: others can tell then."
    )
