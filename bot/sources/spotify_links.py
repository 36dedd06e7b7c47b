"""What a member's link means: nothing is fetched, and only known hosts count."""

import re
from dataclasses import dataclass
from typing import Literal
from urllib.parse import urlsplit

from bot.domain.errors import LinkNotSupported, ShortLink, UnknownTrack, WrongLink

Kind = Literal["playlist", "album", "track", "liked", "top"]
KINDS: dict[str, Kind] = {"playlist": "playlist", "album": "album", "track": "track"}
HOSTS = {"open.spotify.com", "play.spotify.com"}
SHORT = {"spotify.link", "spoti.fi", "spotify.app.link", "link.tospotify.com"}
LINK = re.compile(r"\A\s*<?(?:https?://|spotify:|[\w-]+(?:\.[\w-]+)+/)", re.IGNORECASE)
KIND = re.compile("[a-z]{2,20}")
ID = re.compile(r"[0-9A-Za-z]{22}")
TERMS = ("long_term", "medium_term", "short_term")


@dataclass(frozen=True, slots=True)
class SpotifyLink:
    """Something with tracks on Spotify; `id` is empty for liked songs and a term for top tracks."""

    kind: Kind
    id: str = ""

    @property
    def key(self) -> str:
        return f"{self.kind}:{self.id}"

    @property
    def own(self) -> bool:
        """Whether it is a different thing for every member."""
        return self.kind in {"liked", "top"}


def parse(text: str) -> SpotifyLink:
    """Read a link or URI, with whatever trackers hang on it.

    Raises:
        ShortLink: it hides where it leads.
        WrongLink: it is Spotify's, but leads to no tracks.
        LinkNotSupported: it is another service's.
        UnknownTrack: it is no link at all.

    """
    text = text.strip().strip("<>")
    if text.lower().startswith("spotify:"):
        parts = text.split(":")[1:]
        if parts[:1] == ["user"] and len(parts) >= 4:  # spotify:user:<name>:playlist:<id>, as it was
            parts = parts[2:]
        return _made(parts[0].lower(), parts[1] if len(parts) > 1 else "")
    host = _host(text)
    if host is None or "." not in host:
        raise UnknownTrack(asked=text[:80])
    if host in SHORT:
        raise ShortLink(host=host)
    if host not in HOSTS:
        raise LinkNotSupported(host=host)
    parts = [part for part in urlsplit(text if "://" in text else f"https://{text}").path.split("/") if part]
    while parts and (parts[0].startswith("intl-") or parts[0] == "embed"):
        parts = parts[1:]
    if parts[:1] == ["user"] and "playlist" in parts:
        parts = parts[parts.index("playlist") :]
    if parts[:2] == ["collection", "tracks"]:
        return SpotifyLink("liked")
    return _made(parts[0].lower() if parts else "page", parts[1] if len(parts) > 1 else "")


def own(key: str) -> SpotifyLink:
    """What a member chose of their own: "liked:", "top:long_term" ...; raises WrongLink."""
    kind, _, term = key.partition(":")
    if kind == "liked" and not term:
        return SpotifyLink("liked")
    if kind == "top" and term in TERMS:
        return SpotifyLink("top", term)
    raise WrongLink(kind="page")


def is_link(text: str) -> bool:
    """Whether somebody means a link, rather than a name."""
    return bool(LINK.match(text))


def _host(text: str) -> str | None:
    try:
        return (urlsplit(text if "://" in text else f"https://{text}").hostname or "").removeprefix("www.") or None
    except ValueError:
        return None


def _made(kind: str, item: str) -> SpotifyLink:
    known = KINDS.get(kind)
    if known is None:
        raise WrongLink(kind=kind if KIND.fullmatch(kind) else "page")
    if not ID.fullmatch(item):
        raise WrongLink(kind="page")
    return SpotifyLink(known, item)
