"""What members paste, and what it means; nothing is ever fetched."""

import pytest

from bot.domain.errors import EarmarkError, LinkNotSupported, ShortLink, UnknownTrack, WrongLink
from bot.sources.spotify_links import SpotifyLink, is_link, parse

ID = "4uLU6hMCjMI75M1A2tKUQC"


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        (f"https://open.spotify.com/playlist/{ID}", "playlist"),
        (f"https://open.spotify.com/playlist/{ID}?si=abc&utm_source=copy-link&pt=1", "playlist"),
        (f"  <https://open.spotify.com/intl-de/album/{ID}#top> ", "album"),
        (f"open.spotify.com/track/{ID}", "track"),
        (f"http://www.open.spotify.com/track/{ID}", "track"),
        (f"https://open.spotify.com/embed/playlist/{ID}", "playlist"),
        (f"https://open.spotify.com/user/somebody/playlist/{ID}", "playlist"),
        (f"https://play.spotify.com/track/{ID}", "track"),
        (f"spotify:playlist:{ID}", "playlist"),
        (f"spotify:user:somebody:playlist:{ID}", "playlist"),
        (f"SPOTIFY:track:{ID}", "track"),
    ],
)
def test_links_in_all_their_forms(text: str, kind: str):
    assert parse(text) == SpotifyLink(kind, ID)
    assert is_link(text)


def test_the_page_of_liked_songs():
    assert parse("https://open.spotify.com/collection/tracks") == SpotifyLink("liked")


@pytest.mark.parametrize(
    ("text", "error"),
    [
        ("https://spotify.link/AbCdEf", ShortLink("spotify.link")),
        ("https://spoti.fi/3x", ShortLink("spoti.fi")),
        (f"https://open.spotify.com/artist/{ID}", WrongLink("artist")),
        (f"https://open.spotify.com/episode/{ID}?si=1", WrongLink("episode")),
        ("https://open.spotify.com/", WrongLink("page")),
        ("https://open.spotify.com/playlist/short", WrongLink("page")),
        ("https://open.spotify.com/<script>/x", WrongLink("page")),
        (f"https://open.spotify.com.evil.example/playlist/{ID}", LinkNotSupported("open.spotify.com.evil.example")),
        (f"https://open.spotify.com@evil.example/playlist/{ID}", LinkNotSupported("evil.example")),
        ("https://music.apple.com/us/playlist/x/pl.1", LinkNotSupported("music.apple.com")),
        ("https://www.deezer.com/playlist/1", LinkNotSupported("deezer.com")),
        ("http://169.254.169.254/latest", LinkNotSupported("169.254.169.254")),
        ("https://[::1", UnknownTrack("https://[::1")),
        ("Bach - Air", UnknownTrack("Bach - Air")),
        ("", UnknownTrack("")),
    ],
)
def test_anything_else_is_refused_by_name(text: str, error: EarmarkError):
    with pytest.raises(type(error)) as caught:
        parse(text)
    assert vars(caught.value) == vars(error)


@pytest.mark.parametrize("name", ["Bach - Air", "AC/DC - T.N.T.", "What?", "Mr. Brightside"])
def test_names_are_no_links(name: str):
    assert not is_link(name)
