"""How surely a track is the one that a name means."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from bot.domain.names import tidy
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
        ("U2", "With or Without You", ("With or Without You", "U2"), True),
        ("The Beatles", "With a Little Help", ("With a Little Help - Remastered 2009", "The Beatles"), True),
        ("Ariana Grande", "Stuck with U", ("Stuck with U (with Justin Bieber)", "Ariana Grande, Justin Bieber"), True),
        ("The Rolling Stones", "Live with Me", ("Live", "The Rolling Stones"), False),
        ("Roberta Flack", "Killing Me Softly with His Song", ("Killing Me Softly", "Roberta Flack"), False),
        ("Arijit", "तेरा", ("तेरी", "Arijit"), False),
        ("!!!", "???", ("???", "!!!"), True),
    ],
)
def test_names_are_compared(artist: str, title: str, there: tuple[str, str], sure: bool):
    assert (certainty(artist, title, TrackSource(*there)) >= SURE) is sure


@given(st.text(min_size=1).filter(tidy), st.text(min_size=1).filter(tidy))
@example("U2", "With or Without You")
@example("Edith", "Featuring")
@example("A", "B (feat. C [D]) - Live (with E)")
def test_every_title_is_certain_of_itself(artist: str, title: str):
    artist, title = tidy(artist), tidy(title)
    assert certainty(artist, title, TrackSource(title, artist)) == pytest.approx(1)


@pytest.mark.parametrize(
    ("title", "asked"),
    [
        ("With or Without You", "With or Without You U2"),
        ("Dancing with Myself", "Dancing with Myself U2"),
        ("Stuck with U (with Justin Bieber)", "Stuck with U U2"),
        ("Get Lucky feat. Pharrell - Radio Edit", "Get Lucky U2"),
        ("Suite - Part 2 - Remastered 2009", "Suite - Part 2 U2"),
        ("Dance (with me)", "Dance (with me) U2"),
    ],
)
def test_guests_and_versions_are_not_asked_for_and_all_else_is(title: str, asked: str):
    assert query("U2", title) == asked


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
