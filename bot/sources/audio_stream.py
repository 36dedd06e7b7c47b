"""Audio files as blocks of samples: wav, flac, ogg and mp3, told by what is in them and not by their names.

A file is never held as samples as a whole, and everything that its header promises is checked against what comes out.
"""

import io
import os
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

import numpy as np
from numpy.typing import NDArray

from bot.domain.errors import AudioDamaged, AudioTooLarge, AudioTooLong, AudioTooShort, AudioUnusual, NotAudio

if TYPE_CHECKING:
    from soundfile import SoundFile

Block = NDArray[np.float32]  # (channels, frames), full scale is 1

MIN_SECONDS = 1
MAX_SECONDS = 15 * 60
MAX_SAMPLES = MAX_SECONDS * 2 * 48_000  # of all channels: so long in stereo, as music comes
MAX_CHANNELS = 8
MIN_RATE, MAX_RATE = 4_000, 400_000  # samples per second
MAX_SAMPLE = 1e6  # a sample beyond this is no sound: full scale is 1
BLOCK_SECONDS = 4
_OGG_PAGE = 65_307 + 27  # bytes that a page can have, and one header
_MP3_FRAMES_APART = 3 * 1152  # an encoder's padding, which a header's count may leave out


class AudioStream:
    """An open file: `rate`, `channels`, and its blocks, once."""

    def __init__(self, name: str, sound: "SoundFile", kind: str) -> None:
        self.name = name
        self.rate = int(sound.samplerate)
        self.channels = int(sound.channels)
        self.most_seconds = _most_seconds(sound)
        self.seconds = 0.0  # read so far
        self._sound = sound
        self._kind = kind

    def blocks(self) -> Iterator[Block]:
        """Read it from beginning to end.

        Raises:
            AudioTooLong: more comes out than 15 minutes or MAX_SAMPLES, whatever the header says.
            AudioTooShort: it ends within the first second.
            AudioDamaged: it cannot be decoded to its end, or a sample is not a number.

        """
        import soundfile  # noqa: PLC0415 - heavy

        frames = 0
        room = np.empty((self.rate * BLOCK_SECONDS, self.channels), np.float32)
        while True:
            try:
                block = self._sound.read(out=room)
            except (soundfile.LibsndfileError, RuntimeError):
                raise AudioDamaged(name=self.name, at=round(self.seconds, 1)) from None
            if not len(block):
                break
            if not -MAX_SAMPLE < float(block.min()) <= float(block.max()) < MAX_SAMPLE:  # no comparison holds for NaN
                raise AudioDamaged(name=self.name, at=round(self.seconds, 1))
            frames += len(block)
            self.seconds = frames / self.rate
            if self.seconds > self.most_seconds + 1:
                raise AudioTooLong(name=self.name, seconds=round(self.seconds), most=self.most_seconds)
            yield np.ascontiguousarray(block.T, np.float32)
        missing = self._sound.frames - frames
        if missing > (_MP3_FRAMES_APART if self._kind == "mp3" else 0):
            raise AudioDamaged(name=self.name, at=round(self.seconds, 1))
        if self.seconds < MIN_SECONDS:
            raise AudioTooShort(name=self.name, seconds=round(self.seconds, 2), least=MIN_SECONDS)


@contextmanager
def open_audio(source: Path | bytes, name: str, most_bytes: int | None = None) -> Generator[AudioStream]:
    """Open a file or its bytes.

    Raises:
        AudioTooLarge: it has more than `most_bytes`.
        NotAudio: it is no wav, flac, ogg or mp3.
        AudioTooShort, AudioTooLong, AudioUnusual, AudioDamaged: its header says so already.
        OSError: the file cannot be opened.

    """
    import soundfile  # noqa: PLC0415 - heavy

    with io.BytesIO(source) if isinstance(source, bytes) else source.open("rb", buffering=0) as file:
        size = file.seek(0, os.SEEK_END)
        file.seek(0)
        if most_bytes is not None and size > most_bytes:
            raise AudioTooLarge(name=name, size=size, limit=most_bytes)
        kind = _kind(file.read(16))
        if kind is None:
            raise NotAudio(name=name)
        if _cut_off(file, kind, size):
            raise AudioDamaged(name=name, at=None)
        file.seek(0)
        try:
            # A file's number and not its name, for by some names soundfile would guess a format.
            sound = soundfile.SoundFile(file if isinstance(source, bytes) else os.dup(file.fileno()))
        except (soundfile.LibsndfileError, RuntimeError, TypeError):
            raise NotAudio(name=name) from None
        with sound:
            _check_header(name, sound)
            yield AudioStream(name, sound, kind)


def _check_header(name: str, sound: "SoundFile") -> None:
    if not (1 <= sound.channels <= MAX_CHANNELS and MIN_RATE <= sound.samplerate <= MAX_RATE):
        raise AudioUnusual(name=name, channels=sound.channels, rate=sound.samplerate)
    seconds = sound.frames / sound.samplerate
    most = _most_seconds(sound)
    if sound.frames < 2**62 and seconds > most + 1:  # beyond, the header says that it does not know
        raise AudioTooLong(name=name, seconds=round(seconds), most=most)


def _most_seconds(sound: "SoundFile") -> int:
    return min(MAX_SECONDS, MAX_SAMPLES // (sound.channels * sound.samplerate))


def _kind(head: bytes) -> str | None:
    if head[:4] in {b"RIFF", b"RIFX", b"RF64"} and head[8:12] == b"WAVE":
        return "wav"
    if head[:4] == b"fLaC":
        return "flac"
    if head[:4] == b"OggS":
        return "ogg"
    # A tag, or the first eleven bits of an MPEG frame and those that say layer III.
    if head[:3] == b"ID3" or (len(head) > 2 and head[0] == 0xFF and head[1] & 0xE6 == 0xE2):
        return "mp3"
    return None


def _cut_off(file: BinaryIO, kind: str, size: int) -> bool:
    """Whether the end is missing, where the decoder would read what is there and say nothing."""
    if kind == "wav":
        return _wav_cut_off(file, size)
    if kind == "ogg":
        return _ogg_cut_off(file, size)
    return False


def _wav_cut_off(file: BinaryIO, size: int) -> bool:
    file.seek(0)
    order = "big" if file.read(4) == b"RIFX" else "little"
    place = 12
    while place + 8 <= size:
        file.seek(place)
        head = file.read(8)
        length = int.from_bytes(head[4:], order)
        if head[:4] == b"data":
            # Programs that write to a pipe cannot know the length, and say 0 or the most.
            return 0 < length < 0x7FFF_F000 and place + 8 + length > size
        place += 8 + length + (length & 1)
    return True


def _ogg_cut_off(file: BinaryIO, size: int) -> bool:
    """Whether the last page is not there whole, or is not marked as the last (RFC 3533)."""
    file.seek(max(size - _OGG_PAGE, 0))
    tail = file.read()
    start = tail.rfind(b"OggS")
    if start < 0 or len(tail) < start + 27 or not tail[start + 5] & 4:
        return True
    segments = tail[start + 27 : start + 27 + tail[start + 26]]
    return len(tail) < start + 27 + tail[start + 26] + sum(segments)
