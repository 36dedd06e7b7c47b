"""Clips: half a minute of a track to listen to, for those that the bot plays itself or that members uploaded."""

import asyncio
import contextlib
import re
import unicodedata
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from bot.domain.tracks import Track
from bot.sources import bach
from bot.sources.bach import Piece
from bot.sources.uploads import UPLOADED
from storage.clips import StoredClips

WORD = re.compile("[A-Za-z0-9]+")
PATIENCE = 2.0  # seconds that a card waits for its sound: Discord waits 3 for the card


@dataclass(frozen=True, slots=True)
class Clip:
    """An audio file for a card.

    Attributes:
        name: what the file is called, without a folder.
        played_by: our instrument; None: a member's own recording.

    """

    name: str
    data: bytes
    played_by: str | None = None


class Clips:
    """Finds, plays and keeps clips; each is rendered once, in a thread, and kept as a file.

    Args:
        folder: where rendered ones are kept; it may be emptied at any time.
        uploads: the members' own.

    """

    def __init__(
        self, folder: Path, uploads: StoredClips, pieces: Callable[[], tuple[Piece, ...]] = bach.pieces
    ) -> None:
        self._folder = folder
        self._uploads = uploads
        self._read = pieces
        self._by_title: dict[str, Piece] = {}
        self._making: dict[str, asyncio.Task[Path]] = {}
        self._ahead: set[asyncio.Task[None]] = set()

    async def of(self, track: Track, listener_id: int, guild_id: int | None) -> Clip | None:
        """The clip of a track; None where there is none, or where it is not ready soon enough for a card.

        A member's own recording is played to that member, and where a playlist with it is shared.
        """
        piece = self._piece(track)
        if piece is None:
            own = track.album == UPLOADED
            mp3 = await self._uploads.get(track.id, listener_id, guild_id) if own else None
            return Clip(_file_name(track), mp3) if mp3 else None
        try:
            async with asyncio.timeout(PATIENCE):
                path = await asyncio.shield(self._file(piece))
                data = await asyncio.to_thread(path.read_bytes)
        except (TimeoutError, OSError):  # a full disk takes the sound away, and not the card
            return None
        return Clip(_file_name(track), data, piece.instrument.name)

    def plays(self, track: Track) -> bool:
        """Whether this is one of the tracks that are played, and not only kept."""
        return self._piece(track) is not None

    def ahead(self, tracks: Sequence[Track]) -> None:
        """Play clips that will be asked for soon, in this order, without waiting for them."""
        wanted = [piece for track in tracks if (piece := self._piece(track)) is not None]
        if wanted:
            task = asyncio.create_task(self._play(wanted), name="clips-ahead")
            self._ahead.add(task)
            task.add_done_callback(self._ahead.discard)

    async def _play(self, pieces: Sequence[Piece]) -> None:
        for piece in pieces:
            with contextlib.suppress(OSError):  # the card itself will meet it again, and go without
                await asyncio.shield(self._file(piece))

    async def close(self) -> None:
        """Wait for what is being played, and begin nothing more."""
        for task in self._ahead:
            task.cancel()
        await asyncio.gather(*self._ahead, *self._making.values(), return_exceptions=True)

    def _piece(self, track: Track) -> Piece | None:
        if track.artist != bach.COMPOSER:
            return None
        if not self._by_title:
            self._by_title = {piece.title: piece for piece in self._read()}
        return self._by_title.get(track.title)

    def _file(self, piece: Piece) -> asyncio.Task[Path]:
        """The one task that makes this clip, or that finds it made."""
        making = self._making.get(piece.bwv)
        if making is None:
            work = asyncio.to_thread(bach.clip, piece, self._folder)
            making = self._making[piece.bwv] = asyncio.create_task(work, name="clip")
            making.add_done_callback(lambda _: self._making.pop(piece.bwv, None))
        return making


def _file_name(track: Track) -> str:
    """What the player on the card shows: the title, in letters that a file's name keeps anywhere."""
    plain = unicodedata.normalize("NFKD", track.title).encode("ascii", "ignore").decode()
    return f"{'-'.join(WORD.findall(plain))[:60] or 'track'}.mp3"
