"""An uploaded audio file becomes a track: its names, what is heard in it, and half a minute to listen to."""

import hashlib
import io
from dataclasses import dataclass
from pathlib import PurePath

import numpy as np
from numpy.typing import NDArray

from bot.domain.names import tidy
from bot.domain.tracks import AudioAnalysis, TrackSource
from bot.sources.audio import analyse
from bot.sources.audio_stream import open_audio

MAX_BYTES = 25_000_000
UPLOADED = "Uploaded"  # in place of an album
CLIP_SECONDS = 30
CLIP_RATE = 44_100


@dataclass(frozen=True, slots=True)
class Heard:
    """What came of one file: a track as other sources describe it, the analysis behind it, and its clip (MP3)."""

    track: TrackSource
    analysis: AudioAnalysis
    clip: bytes


def hear(name: str, data: bytes) -> Heard:
    """Analyse a file of at most MAX_BYTES; raise AudioError where it cannot be heard."""
    analysis = analyse(data, name, MAX_BYTES)
    title, artist = _names(name, data)
    source = TrackSource(
        title,
        artist,
        album=UPLOADED,
        duration_ms=analysis.duration_ms,
        features=analysis.features(),
        measured_by="audio",
        recording=hashlib.sha256(data).hexdigest(),
    )
    return Heard(source, analysis, _clip(name, data))


def _names(name: str, data: bytes) -> tuple[str, str]:
    """Title and artist: from the file's tags, else from its name, `Artist - Title`.

    Where nothing names an artist, a number made of the sound stands for one: two demos that are called alike stay two.
    """
    title, artist = _tags(data)
    artist, title = tidy(artist), tidy(title)
    if not title:
        stem = tidy(PurePath(name.replace("\\", "/")).stem.replace("_", " "))
        before, dash, after = stem.partition(" - ")
        title = after.strip() if dash and after.strip() else stem
        artist = artist or (before.strip() if dash and after.strip() else "")
    number = hashlib.sha256(data).hexdigest()[:6].upper()
    return title or "Upload", artist or f"Upload {number}"


def _tags(data: bytes) -> tuple[str, str]:
    import soundfile  # noqa: PLC0415 - heavy

    with soundfile.SoundFile(io.BytesIO(data)) as sound:
        tags = sound.copy_metadata()
    return tags.get("title", ""), tags.get("artist", "")


def _clip(name: str, data: bytes) -> bytes:
    """The first half minute, in one or two channels."""
    import soundfile  # noqa: PLC0415 - heavy

    parts: list[NDArray[np.float32]] = []
    with open_audio(data, name) as stream:
        rate, frames = stream.rate, 0
        for block in stream.blocks():
            parts.append(block if len(block) <= 2 else block.mean(axis=0, keepdims=True))
            frames += block.shape[1]
            if frames >= rate * CLIP_SECONDS:
                break
    sound = np.concatenate(parts, axis=1)[:, : rate * CLIP_SECONDS]
    if rate != CLIP_RATE:
        sound, rate = _resampled(sound, rate), CLIP_RATE
    out = io.BytesIO()
    soundfile.write(out, np.clip(sound, -1, 1).T, rate, format="MP3")
    return out.getvalue()


def _resampled(sound: NDArray[np.float32], rate: int) -> NDArray[np.float32]:
    from scipy.signal import resample_poly  # noqa: PLC0415 - heavy

    common = int(np.gcd(rate, CLIP_RATE))
    return np.asarray(resample_poly(sound, CLIP_RATE // common, rate // common, axis=1), np.float32)
