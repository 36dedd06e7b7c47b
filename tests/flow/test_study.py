"""What cannot be studied is refused before the first part, with a real file."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from bot.domain.errors import AllRatingsEqual, AllTracksAlike, NoFeatures, TooFewRatings
from bot.domain.tracks import PlaylistSource, TrackSource
from bot.flow.study import study
from bot.flow.workers import Workers
from storage.database import Database
from storage.playlists import Playlists
from storage.ratings import Ratings
from storage.studies import Studies

ADA = 1


@pytest.mark.parametrize(
    ("stars", "energies", "problem"),
    [
        ([7] * 15, range(15), AllRatingsEqual),
        (range(15), [3] * 15, AllTracksAlike),
        (range(15), [None] * 15, NoFeatures),
        (range(15), [*range(14), None], TooFewRatings),
    ],
)
async def test_what_cannot_be_studied_is_refused_before_it_begins(tmp_path: Path, stars, energies, problem):
    database = await Database.open(tmp_path / "earmark.db")
    ratings, studies, playlists = Ratings(database), Studies(database), Playlists(database)
    await ratings.start()
    workers = Workers(lambda: ThreadPoolExecutor(1))
    sources = [
        TrackSource(f"Piece {i}", "Bach", features={} if energy is None else {"energy": energy / 15})
        for i, energy in enumerate(energies)
    ]
    linked = await playlists.link(ADA, PlaylistSource("Mine", "csv", sources))
    for track, given in zip(await playlists.tracks(linked.playlist.id), stars, strict=True):
        await ratings.rate(ADA, track.id, 1 + given % 10)
    done: list[int] = []

    async def progress(count: int, _: int) -> None:
        done.append(count)

    with pytest.raises(problem):
        await study(ratings, studies, workers, ADA, progress)
    assert done == []
    assert await studies.interrupted() == []
    workers.close()
    await ratings.close()
    await database.close()
