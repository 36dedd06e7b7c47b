"""How gateway payloads become websocket frames: JSON, plain or in one compressed stream."""

import json
import zlib
from typing import Any, Protocol

from bot.safe.zstd import zstd

Json = dict[str, Any]
# Payload compression is for large ones only; small ones stay text.
_LARGE = 4096


class Codec(Protocol):
    """Turns payloads into frames; text frames are str, binary ones bytes."""

    def encode(self, payload: Json) -> str | bytes: ...


def _text(payload: Json) -> str:
    return json.dumps(payload, separators=(",", ":"), ensure_ascii=False, default=str)


class Plain:
    """Text frames; `large` payloads are compressed one by one once the client has asked for that in IDENTIFY."""

    def __init__(self) -> None:
        self.compress = False

    def encode(self, payload: Json) -> str | bytes:
        text = _text(payload)
        return zlib.compress(text.encode()) if self.compress and len(text) > _LARGE else text


class Zlib:
    """zlib-stream: one stream for the connection, flushed (00 00 FF FF) after each payload."""

    def __init__(self) -> None:
        self._stream = zlib.compressobj()

    def encode(self, payload: Json) -> str | bytes:
        return self._stream.compress(_text(payload).encode()) + self._stream.flush(zlib.Z_SYNC_FLUSH)


class Zstd:
    """zstd-stream: one frame for the connection, one flushed block for each payload."""

    def __init__(self) -> None:
        self._stream = zstd.ZstdCompressor()

    def encode(self, payload: Json) -> str | bytes:
        return self._stream.compress(_text(payload).encode(), mode=zstd.ZstdCompressor.FLUSH_BLOCK)


CODECS: dict[str | None, type[Plain | Zlib | Zstd]] = {None: Plain, "zlib-stream": Zlib, "zstd-stream": Zstd}
