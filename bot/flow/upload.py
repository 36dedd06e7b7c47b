"""Upload: members' own audio files become tracks that can be heard, rated and predicted."""

from collections.abc import Sequence
from dataclasses import dataclass

from bot.domain import AudioAnalysis, LinkedPlaylist, PlaylistSource, Track
from bot.errors import AudioError
from bot.flow.rate import Questions
from bot.flow.workers import Workers
from bot.sources.decoding import tidy
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
    failed: Sequence[AudioError]


async def upload(
    playlists: Playlists,
    clips: StoredClips,
    questions: Questions,
    workers: Workers,
    owner_id: int,
    files: Sequence[tuple[str, bytes | AudioError]],
    name: str | None = None,
) -> Uploaded:
    """Add files to a playlist of uploads; one that cannot be heard, or fetched, does not lose the others."""
    heard: list[Heard] = []
    failed: list[AudioError] = []
    for file_name, data in files:
        if isinstance(data, AudioError):
            failed.append(data)
            continue
        try:
            heard.append(await workers.run_for(owner_id, hear, file_name, data))
        except AudioError as problem:
            failed.append(problem)
    if not heard:
        return Uploaded(None, (), failed)
    called = tidy(name or "", NAME_LENGTH) or PLAYLIST
    source = PlaylistSource(called, "audio", tuple(one.track for one in heard))
    linked, track_ids = await playlists.extend(owner_id, source)
    await clips.add(owner_id, {track_id: one.clip for track_id, one in zip(track_ids, heard, strict=True)})
    questions.forget(owner_id, linked.playlist.shared_guild_ids)
    found = [(as_track(one, track_id), one.analysis) for track_id, one in zip(track_ids, heard, strict=True)]
    return Uploaded(linked, found, failed)


async def listen(workers: Workers, listener_id: int, file_name: str, data: bytes) -> Track:
    """What is heard in a file, as a track that is not stored; raise AudioError."""
    return as_track(await workers.run_for(listener_id, hear, file_name, data), 0)


def as_track(heard: Heard, track_id: int) -> Track:
    source = heard.track
    return Track(track_id, source.title, source.artist, duration_ms=source.duration_ms, features=source.features)
