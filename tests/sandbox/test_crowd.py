import statistics

import pytest

from bot.sandbox.tastes import TASTES, Catalogue, Taste
from bot.sources import bach

TITLES = [piece.title for piece in bach.pieces()]


def everything(place: int, name: str) -> list[int]:
    taste, catalogue = Taste.of(name, place), Catalogue()
    return [taste.stars(title, "", catalogue) for title in TITLES]


@pytest.mark.parametrize("place", range(len(TASTES)))
def test_a_taste_uses_the_scale_and_stays_itself(place: int):
    given = everything(place, "Ben")
    assert given == everything(place, "Ben")
    assert set(given) <= set(range(1, 11))
    assert statistics.pstdev(given) > 1.2
    assert 4.5 < statistics.fmean(given) < 7


def test_tastes_differ():
    given = [everything(place, name) for place, name in enumerate(("Ada", "Ben", "Chloe", "Dan"))]
    for i, one in enumerate(given):
        for other in given[:i]:
            assert statistics.correlation(one, other) < 0.8
    assert statistics.correlation(given[0], given[1]) < 0


def test_of_unknown_music_an_artist_tells():
    taste, catalogue = Taste.of("Ben", 1), Catalogue()
    by_artist = [
        [taste.stars(f"Song {song}", f"Band {band}\nAlbum", catalogue) for song in range(20)] for band in range(30)
    ]
    within = statistics.fmean(statistics.pvariance(songs) for songs in by_artist)
    between = statistics.pvariance([statistics.fmean(songs) for songs in by_artist])
    assert between > within
