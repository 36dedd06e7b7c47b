"""Match: tracks that a list names without ids are looked for at Spotify; what is doubtful is left to the member."""

import asyncio
import json
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass

from bot.domain.errors import NotOnSpotify, SpotifyBusy, SpotifyError
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
    """Look for the tracks of a playlist that have no id; None: there are none, or nobody can be asked.

    What was looked for lately is not looked for again, so that the next time goes on where this one stops.
    """
    if outside.spotify is None:
        return None
    nameless = await outside.features.nameless(linked.playlist.id)
    if not nameless:
        return None
    since = await outside.searches.began(owner_id)
    before = await outside.searches.of(owner_id, [one.track_id for one in nameless])
    asker = await outside.asker(owner_id)
    found: dict[int, tuple[TrackSource, float] | None] = {}
    todo = iter([one for one in nameless if one.track_id not in before][:MOST])
    stopped = False

    async def worker() -> None:
        nonlocal stopped
        for one in todo:
            if stopped:
                return
            asked = query(one.artist, one.title)
            try:
                candidates = await asker.ask(lambda access, asked=asked: asker.spotify.search(asked, access, waiting))
            except SpotifyError as problem:
                stopped = stopped or isinstance(problem, SpotifyBusy) or not found
                continue
            found[one.track_id] = best(one.artist, one.title, candidates)
            if progress is not None:
                await progress(len(found), len(nameless))

    await asyncio.gather(*(worker() for _ in range(ABREAST)))
    sure = {track_id: hit[0] for track_id, hit in found.items() if hit is not None and hit[1] >= SURE}
    outcomes = {track_id: _noted(hit) for track_id, hit in found.items() if track_id not in sure}
    await outside.searches.keep(owner_id, outcomes, since)
    await playlists.identify(owner_id, sure)
    doubtful = _doubtful(nameless, before | outcomes)
    unknown = len(before) + len(outcomes) - len(doubtful)
    return Matched(len(sure), doubtful, unknown, len(nameless) - len(found) - len(before))


def _noted(hit: tuple[TrackSource, float] | None) -> str | None:
    """A doubtful candidate as it is kept; None: what was found is not it."""
    if hit is None or hit[1] < LIKELY:
        return None
    return json.dumps({"candidate": asdict(hit[0]), "certainty": hit[1]})


def _doubtful(nameless: Sequence[Nameless], outcomes: Mapping[int, str | None]) -> tuple[Doubtful, ...]:
    """What the member is asked about, likeliest first."""
    made: list[Doubtful] = []
    for one in nameless:
        noted = outcomes.get(one.track_id)
        if noted is None:
            continue
        kept = json.loads(noted)
        asked = f"{one.artist} - {one.title}" if one.artist else one.title
        made.append(Doubtful(one.track_id, asked, TrackSource(**kept["candidate"]), kept["certainty"]))
    return tuple(sorted(made, key=lambda one: -one.certainty))


async def confirm(outside: Outside, playlists: Playlists, owner_id: int, chosen: Sequence[tuple[int, str]]) -> int:
    """Take the member's word: pairs of a track and its Spotify id; returns how many are now known.

    What is no longer at Spotify is left out. Raises SpotifyError where it does not answer.
    """
    if outside.spotify is None:
        return 0
    asker = await outside.asker(owner_id)
    named: dict[int, TrackSource] = {}
    for track_id, spotify_id in chosen:
        with suppress(NotOnSpotify):
            named[track_id] = await asker.ask(lambda access, name=spotify_id: asker.spotify.track(name, access))
    return await playlists.identify(owner_id, named)
