"""Match: tracks that a list names without ids are looked for at Spotify; what is doubtful is left to the member."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass

from bot.domain.errors import SpotifyBusy, SpotifyError
from bot.domain.tracks import LinkedPlaylist, TrackSource
from bot.flow.find import LIKELY, SURE, best, query
from bot.flow.outside import Outside
from bot.sources.queue import Waiting
from bot.sources.spotify import Progress
from storage.features import Nameless
from storage.playlists import Playlists

MOST = 300  # names that are looked for at once: each costs a request of everybody's quota
ABREAST = 4


@dataclass(frozen=True, slots=True)
class Doubtful:
    """A track and what it may be."""

    track_id: int
    asked: str  # as the member wrote it
    candidate: TrackSource
    certainty: float  # 0..1


@dataclass(frozen=True, slots=True)
class Matched:
    """What came of looking for names."""

    sure: int
    doubtful: tuple[Doubtful, ...]
    unknown: int
    left: int  # not looked for: too many, or Spotify did not answer


async def match(
    outside: Outside,
    playlists: Playlists,
    owner_id: int,
    linked: LinkedPlaylist,
    progress: Progress | None = None,
    waiting: Waiting | None = None,
) -> Matched | None:
    """Look for the tracks of a playlist that have no id; None: there are none, or nobody can be asked."""
    if outside.spotify is None:
        return None
    nameless = await outside.features.nameless(linked.playlist.id)
    if not nameless:
        return None
    spotify, access = outside.spotify, await outside.access(owner_id)
    found: dict[int, tuple[TrackSource, float] | None] = {}
    todo = iter(nameless[:MOST])
    stopped = False

    async def worker() -> None:
        nonlocal stopped
        for one in todo:
            if stopped:
                return
            try:
                candidates = await spotify.search(query(one.artist, one.title), access, waiting)
            except SpotifyError as problem:
                stopped = stopped or isinstance(problem, SpotifyBusy) or not found
                continue
            found[one.track_id] = best(one.artist, one.title, candidates)
            if progress is not None:
                await progress(len(found), len(nameless))

    await asyncio.gather(*(worker() for _ in range(ABREAST)))
    return await _kept(playlists, owner_id, nameless, found)


async def _kept(
    playlists: Playlists,
    owner_id: int,
    nameless: Sequence[Nameless],
    found: dict[int, tuple[TrackSource, float] | None],
) -> Matched:
    sure: dict[int, TrackSource] = {}
    doubtful: list[Doubtful] = []
    for one in nameless:
        hit = found.get(one.track_id)
        if hit is None or hit[1] < LIKELY:
            continue
        if hit[1] >= SURE:
            sure[one.track_id] = hit[0]
        else:
            asked = f"{one.artist} - {one.title}" if one.artist else one.title
            doubtful.append(Doubtful(one.track_id, asked, *hit))
    await playlists.identify(owner_id, sure)
    doubtful.sort(key=lambda one: -one.certainty)
    return Matched(len(sure), tuple(doubtful), len(found) - len(sure) - len(doubtful), len(nameless) - len(found))


async def confirm(outside: Outside, playlists: Playlists, owner_id: int, chosen: Sequence[tuple[int, str]]) -> int:
    """Take the member's word: pairs of a track and its Spotify id; returns how many are now known."""
    if outside.spotify is None:
        return 0
    access = await outside.access(owner_id)
    named = {track_id: await outside.spotify.track(spotify_id, access) for track_id, spotify_id in chosen}
    return await playlists.identify(owner_id, named)
