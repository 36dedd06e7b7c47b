"""What the bot says between a member and Spotify."""

from collections.abc import Sequence

from bot.domain import errors
from bot.domain.tracks import Track
from cogs.ui.text import CATALOGUE, Quote, count, fit, plain

INSTEAD = "Export it to a file (Exportify does that in a browser) and upload that: `/playlist link`"
WHAT = {
    "playlist": "playlist",
    "album": "album",
    "track": "track",
    "liked": "liked songs",
    "top": "top tracks",
    "export": "playlist",
}


def error(problem: errors.SpotifyError, quote: Quote = plain) -> str:  # noqa: PLR0911 - one case a sentence
    """Say what went wrong and what to do next."""
    match problem:
        case errors.NoSpotify():
            return (
                "Spotify links are not set up on this bot, which its operator can change. Paste track links, or export "
                f"the playlist to a file (Exportify does that) and upload it, or choose *{CATALOGUE}*."
            )
        case errors.ShortLink():
            return (
                f"A {quote(problem.host)} link hides where it leads, and I do not follow it. Open it, then copy the "
                "address that begins with `open.spotify.com`."
            )
        case errors.WrongLink():
            return (
                f"That leads to Spotify's {quote(problem.kind)}, where I find no songs. I read links to playlists, "
                "albums and tracks."
            )
        case errors.ConnectFirst(possible=False):
            return (
                f"Spotify shows me this {WHAT.get(problem.kind, 'page')} only with your account, which this bot cannot "
                f"connect. {INSTEAD}."
            )
        case errors.ConnectFirst():
            return (
                f"For {_this(problem.kind)} I need your account: `/spotify connect`, then ask me again. "
                "Without it, a file works too."
            )
        case errors.PlaylistClosed():
            return (
                "Spotify shows me only playlists that are yours. Copy its songs into a playlist of your own and link "
                "that, or upload a file."
            )
        case errors.NotOnSpotify(kind="playlist"):
            return (
                "Spotify has no such playlist for me: it is private, deleted, or made by Spotify itself. Copy its "
                "songs into a playlist of your own, or upload a file."
            )
        case errors.NotOnSpotify():
            return f"Spotify has no such {WHAT.get(problem.kind, 'page')}. Check the link, or copy it again."
        case errors.NothingThere():
            name = f" in {quote(problem.name)}" if problem.name else ""
            return f"There is no song{name}, so nothing was linked. Add some on Spotify, and link it again."
        case _:
            return _of_accounts(problem)


def _of_accounts(problem: errors.SpotifyError) -> str:  # noqa: C901, PLR0911, PLR0912 - as above
    match problem:
        case errors.NotOnTheList():
            return (
                "Spotify lets this bot serve five listed people, and you are not on its list. Ask its operator to add "
                f"you. {INSTEAD}."
            )
        case errors.SpotifyBusy(share=True):
            return (
                "You have used your share of what this bot may ask Spotify, so that others have theirs: ask me again "
                f"in {_duration(problem.seconds)}.{_so_far(problem.done, problem.total)}"
            )
        case errors.SpotifyBusy():
            whose = "This bot's Spotify quota for today is used up" if problem.daily else "Spotify asks me to wait"
            return f"{whose}: ask me again in {_duration(problem.seconds)}.{_so_far(problem.done, problem.total)}"
        case errors.SpotifyDown():
            return f"Spotify does not answer properly just now. Try again later.{_so_far(problem.done, problem.total)}"
        case errors.SpotifyForbids():
            return f"Spotify does not let this bot do that. {INSTEAD}."
        case errors.ConnectionGone(expired=True):
            return (
                "Your permission at Spotify is half a year old, and Spotify ends it then. Give it again: "
                "`/spotify connect`."
            )
        case errors.ConnectionGone():
            return "Spotify no longer lets me use your account. If you did not want that: `/spotify connect`."
        case errors.PermissionUnreadable():
            return (
                "I cannot open the permission that you gave me: the key of this bot has changed. Give it again, "
                "`/spotify connect`, or ask its operator."
            )
        case errors.Disconnected():
            return "You ended this connection to Spotify meanwhile, so I kept nothing that came through it."
        case errors.WriteUnfinished():
            return _unfinished(problem)
        case errors.NoKeys():
            return (
                "I keep your permission only sealed, and have no key for that. Whoever runs this bot makes one with "
                "`earmark key`, and sets `EARMARK_KEYS` to it."
            )
        case errors.BadState(why="expired"):
            return "That took more than ten minutes, or was used already. Start again: `/spotify connect`."
        case errors.BadState():
            return "This way back from Spotify was not begun by you. Start your own: `/spotify connect`."
        case errors.CodeRefused():
            return "Spotify does not accept this code: each works once. Start again: `/spotify connect`."
        case errors.Declined():
            return "You did not agree on Spotify's page, so nothing was connected. `/spotify connect` asks again."
        case errors.NoRedirect():
            return (
                "That is not the address I need. After agreeing, copy the whole address of the page you land on, with "
                "`code=` in it, even if that page shows an error."
            )
        case errors.AppRefused():
            return "Spotify does not know this bot's app: its operator should run `earmark doctor`."
        case _:
            return "Spotify and I did not understand each other. Try again later."


def _this(kind: str) -> str:
    return {"liked": "your liked songs", "top": "your top tracks", "export": "a playlist on Spotify"}.get(
        kind, f"this {WHAT.get(kind, 'page')}"
    )


def _so_far(done: int, total: int) -> str:
    if not total:
        return ""
    return f" I have read {done:,} of {count(total, 'track')}: link it again then, and I go on from there."


def _unfinished(problem: errors.WriteUnfinished) -> str:
    if isinstance(problem.because, errors.SpotifyDown):
        why = "Spotify does not answer properly just now"
    else:
        why = error(problem.because).rstrip(".")
    if not problem.url:
        return f"{why}, so I do not know whether your playlist was made there. Ask me again later, and I look first."
    return (
        f"{why}. {problem.written:,} of {count(problem.total, 'track')} stand on <{problem.url}>. Ask me again later, "
        "and I go on from there."
    )


def _duration(seconds: int) -> str:
    if seconds < 100:
        return count(seconds, "second")
    if seconds < 100 * 60:
        return count(round(seconds / 60), "minute")
    return count(round(seconds / 3600), "hour")


def waiting(seconds: int) -> str:
    return f"Spotify asks me to wait {_duration(seconds)}; I go on by myself …"


def reading_spotify(done: int, total: int) -> str:
    return f"Reading from Spotify: {done:,} of {total:,} …" if total else "Reading from Spotify …"


def measuring(tracks: int) -> str:
    return f"Asking ReccoBeats how {count(tracks, 'track')} sound …"


CONNECTED_PAGE = (
    "Your Spotify account is connected to the Discord member who asked for it; you can close this page. If that was "
    "not you, take the permission back at https://www.spotify.com/account/apps/."
)
DECLINED_PAGE = "You did not agree on Spotify's page, so nothing is connected. You can close this page."
FOREIGN_PAGE = "This did not come from my page, so nothing is connected. Start again on Discord: /spotify connect."


def consent(handle: str) -> str:
    """What the page asks whoever comes back from Spotify; plain text."""
    return (
        f"@{handle} on Discord asks to connect this Spotify account.\n"
        f"Is @{handle} you? Handles belong to one person; names and pictures can be copied. Whoever it is could read "
        "this account's playlists, liked songs and top tracks.\n"
        "If it is not you, close this page: nothing is connected."
    )


def consent_button(handle: str) -> str:
    return f"I am @{handle}: connect"


def connect(url: str) -> str:
    return (
        f"**[Agree on Spotify's page](<{url}>)** within ten minutes. I then read your playlists, liked songs and top "
        "tracks when you ask me to, and make a private playlist when you ask for one; nothing else.\n"
        "If the page you land on shows an error, copy its whole address and press *Paste the address*. "
        "Do not show either address to anybody."
    )


def connected(name: str) -> str:
    return (
        f"Connected to **{plain(name)}** on Spotify, for half a year. Now `/playlist link url:` takes your playlists, "
        "and `mine:` your liked songs or top tracks. `/spotify disconnect` ends it."
    )


def disconnected(gone: int | None) -> str:
    if gone is None:
        return "No Spotify account of yours is connected."
    went = f", and so {'is' if gone == 1 else 'are'} {count(gone, 'playlist')} that came through it" if gone else ""
    return (
        f"Your Spotify account is forgotten{went}. Your ratings stay. To take the permission back on Spotify's side, "
        "too: <https://www.spotify.com/account/apps/>."
    )


MINE = {
    "liked:": "My liked songs on Spotify",
    "top:long_term": "My top tracks of a year",
    "top:medium_term": "My top tracks of 6 months",
    "top:short_term": "My top tracks of 4 weeks",
}


def probably(certainty: float) -> str:
    return f"The closest that Spotify has ({round(100 * certainty):d} %); a track's link is surer."


def written(url: str, tracks: int, left: int) -> str:
    without = (
        f" {count(left, 'track')} without a Spotify link {'is' if left == 1 else 'are'} not on it." if left else ""
    )
    return f"Made on Spotify, private to you, with {count(tracks, 'track')}: <{url}>{without}"


def as_files(tracks: Sequence[Track], problem: errors.SpotifyError) -> str:
    """Say that a playlist comes as files, and why it is not, or not whole, on Spotify."""
    linked = [track for track in tracks if track.url]
    match problem:
        case errors.ConnectFirst(possible=True):
            why = "To have it on Spotify: `/spotify connect`, then again."
        case errors.NoSpotify() | errors.NothingThere() | errors.ConnectFirst():
            why = ""
        case errors.NotOnTheList():
            why = (
                "It is not on Spotify: this bot may serve five listed people there, and you are not on its list, which "
                "its operator can change."
            )
        case errors.SpotifyForbids():
            why = "It is not on Spotify, which does not let this bot make playlists."
        case _:
            why = error(problem)
    lines = [f"Your playlist as files, and the links of {count(len(linked), 'track')}. {why}".rstrip()]
    return fit([*lines, *(f"<{track.url}>" for track in linked)])
