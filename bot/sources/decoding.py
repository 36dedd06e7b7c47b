"""From bytes to text, whatever the encoding."""

import codecs
import re
import unicodedata

from bot.domain.errors import EmptyFile, FileTooLarge, UnreadableFile
from bot.domain.names import tidy

MAX_BYTES = 10_000_000
MAX_ROWS = 20_000
BINARY = (b"PK\x03\x04", b"%PDF", b"\x89PNG", b"\xff\xd8\xff", b"GIF8", b"\x1f\x8b", b"ID3", b"OggS", b"fLaC", b"RIFF")
FILE_ENDING = re.compile(r"\.(csv|tsv|txt|json|m3u8?)$", re.IGNORECASE)


def decode(name: str, data: bytes) -> str:
    """Read bytes as UTF-8, UTF-16 (either end first) or Windows-1252, in this order of trust.

    Raises:
        EmptyFile, FileTooLarge: by size.
        UnreadableFile: it is no text.

    """
    if len(data) > MAX_BYTES:
        raise FileTooLarge(name=name, size=len(data), limit=MAX_BYTES, unit="bytes")
    if not data.strip(b"\x00\t\r\n \xef\xbb\xbf\xff\xfe"):
        raise EmptyFile(name=name)
    if data.startswith(BINARY):
        raise UnreadableFile(name=name)
    text = _decoded(data).replace("\x00", "").lstrip("\ufeff")
    sample = text[:20_000]
    strange = sum(
        unicodedata.category(letter) in {"Cc", "Cn", "Co", "Cs"} and letter not in "\t\r\n" for letter in sample
    )
    if strange > len(sample) / 20:
        raise UnreadableFile(name=name)
    if not text.strip():
        raise EmptyFile(name=name)
    return text.replace("\r\n", "\n").replace("\r", "\n")


def _decoded(data: bytes) -> str:
    if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return data.decode("utf-16", errors="replace")
    head = data[:2000]
    if head[1::2].count(0) > len(head) / 5 > 2:
        return data.decode("utf-16-le", errors="replace")
    if head[::2].count(0) > len(head) / 5 > 2:
        return data.decode("utf-16-be", errors="replace")
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        return data.decode("cp1252", errors="replace")


def playlist_name(file_name: str) -> str:
    """The name that a playlist gets from its file's; empty where that has no letter or digit."""
    stem = FILE_ENDING.sub("", file_name.replace("\\", "/").rsplit("/", 1)[-1])
    return tidy(stem.replace("_", " "), 80) if any(map(str.isalnum, stem)) else ""
