"""A playlist as files that players and other services read."""

import re
from collections.abc import Sequence
from xml.etree import ElementTree as ET

from bot.domain.tracks import Track

FORBIDDEN = re.compile("[\x00-\x1f\ud800-\udfff\ufffe\uffff]")
XSPF = "http://xspf.org/ns/0/"


def m3u(name: str, tracks: Sequence[Track]) -> bytes:
    """Write an extended M3U in UTF-8; a track without a link stands as a comment, so that none is lost."""
    lines = ["#EXTM3U", f"#PLAYLIST:{_line(name)}"]
    for track in tracks:
        seconds = round(track.duration_ms / 1000) if track.duration_ms else -1
        lines.append(f"#EXTINF:{seconds},{_line(f'{track.artist} - {track.title}' if track.artist else track.title)}")
        lines.append(_line(track.url) if track.url else "#")
    return ("\n".join(lines) + "\n").encode()


def xspf(name: str, tracks: Sequence[Track]) -> bytes:
    """Write an XSPF playlist (version 1)."""
    root = ET.Element("playlist", {"version": "1", "xmlns": XSPF})
    ET.SubElement(root, "title").text = _line(name)
    listed = ET.SubElement(root, "trackList")
    for track in tracks:
        entry = ET.SubElement(listed, "track")
        for tag, value in (
            ("location", track.url),
            ("identifier", f"isrc:{track.isrc}" if track.isrc else None),
            ("title", track.title),
            ("creator", track.artist),
            ("album", track.album),
            ("duration", str(track.duration_ms) if track.duration_ms else None),
        ):
            if value:
                ET.SubElement(entry, tag).text = _line(value)
    return ET.tostring(root, encoding="utf-8", xml_declaration=True)


def _line(text: str) -> str:
    """One line, and nothing that XML forbids."""
    return " ".join(FORBIDDEN.sub(" ", text).split())
