"""Files sealed with the operator's keys, written and read piece by piece, so that memory stays flat.

A sealed file is MAGIC and frames: four bytes of length, then what the keyring sealed. Inside the seal stands which file
the frame is of (16 random bytes, the same in all its frames), its number, whether it is the last one, and the content.
So a frame that was changed, left out, doubled, moved or taken from another file is noticed, and so is a missing end.
"""

import base64
import binascii
import io
import secrets
import struct
from types import TracebackType
from typing import IO, TYPE_CHECKING

from bot.domain.errors import BadSeal, WrongKey
from bot.safe.keys import Keyring

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer, WriteableBuffer

MAGIC = b"earmark sealed 1\n"
SUFFIX = ".sealed"
FRAME = 1 << 20  # bytes of content
_INSIDE = struct.Struct(">16sQ?")  # file, number, last
_LENGTH = struct.Struct(">I")
_MOST = FRAME + 4096  # of a sealed frame: what claims to be longer is none of ours


def is_sealed(raw: IO[bytes]) -> bool:
    """Whether a file begins as a sealed one does; its position is put back."""
    start = raw.read(len(MAGIC))
    raw.seek(-len(start), io.SEEK_CUR)
    return start == MAGIC


class SealedWriter(io.RawIOBase):
    """Seals what is written to it; the file is whole only after `close`, which leaves `raw` open."""

    def __init__(self, raw: IO[bytes], keys: Keyring) -> None:
        super().__init__()
        self._raw, self._keys = raw, keys
        self._file = secrets.token_bytes(16)
        self._number = 0
        self._waiting = bytearray()
        raw.write(MAGIC)
        # An empty first frame tells a wrong key from a damaged file.
        self._frame(b"", last=False)

    def writable(self) -> bool:
        return True

    def write(self, data: "ReadableBuffer", /) -> int:
        self._waiting += data
        while len(self._waiting) > FRAME:
            self._frame(bytes(self._waiting[:FRAME]), last=False)
            del self._waiting[:FRAME]
        return memoryview(data).nbytes

    def close(self) -> None:
        if not self.closed:
            self._frame(bytes(self._waiting), last=True)
            super().close()

    def __exit__(
        self, exc_type: type[BaseException] | None, exc_val: BaseException | None, exc_tb: TracebackType | None
    ) -> None:
        if exc_type is None:
            self.close()
        else:
            self.abandon()

    def abandon(self) -> None:
        """Leave the file without its end, so that nobody takes it for whole."""
        if not self.closed:
            super().close()

    def _frame(self, content: bytes, *, last: bool) -> None:
        sealed = self._keys.seal(_INSIDE.pack(self._file, self._number, last) + content)
        token = base64.urlsafe_b64decode(sealed)  # a third shorter
        self._raw.write(_LENGTH.pack(len(token)) + token)
        self._number += 1


class SealedReader(io.RawIOBase):
    """Opens a sealed file piece by piece.

    Raises:
        WrongKey: at once, where none of the keys opens it.
        BadSeal: now or while it is read, where it was cut, changed or put together from others.

    """

    def __init__(self, raw: IO[bytes], keys: Keyring) -> None:
        super().__init__()
        self._raw, self._keys = raw, keys
        self._number = 0
        self._file: bytes | None = None
        self._ended = False
        self._opened = memoryview(b"")
        if raw.read(len(MAGIC)) != MAGIC:
            raise BadSeal
        self._opened = self._next()

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: "WriteableBuffer", /) -> int:
        while not self._opened and not self._ended:
            self._opened = self._next()
        view = memoryview(buffer).cast("B")
        part = self._opened[: len(view)]
        view[: len(part)] = part
        self._opened = self._opened[len(part) :]
        return len(part)

    def _next(self) -> memoryview:
        head = self._raw.read(_LENGTH.size)
        length = _LENGTH.unpack(head)[0] if len(head) == _LENGTH.size else _MOST + 1
        token = self._raw.read(length) if length <= _MOST else b""
        if len(token) != length:
            raise BadSeal
        try:
            inside = self._keys.open(base64.urlsafe_b64encode(token))
            file, number, last = _INSIDE.unpack_from(inside)
        except (struct.error, binascii.Error):
            raise BadSeal from None
        except WrongKey:
            if self._number == 0:
                raise
            raise BadSeal from None
        if number != self._number or (self._file or file) != file or (last and self._raw.read(1)):
            raise BadSeal
        self._file, self._number, self._ended = file, number + 1, last
        return memoryview(inside)[_INSIDE.size :]
