"""How surely a track is the one that a name means."""

import pytest

from bot.domain.tracks import TrackSource
from bot.flow.find import LIKELY, SURE, best, certainty, query


@pytest.mark.parametrize(
    ("artist", "title", "there", "sure"),
    [
        ("Bach", "Air", ("Air", "Bach"), True),
        ("beyoncé", "HALO", ("Halo", "Beyoncé"), True),
        ("Queen", "Bohemian Rhapsody", ("Bohemian Rhapsody - Remastered 2011", "Queen"), True),
        ("Daft Punk", "Get Lucky", ("Get Lucky (feat. Pharrell Williams)", "Daft Punk, Pharrell Williams"), True),
        ("Queen", "Radio Ga Ga", ("Radio Ga-Ga (Live)", "Queen"), True),
        ("The Beatels", "Let it be", ("Let It Be", "The Beatles"), True),
        ("Nina Simone", "Feeling Good", ("Feeling Good", "Michael Bublé"), False),
        ("Queen", "Bohemian Rhapsody", ("Bohemian Like You", "The Dandy Warhols"), False),
        ("", "Air", ("Air", "Bach"), False),
    ],
)
def test_names_are_compared(artist: str, title: str, there: tuple[str, str], sure: bool):
    assert (certainty(artist, title, TrackSource(*there)) >= SURE) is sure


def test_another_song_is_no_match():
    assert certainty("Bach", "Air", TrackSource("Smells Like Teen Spirit", "Nirvana")) < LIKELY


def test_the_likeliest_wins_and_of_equals_the_first():
    first, second = TrackSource("Air", "Bach", spotify_id="1"), TrackSource("Air", "Bach", spotify_id="2")
    found = best("Bach", "Air", [TrackSource("Aria", "Bach"), first, second])
    assert found is not None
    assert found[0] is first
    assert best("Bach", "Air", []) is None


def test_a_name_cannot_become_a_filter():
    assert ":" not in query("isrc:GBTST2600001", 'track:"x"')
    assert '"' not in query("isrc:GBTST2600001", 'track:"x"')
