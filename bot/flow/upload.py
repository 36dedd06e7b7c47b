"""Upload: members' own audio files become tracks that can be heard, rated and predicted."""

from collections.abc import Sequence
from dataclasses import dataclass

from bot.domain.errors import AudioError, EarmarkError, FileTooSlow, Interrupted
from bot.domain.names import tidy
from bot.domain.tracks import AudioAnalysis, LinkedPlaylist, PlaylistSource, Track
from bot.flow.sent import Sent
from bot.flow.workers import Workers
from bot.sources.uploads import Heard, hear
from storage.clips import StoredClips
from storage.playlists import Playlists

PLAYLIST = "Uploads"
NAME_LENGTH = 80


@dataclass(frozen=True, slots=True)
class Uploaded:
    """What came of a handful of files: where those that could be heard are now, and why others could not be."""

    linked: LinkedPlaylist | None  # None: none could be heard
    heard: Sequence[tuple[Track, AudioAnalysis]]
    failed: Sequence[EarmarkError]
    twins: Sequence[
        tuple[int, Track]
    ] = ()  # a recording's id, and a track on the member's lists that is called the same


async def upload(
    playlists: Playlists,
    clips: StoredClips,
    workers: Workers,
    owner_id: int,
    files: Sequence[Sent],
    name: str | None = None,
) -> Uploaded:
    """Add files to a playlist of uploads; one that cannot be heard, or fetched, does not lose the others.

    Raises:
        TooMuchStored: with these, the owner would have more recordings or tracks than a member may.
        ErasedMeanwhile: the owner was erased while the files were heard; nothing is stored.

    """
    since = await playlists.began(owner_id)
    await clips.require_room(owner_id, len(files))
    heard: list[Heard] = []
    failed: list[EarmarkError] = []
    for file in files:
        try:
            heard.append(await _hear(workers, owner_id, file))
        except (AudioError, FileTooSlow, Interrupted) as problem:
            failed.append(problem)
    if not heard:
        return Uploaded(None, (), failed)
    called = tidy(name or "", NAME_LENGTH) or PLAYLIST
    source = PlaylistSource(called, "audio", tuple(one.track for one in heard))
    linked, track_ids = await playlists.extend(owner_id, source, since)
    sounds = {track_id: one.clip for track_id, one in zip(track_ids, heard, strict=True)}
    await clips.add(owner_id, sounds, since)
    found = [(as_track(one, track_id), one.analysis) for track_id, one in zip(track_ids, heard, strict=True)]
    return Uploaded(linked, found, failed, await playlists.twins(owner_id, track_ids))


async def listen(workers: Workers, listener_id: int, file: Sent) -> Track:
    """What is heard in a file, as a track that is not stored; raise AudioError, FileTooSlow, Interrupted."""
    return as_track(await _hear(workers, listener_id, file), 0)


async def _hear(workers: Workers, listener_id: int, file: Sent) -> Heard:
    async with workers.room_for(listener_id):
        return await workers.read_for(listener_id, hear, file.name, await file.fetch())


def as_track(heard: Heard, track_id: int) -> Track:
    source = heard.track
    return Track(track_id, source.title, source.artist, duration_ms=source.duration_ms, features=source.features)
