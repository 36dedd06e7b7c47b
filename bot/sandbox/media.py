"""Uploaded files: their types and sizes, and drawn avatars."""

import mimetypes
import re
import struct
import unicodedata
import zlib
from dataclasses import dataclass
from functools import lru_cache

# A file of these types is shown by the page itself; everything else is only offered for download.
SHOWN = ("image/png", "image/jpeg", "image/gif", "image/webp", "audio/", "video/")
_EXTRA = {".ogg": "audio/ogg", ".opus": "audio/ogg", ".flac": "audio/flac", ".m4a": "audio/mp4", ".webp": "image/webp"}
_UNSAFE = re.compile(r"[^A-Za-z0-9_.-]")


@dataclass(frozen=True)
class File:
    """One stored attachment.

    Attributes:
        data: its bytes; empty when `path` holds them.
        width, height: pixels, for images whose header could be read.

    """

    id: int
    channel_id: int
    filename: str
    content_type: str
    size: int
    data: bytes = b""
    path: str | None = None
    width: int | None = None
    height: int | None = None
    description: str | None = None
    title: str | None = None
    ephemeral: bool = False


def content_type(filename: str) -> str:
    """Guess a media type from a file's name, as Discord's upload does."""
    suffix = "." + filename.rsplit(".", 1)[-1].lower() if "." in filename else ""
    kind = _EXTRA.get(suffix) or mimetypes.guess_type(filename)[0] or "application/octet-stream"
    return f"{kind}; charset=utf-8" if kind.startswith("text/") else kind


def safe_name(filename: str) -> str:
    """Change a file's name as Discord does: ASCII letters, digits and `_.-` stay, blanks become `_`.

    Accents are dropped, other letters go, and a name of which nothing is left is `_`.
    """
    base = filename.replace("\\", "/").rsplit("/", 1)[-1]
    stem, _, suffix = base.rpartition(".") if "." in base.strip(".") else (base, "", "")
    stem, suffix = (_plain(part) for part in (stem, suffix))
    return f"{stem[-200:] or '_'}.{suffix[:20]}" if suffix else stem[-200:] or "_"


def title(filename: str) -> str | None:
    """Give the name without its suffix where `safe_name` changes it, as Discord keeps it beside the other."""
    base = filename.replace("\\", "/").rsplit("/", 1)[-1].replace("\0", "")
    base = base.encode("utf-8", "replace").decode()  # half a surrogate pair goes nowhere
    return None if safe_name(base) == base else (base.rpartition(".")[0] or base)[:1024] or None


def _plain(text: str) -> str:
    ascii_only = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode()
    return _UNSAFE.sub("", "_".join(ascii_only.split())).strip("._")


def image_size(data: bytes) -> tuple[int, int] | None:
    """Read (width, height) in pixels from a PNG, GIF or JPEG header."""
    if data.startswith(b"\x89PNG\r\n\x1a\n") and len(data) >= 24:
        return struct.unpack(">II", data[16:24])
    if data[:6] in (b"GIF87a", b"GIF89a") and len(data) >= 10:
        return struct.unpack("<HH", data[6:10])
    return _jpeg_size(data) if data.startswith(b"\xff\xd8") else None


def _jpeg_size(data: bytes) -> tuple[int, int] | None:
    at = 2
    while at + 9 < len(data) and data[at] == 0xFF:
        marker, length = data[at + 1], struct.unpack(">H", data[at + 2 : at + 4])[0]
        if 0xC0 <= marker <= 0xCF and marker not in (0xC4, 0xC8, 0xCC):
            height, width = struct.unpack(">HH", data[at + 5 : at + 9])
            return width, height
        at += 2 + length
    return None


@lru_cache(maxsize=64)
def avatar(color: int, size: int = 64) -> bytes:
    """Draw a PNG: a head and shoulders on a disc of `color` (0xRRGGBB)."""
    solid = bytes((color >> 16 & 255, color >> 8 & 255, color & 255, 255))
    pale = bytes(255 - (255 - c) // 4 for c in solid[:3]) + b"\xff"
    half = size / 2
    rows: list[bytes] = []
    for y in range(size):
        row = bytearray(b"\0")
        for x in range(size):
            dx, dy = (x - half + 0.5) / half, (y - half + 0.5) / half
            inside = dx * dx + dy * dy <= 1
            person = dx * dx + (dy + 0.2) ** 2 < 0.12 or (dx / 0.6) ** 2 + ((dy - 0.85) / 0.6) ** 2 < 1
            row += (pale if person else solid) if inside else b"\0\0\0\0"
        rows.append(bytes(row))
    header = struct.pack(">IIBBBBB", size, size, 8, 6, 0, 0, 0)
    body = _chunk(b"IHDR", header) + _chunk(b"IDAT", zlib.compress(b"".join(rows))) + _chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + body


def _chunk(name: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))
