"""Outside: what members name at Spotify becomes stored tracks, and services say how they sound."""

import asyncio
from collections.abc import Awaitable, Callable, Collection, Sequence
from dataclasses import dataclass, replace
from typing import TypeVar

from bot.domain.errors import (
    AppRefused,
    ConnectFirst,
    ConnectionGone,
    NoSpotify,
    NothingThere,
    NotOnTheList,
    PermissionUnreadable,
    SpotifyBusy,
    SpotifyDown,
    SpotifyError,
    SpotifyForbids,
)
from bot.domain.names import free_name
from bot.domain.tracks import LinkedPlaylist, Origin, PlaylistSource, Track
from bot.flow.connect import Connections, Member
from bot.flow.link import named
from bot.sources.queue import Closed, NoAnswer, Waiting
from bot.sources.reccobeats import ReccoBeats
from bot.sources.spotify import Access, Listing, Own, Progress, Spotify
from bot.sources.spotify_answers import HalfRead
from bot.sources.spotify_links import SpotifyLink
from storage.features import Features, Lacking
from storage.listeners import Began
from storage.playlists import Playlists
from storage.searches import NameSearches
from storage.spotify import SpotifyAccounts

T = TypeVar("T")
# With these a member's permission is of no use, and the member gets what whoever has connected nothing gets.
OF_NO_USE = (NotOnTheList, PermissionUnreadable, ConnectionGone, SpotifyForbids)
RECCOBEATS, SPOTIFY = "reccobeats", "spotify"
TERMS = {"long_term": "a year", "medium_term": "6 months", "short_term": "4 weeks"}
Measuring = Callable[[int], Awaitable[None]]  # told how many tracks are asked for


@dataclass(frozen=True, slots=True)
class Outside:
    """The services of others that the operator allows; what is None is not asked."""

    spotify: Spotify | None
    reccobeats: ReccoBeats | None
    connections: Connections
    accounts: SpotifyAccounts
    features: Features
    searches: NameSearches
    spotify_features: bool = False  # the operator opted in to Spotify's own

    async def asker(self, listener_id: int) -> "Asker":
        """Whoever asks Spotify for a member; raises NoSpotify."""
        if self.spotify is None:
            raise NoSpotify
        own = self.spotify.own(listener_id, possible=self.connections.possible)
        return Asker(self.spotify, await self.connections.access(listener_id), own)


class Asker:
    """Asks Spotify through a member's own account; as the app itself where none is connected, or of use.

    Attributes:
        mine: the member's access; None: nothing is connected.

    """

    def __init__(self, spotify: Spotify, mine: Member | None, own: Own) -> None:
        self.spotify, self.mine, self._own = spotify, mine, own
        self._why: SpotifyError | None = None  # the member's account is of no use

    async def ask(self, work: Callable[[Access], Awaitable[T]]) -> T:
        """Do it; raises SpotifyError, of the member's account where the app itself may not do it either."""
        if self.mine is not None and self._why is None:
            try:
                return await work(self.mine)
            except OF_NO_USE as problem:
                self._why = problem
        try:
            return await work(self._own)
        except (ConnectFirst, AppRefused):
            if self._why is not None:
                raise self._why from None
            raise


async def link_spotify(
    outside: Outside,
    playlists: Playlists,
    owner_id: int,
    link: SpotifyLink,
    name: str | None = None,
    *,
    progress: Progress | None = None,
    waiting: Waiting | None = None,
) -> LinkedPlaylist:
    """Read a list at Spotify and store it; one that was read before and has not changed costs one request.

    Raises:
        SpotifyError: see bot/domain/errors/__init__.py; nothing is stored.
        ErasedMeanwhile: the owner was erased while the list was read; nothing is stored.

    """
    since = await playlists.began(owner_id)
    asker = await outside.asker(owner_id)
    if link.own and asker.mine is None:
        raise ConnectFirst(kind=link.kind, possible=outside.connections.possible)
    before = await outside.accounts.read_before(owner_id, link.key)
    known = before.version if before else ""
    read = await _read(outside, asker, owner_id, link, known, since, progress, waiting)
    if read is None:
        assert before is not None
        playlist = await playlists.get(before.playlist_id, owner_id, None)
        return LinkedPlaylist(playlist, 0, 0, 0, relinked=True, unchanged=True)
    listing, permission = read
    origin = Origin(link.key, listing.version, permission)
    taken = {one.name for one in await playlists.of(owner_id)}
    called = before.name if before else free_name(_name(link, listing), taken)
    source = named(PlaylistSource(called, "spotify", listing.tracks, origin=origin), name)
    (linked,) = await playlists.link_all(owner_id, [source], since, ask=before is None or source.name != before.name)
    await outside.accounts.drop_half_read(owner_id, link.key)
    return replace(linked, local=listing.local, episodes=listing.episodes, gone=listing.gone)


async def _read(
    outside: Outside,
    asker: Asker,
    owner_id: int,
    link: SpotifyLink,
    known: str,
    since: Began,
    progress: Progress | None,
    waiting: Waiting | None,
) -> tuple[Listing, int | None] | None:
    """Read a list, with the permission that it came through; None: it has not changed.

    What was read when Spotify refuses more is kept, and not read again.
    """
    half = await asyncio.to_thread(HalfRead.from_json, *await outside.accounts.half_read(owner_id, link.key))

    async def read(access: Access) -> tuple[Listing, int | None] | None:
        permission = access.permission if isinstance(access, Member) else None
        try:
            listing = await asker.spotify.read(link, access, known=known, half=half, progress=progress, waiting=waiting)
        except (SpotifyBusy, SpotifyDown):
            if half.pages:
                pages = await asyncio.to_thread(half.to_json)
                await outside.accounts.keep_half_read(owner_id, link.key, (half.version, pages), permission, since)
            raise
        return (listing, permission) if listing is not None else None

    return await (read(asker.mine) if link.own and asker.mine is not None else asker.ask(read))


def _name(link: SpotifyLink, listing: Listing) -> str:
    if link.kind == "track":
        return "Single tracks"
    if link.kind == "liked":
        return "Liked songs"
    if link.kind == "top":
        return f"Top tracks of {TERMS[link.id]}"
    return listing.name or link.kind.title()


async def fill(
    outside: Outside,
    linked: Sequence[LinkedPlaylist],
    *,
    measuring: Measuring | None = None,
    waiting: Waiting | None = None,
) -> list[LinkedPlaylist]:
    """Let services say how the tracks sound of which nobody knows, and count what is known, from where."""
    filled: list[LinkedPlaylist] = []
    for one in linked:
        playlist = one.playlist
        trouble = await measure(
            outside, playlist.owner_id, playlist_id=playlist.id, measuring=measuring, waiting=waiting
        )
        coverage = await outside.features.coverage(playlist.id)
        known = coverage.tracks - coverage.unknown
        coverage = replace(coverage, unanswered=trouble)
        filled.append(replace(one, playlist=replace(playlist, with_features=known), coverage=coverage))
    return filled


async def measure(
    outside: Outside,
    listener_id: int,
    *,
    playlist_id: int | None = None,
    track_id: int | None = None,
    measuring: Measuring | None = None,
    waiting: Waiting | None = None,
) -> str:
    """Ask the services how a listener's playlist, or one track, sounds; "busy" or "down": one did not answer.

    What Spotify is asked counts against the listener's share.
    """
    lacking = await outside.features.lacking(RECCOBEATS, listener_id, playlist_id=playlist_id, track_id=track_id)
    trouble = await _ask_reccobeats(outside, listener_id, lacking, measuring, waiting)
    if outside.spotify is not None and outside.spotify_features:
        lacking = await outside.features.lacking(SPOTIFY, listener_id, playlist_id=playlist_id, track_id=track_id)
        trouble = trouble or await _ask_spotify(outside, outside.spotify, listener_id, lacking, waiting)
    return trouble


async def _ask_spotify(
    outside: Outside, spotify: Spotify, listener_id: int, lacking: Collection[Lacking], waiting: Waiting | None
) -> str:
    """Ask Spotify by its ids; returns "down" where it did not answer, and keeps what it said before."""
    by_id = {one.spotify_id: one.track_id for one in lacking if one.spotify_id}
    if not by_id:
        return ""
    said: dict[str, dict[str, float]] = {}
    trouble = ""
    try:
        if not await spotify.sounds(list(by_id), spotify.own(listener_id), said, waiting):
            return ""
    except SpotifyError:
        trouble = "down"
    found = {by_id[one]: values for one, values in said.items() if one in by_id}
    missing = [] if trouble else [i for i in by_id.values() if i not in found]
    await outside.features.keep(SPOTIFY, found, missing)
    return trouble


async def _ask_reccobeats(
    outside: Outside,
    listener_id: int,
    lacking: Collection[Lacking],
    measuring: Measuring | None,
    waiting: Waiting | None,
) -> str:
    """Ask ReccoBeats by Spotify id, then by ISRC; returns "busy" or "down" where it did not answer."""
    reccobeats = outside.reccobeats
    asked = [one for one in lacking if one.spotify_id or one.isrc or one.claimed_isrc]
    if reccobeats is None or not asked:
        return ""
    if measuring is not None:
        await measuring(len(asked))
    try:
        by_id = await reccobeats.by_spotify_id([one.spotify_id for one in asked if one.spotify_id], waiting)
        found = {one.track_id: by_id[one.spotify_id] for one in asked if one.spotify_id in by_id}
        left = [one for one in asked if one.track_id not in found]
        codes = {one.isrc or one.claimed_isrc: None for one in left}
        by_isrc = await reccobeats.by_isrc([code for code in codes if code], waiting)
    except Closed:
        return "busy"
    except NoAnswer:
        return "down"
    found |= {one.track_id: by_isrc[one.isrc] for one in left if one.isrc in by_isrc}
    missing = [one.track_id for one in asked if one.track_id not in found and (one.spotify_id or one.isrc)]
    await outside.features.keep(RECCOBEATS, found, missing)
    claimed = [one for one in left if one.track_id not in found and one.claimed_isrc]
    theirs = {one.track_id: by_isrc.get(one.claimed_isrc or "", {}) for one in claimed}
    await outside.features.keep(RECCOBEATS, theirs, contributor_id=listener_id)
    return ""


@dataclass(frozen=True, slots=True)
class Written:
    """A playlist that was made at Spotify."""

    url: str
    tracks: int
    left: int  # tracks that have no Spotify id


async def write_spotify(
    outside: Outside, listener_id: int, name: str, tracks: Sequence[Track], waiting: Waiting | None = None
) -> Written:
    """Make a private playlist of a connected member's.

    Raises:
        ConnectFirst: no account is connected; files are what is left.
        NothingThere: no track has a Spotify id.
        SpotifyError: see bot/domain/errors/__init__.py.

    """
    asker = await outside.asker(listener_id)
    if asker.mine is None:
        raise ConnectFirst(kind="export", possible=outside.connections.possible)
    ids = [track.spotify_id for track in tracks if track.spotify_id]
    if not ids:
        raise NothingThere(name=name)
    assert outside.connections.writer is not None
    url = await outside.connections.writer.write(name, ids, asker.mine, waiting)
    return Written(url, len(ids), len(tracks) - len(ids))
