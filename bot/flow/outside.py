"""Outside: what members name at Spotify becomes stored tracks, and services say how they sound."""

from collections.abc import Awaitable, Callable, Collection, Sequence
from dataclasses import dataclass, replace

from bot.domain.errors import ConnectFirst, NoSpotify, NothingThere, SpotifyError
from bot.domain.tracks import LinkedPlaylist, Origin, PlaylistSource, Track
from bot.flow.connect import Connections
from bot.flow.link import free_name, named
from bot.sources.queue import Closed, NoAnswer, Waiting
from bot.sources.reccobeats import ReccoBeats
from bot.sources.spotify import Access, Listing, Progress, Spotify
from bot.sources.spotify_links import SpotifyLink
from storage.features import Features, Lacking
from storage.playlists import Playlists
from storage.spotify import SpotifyAccounts

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
    spotify_features: bool = False  # the operator opted in to Spotify's own

    async def access(self, listener_id: int) -> Access:
        """The member's own access where an account is connected, else the app's; raises NoSpotify."""
        if self.spotify is None:
            raise NoSpotify
        mine = await self.connections.access(listener_id)
        return mine or self.spotify.own(possible=self.connections.possible)


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
    access = await outside.access(owner_id)
    assert outside.spotify is not None
    if link.own and not access.connected:
        raise ConnectFirst(kind=link.kind, possible=outside.connections.possible)
    before = await outside.accounts.read_before(owner_id, link.key)
    known = before.version if before else ""
    listing = await outside.spotify.read(owner_id, link, access, known=known, progress=progress, waiting=waiting)
    if listing is None:
        assert before is not None
        playlist = await playlists.get(before.playlist_id, owner_id, None)
        return LinkedPlaylist(playlist, 0, 0, 0, relinked=True, unchanged=True)
    origin = Origin(link.key, listing.version, access.connected)
    taken = {one.name for one in await playlists.of(owner_id)}
    called = before.name if before else free_name(_name(link, listing), taken)
    source = named(PlaylistSource(called, "spotify", listing.tracks, origin=origin), name)
    (linked,) = await playlists.link_all(owner_id, [source], since)
    return replace(linked, local=listing.local, episodes=listing.episodes, gone=listing.gone)


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
    """Ask the services how a listener's playlist, or one track, sounds; "busy" or "down": one did not answer."""
    lacking = await outside.features.lacking(RECCOBEATS, listener_id, playlist_id=playlist_id, track_id=track_id)
    trouble = await _ask_reccobeats(outside, listener_id, lacking, measuring, waiting)
    if outside.spotify is not None and outside.spotify_features:
        lacking = await outside.features.lacking(SPOTIFY, listener_id, playlist_id=playlist_id, track_id=track_id)
        by_id = {one.spotify_id: one.track_id for one in lacking if one.spotify_id}
        own = outside.spotify.own(possible=False)
        try:
            said = await outside.spotify.sounds(list(by_id), own, waiting) if by_id else None
        except SpotifyError:
            return trouble or "down"
        if said is not None:  # None: the app may not ask
            found = {by_id[one]: values for one, values in said.items() if one in by_id}
            await outside.features.keep(SPOTIFY, found, [i for i in by_id.values() if i not in found])
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
    access = await outside.access(listener_id)
    assert outside.spotify is not None
    if not access.connected:
        raise ConnectFirst(kind="export", possible=outside.connections.possible)
    ids = [track.spotify_id for track in tracks if track.spotify_id]
    if not ids:
        raise NothingThere(name=name)
    url = await outside.spotify.create_playlist(name, ids, access, waiting)
    return Written(url, len(ids), len(tracks) - len(ids))
