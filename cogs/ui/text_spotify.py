"""What the bot says between a member and Spotify."""

from collections.abc import Sequence

from bot.domain import errors
from bot.domain.tracks import Track
from bot.i18n import N_, _, format_number, format_percent, ngettext
from cogs.ui.text import CATALOGUE, Quote, fit, plain

PERMISSIONS = "https://www.spotify.com/account/apps/"
WHAT = {
    "playlist": N_("this playlist"),
    "album": N_("this album"),
    "track": N_("this track"),
    "liked": N_("your liked songs"),
    "top": N_("your top tracks"),
    "export": N_("a playlist on Spotify"),
}
PAGE = N_("this page")
NONE = {
    "album": N_("Spotify has no such album. Check the link, or copy it again."),
    "track": N_("Spotify has no such track. Check the link, or copy it again."),
}
NO_PAGE = N_("Spotify has no such page. Check the link, or copy it again.")


def error(problem: errors.SpotifyError, quote: Quote = plain) -> str:  # noqa: C901, PLR0911 - one case a sentence
    """Say what went wrong and what to do next."""
    match problem:
        case errors.NoSpotify():
            return _(
                "Spotify links are not set up on this bot; its operator can change that. Paste track links, or export "
                "the playlist to a file (Exportify does that) and upload it, or choose *{catalogue}*."
            ).format(catalogue=_(CATALOGUE))
        case errors.ShortLink():
            return _(
                "A {host} link hides where it leads, and I do not follow it. Open it, then copy the address that "
                "begins with `open.spotify.com`."
            ).format(host=quote(problem.host))
        case errors.WrongLink():
            return _(
                "That leads to Spotify's {kind}, where I find no songs. I read links to playlists, albums and tracks."
            ).format(kind=quote(problem.kind))
        case errors.ConnectFirst(possible=False):
            return _but_a_file_works(
                _("Spotify shows me {what} only with your account, which this bot can't connect.").format(
                    what=_what(problem.kind)
                )
            )
        case errors.ConnectFirst():
            return _(
                "For {what} I need your account: `/spotify connect`, then ask me again. Without it, a file works too."
            ).format(what=_what(problem.kind))
        case errors.PlaylistClosed():
            return _(
                "Spotify shows me only playlists that are yours. Copy its songs into a playlist of your own and link "
                "that, or upload a file."
            )
        case errors.NotOnSpotify(kind="playlist"):
            return _(
                "Spotify has no such playlist for me: it is private, deleted, or made by Spotify itself. Copy its "
                "songs into a playlist of your own, or upload a file."
            )
        case errors.NotOnSpotify():
            return _(NONE.get(problem.kind, NO_PAGE))
        case errors.NothingThere() if problem.name:
            return _(
                "There is no song in {playlist}, so nothing was linked. Add some on Spotify, and link it again."
            ).format(playlist=quote(problem.name))
        case errors.NothingThere():
            return _("There is no song, so nothing was linked. Add some on Spotify, and link it again.")
        case _:
            return _of_accounts(problem, quote)


def _of_accounts(problem: errors.SpotifyError, quote: Quote) -> str:  # noqa: C901, PLR0911, PLR0912 - as above
    match problem:
        case errors.NotOnTheList():
            return _but_a_file_works(
                _(
                    "Spotify lets this bot serve five listed people, and you are not on its list. Ask its operator to "
                    "add you."
                )
            )
        case errors.SpotifyBusy(share=True):
            said = _(
                "You have used your share of what this bot may ask Spotify, so that others have theirs: ask me again "
                "in {time}."
            )
            return said.format(time=_duration(problem.seconds)) + _so_far(problem.done, problem.total)
        case errors.SpotifyBusy():
            if problem.daily:
                said = _("This bot's Spotify quota for today is used up: ask me again in {time}.")
            else:
                said = _("Spotify asks me to wait: ask me again in {time}.")
            return said.format(time=_duration(problem.seconds)) + _so_far(problem.done, problem.total)
        case errors.SpotifyDown():
            return _("Spotify is not answering properly right now. Try again later.") + _so_far(
                problem.done, problem.total
            )
        case errors.SpotifyForbids():
            return _but_a_file_works(_("Spotify does not let this bot do that."))
        case errors.ConnectionGone(expired=True):
            return _(
                "Your permission at Spotify is half a year old, and Spotify ends it then. Give it again: "
                "`/spotify connect`."
            )
        case errors.ConnectionGone():
            return _("Spotify no longer lets me use your account. If you did not want that: `/spotify connect`.")
        case errors.PermissionUnreadable():
            return _(
                "I can't open the permission that you gave me: the key of this bot has changed. Give it again, "
                "`/spotify connect`, or ask its operator."
            )
        case errors.Disconnected():
            return _("You ended this connection to Spotify meanwhile, so I kept nothing that came through it.")
        case errors.WriteUnfinished():
            return _unfinished(problem, quote)
        case errors.NoKeys():
            return _(
                "I keep your permission only sealed, and have no key for that. Whoever runs this bot makes one with "
                "`earmark key`, and sets `EARMARK_KEYS` to it."
            )
        case errors.BadState(why="expired"):
            return _("That took more than ten minutes, or was used already. Start again: `/spotify connect`.")
        case errors.BadState():
            return _("It was not you who asked to connect here. Start again yourself: `/spotify connect`.")
        case errors.CodeRefused():
            return _("Spotify does not accept this code: each works once. Start again: `/spotify connect`.")
        case errors.Declined():
            return _("You did not agree on Spotify's page, so nothing was connected. `/spotify connect` asks again.")
        case errors.NoRedirect():
            return _(
                "That is not the address I need. After agreeing, copy the whole address of the page you land on, with "
                "`code=` in it, even if that page shows an error."
            )
        case errors.AppRefused():
            return _("Spotify does not know this bot's app: its operator should run `earmark doctor`.")
        case _:
            return _("Spotify and I did not understand each other. Try again later.")


def _but_a_file_works(said: str) -> str:
    file = _("Export the playlist to a file (Exportify does that in a browser) and upload that: `/playlist link`.")
    return f"{said} {file}"


def _what(kind: str) -> str:
    return _(WHAT.get(kind, PAGE))


def _so_far(done: int, total: int) -> str:
    if not total:
        return ""
    said = ngettext(
        "I have read {done} of {total} track: link it again then, and I go on from there.",
        "I have read {done} of {total} tracks: link it again then, and I go on from there.",
        total,
    )
    return " " + said.format(done=format_number(done), total=format_number(total))


def _unfinished(problem: errors.WriteUnfinished, quote: Quote) -> str:
    why = error(problem.because, quote)
    if not problem.url:
        after = _("I don't know whether your playlist was made there: ask me again later, and I look first.")
        return f"{why} {after}"
    after = ngettext(
        "{written} of {total} track stands on <{url}>. Ask me again later, and I go on from there.",
        "{written} of {total} tracks stand on <{url}>. Ask me again later, and I go on from there.",
        problem.total,
    )
    after = after.format(written=format_number(problem.written), total=format_number(problem.total), url=problem.url)
    return f"{why} {after}"


def _duration(seconds: int) -> str:
    if seconds < 100:
        said, number = ngettext("{number} second", "{number} seconds", seconds), seconds
    elif seconds < 100 * 60:
        number = round(seconds / 60)
        said = ngettext("{number} minute", "{number} minutes", number)
    else:
        number = round(seconds / 3600)
        said = ngettext("{number} hour", "{number} hours", number)
    return said.format(number=format_number(number))


def waiting(seconds: int) -> str:
    return _("Spotify asks me to wait {time}; I go on by myself …").format(time=_duration(seconds))


def reading_spotify(done: int, total: int) -> str:
    if not total:
        return _("Reading from Spotify …")
    return _("Reading from Spotify: {done} of {total} …").format(done=format_number(done), total=format_number(total))


def measuring(tracks: int) -> str:
    return ngettext(
        "Asking ReccoBeats how {tracks} track sounds …", "Asking ReccoBeats how {tracks} tracks sound …", tracks
    ).format(tracks=format_number(tracks))


def connected_page() -> str:
    return _(
        "Your Spotify account is connected to the Discord member who asked for it; you can close this page. If that "
        "was not you, take the permission back at {address}."
    ).format(address=PERMISSIONS)


def declined_page() -> str:
    return _("You did not agree on Spotify's page, so nothing is connected. You can close this page.")


def foreign_page() -> str:
    return _("This did not come from my page, so nothing is connected. Start again on Discord: `/spotify connect`.")


def consent(handle: str) -> str:
    """What the page asks whoever comes back from Spotify; plain text."""
    said = _(
        "@{handle} on Discord asks to connect this Spotify account.\n"
        "Is @{handle} you? Handles belong to one person; names and pictures can be copied. Whoever it is could read "
        "this account's playlists, liked songs and top tracks.\n"
        "If it is not you, close this page: nothing is connected."
    )
    return said.format(handle=handle)


def consent_button(handle: str) -> str:
    return _("I am @{handle}: connect").format(handle=handle)


def connect(url: str) -> str:
    return _(
        "**[Agree on Spotify's page](<{url}>)** within ten minutes. I then read your playlists, liked songs and top "
        "tracks when you ask me to, and make a private playlist when you ask for one; nothing else.\n"
        "If the page you land on shows an error, copy its whole address and press *Paste the address*. "
        "Do not show either address to anybody."
    ).format(url=url)


def connected(name: str) -> str:
    return _(
        "Connected to **{account}** on Spotify, for half a year. Now `/playlist link url:` takes your playlists, "
        "and `mine:` your liked songs or top tracks. `/spotify disconnect` ends it."
    ).format(account=plain(name))


def disconnected(gone: int | None) -> str:
    if gone is None:
        return _("No Spotify account of yours is connected.")
    if gone:
        forgotten = ngettext(
            "Your Spotify account is forgotten, and so is {playlists} playlist that came through it.",
            "Your Spotify account is forgotten, and so are {playlists} playlists that came through it.",
            gone,
        ).format(playlists=format_number(gone))
    else:
        forgotten = _("Your Spotify account is forgotten.")
    after = _("Your ratings stay. To take the permission back on Spotify's side, too: <{address}>.")
    return f"{forgotten} {after.format(address=PERMISSIONS)}"


MINE = {
    "liked:": N_("My liked songs on Spotify"),
    "top:long_term": N_("My top tracks of a year"),
    "top:medium_term": N_("My top tracks of 6 months"),
    "top:short_term": N_("My top tracks of 4 weeks"),
}


def probably(certainty: float) -> str:
    return _("The closest that Spotify has ({share}); a track's link is surer.").format(share=format_percent(certainty))


def written(url: str, tracks: int, left: int) -> str:
    said = ngettext(
        "Made on Spotify, private to you, with {tracks} track: <{url}>",
        "Made on Spotify, private to you, with {tracks} tracks: <{url}>",
        tracks,
    ).format(tracks=format_number(tracks), url=url)
    if not left:
        return said
    without = ngettext(
        "{tracks} track without a Spotify link is not on it.",
        "{tracks} tracks without a Spotify link are not on it.",
        left,
    )
    return f"{said} {without.format(tracks=format_number(left))}"


def as_files(tracks: Sequence[Track], problem: errors.SpotifyError) -> str:
    """Say that a playlist comes as files, and why it is not, or not whole, on Spotify."""
    linked = [track for track in tracks if track.url]
    match problem:
        case errors.ConnectFirst(possible=True):
            why = _("To have it on Spotify: `/spotify connect`, then again.")
        case errors.NoSpotify() | errors.NothingThere() | errors.ConnectFirst():
            why = ""
        case errors.NotOnTheList():
            why = _(
                "It is not on Spotify: this bot may serve five listed people there, and you are not on its list, which "
                "its operator can change."
            )
        case errors.SpotifyForbids():
            why = _("It is not on Spotify, which does not let this bot make playlists.")
        case _:
            why = error(problem)
    said = ngettext(
        "Your playlist as files, and the links of {tracks} track.",
        "Your playlist as files, and the links of {tracks} tracks.",
        len(linked),
    ).format(tracks=format_number(len(linked)))
    return fit([f"{said} {why}".rstrip(), *(f"<{track.url}>" for track in linked)])
