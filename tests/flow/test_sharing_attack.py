"""Members who try to find out what one other member gave, by what others add to the predictions that they see."""

import random
import statistics
from collections import defaultdict
from collections.abc import AsyncIterator, Collection, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from sqlalchemy import delete, insert, update
from sqlalchemy.dialects.sqlite import insert as upsert

from bot.domain.taste import Prediction
from bot.domain.tracks import PlaylistSource, Track, TrackSource
from bot.flow.predict import predict_tracks
from bot.flow.retrain import retrain
from bot.flow.workers import Workers
from cogs.ui.text_predict import prediction_lines
from storage.database import Database
from storage.models import Models
from storage.playlists import Playlists
from storage.predictions import Predictions
from storage.ratings import Ratings
from storage.schema import listeners, ratings, settings, sharing
from storage.sharing import SECRET, Shares

VIEWER, VICTIM, FAKES, HERE = 1, 2, (3, 4), 90
LEARNED, TARGETS = 40, 600
SURE = 0.75  # of the error of guessing the member's mean


class Rig:
    """A viewer who follows what the fakes say, a victim whose ratings of TARGETS are to be found out, and the fakes."""

    def __init__(self, database: Database) -> None:
        self.database, self.ratings, self.shares = database, Ratings(database), Shares(database)
        self.models, self.playlists = Models(database), Playlists(database)
        self.workers = Workers(lambda: ThreadPoolExecutor(1))
        chance = random.Random(4)
        self.truth = [chance.randint(1, 10) for _ in range(LEARNED + TARGETS)]
        self.tracks: list[Track] = []

    async def begin(self) -> None:
        chance = random.Random(5)
        pieces = [TrackSource(f"Piece {i}", "X", features={"energy": chance.random()}) for i in range(len(self.truth))]
        linked = await self.playlists.link(VIEWER, PlaylistSource("Mine", "csv", pieces))
        self.tracks = await self.playlists.tracks(linked.playlist.id)
        async with self.database.transaction() as connection:
            await connection.execute(insert(settings).values(key=SECRET, value="5e" * 32))
            await connection.execute(insert(listeners), [{"id": who, "created_at": 0} for who in (VICTIM, *FAKES)])
        extremes = [10 if i % 2 else 1 for i in range(LEARNED)]
        for who in (VIEWER, *FAKES):
            await self.rate(who, self.tracks[:LEARNED], extremes)
        await self.rate(VICTIM, self.tracks, self.truth)
        await retrain(self.ratings, self.models, Predictions(self.database), self.workers, VIEWER)
        await self.share(VIEWER)

    async def rate(self, who: int, tracks: Sequence[Track], stars: Sequence[int]) -> None:
        rows = [
            {"listener_id": who, "track_id": track.id, "stars": one, "rated_at": 0}
            for track, one in zip(tracks, stars, strict=True)
        ]
        given = upsert(ratings)
        replacing = given.on_conflict_do_update(
            index_elements=["listener_id", "track_id"], set_={"stars": given.excluded.stars}
        )
        async with self.database.transaction() as connection:
            await connection.execute(replacing, rows)

    async def share(self, *members: int, openly: bool = False) -> None:
        """Let these share, as if for long, and nobody else but the viewer."""
        async with self.database.transaction() as connection:
            await connection.execute(delete(sharing).where(sharing.c.listener_id != VIEWER))
        for who in members:
            await self.shares.allow(who, "server", HERE, openly=openly)
        async with self.database.transaction() as connection:
            await connection.execute(update(sharing).values(since=0))

    async def ask(self, tracks: Sequence[Track], *, explain: bool = False) -> list[Prediction]:
        return await predict_tracks(
            self.ratings, self.models, self.workers, VIEWER, tracks, explain=explain, shares=self.shares, guild_id=HERE
        )

    async def observe(self, fakes: Collection[int]) -> list[tuple[float, ...]]:
        """What the others add to each target, as the fakes rate it up and down in all ways, with the same means."""
        seen: list[list[float]] = [[] for _ in range(TARGETS)]
        for way in range(2 ** len(fakes)):
            for place, fake in enumerate(fakes):
                up = [10 if (i + (way >> place)) % 2 else 1 for i in range(TARGETS)]
                await self.rate(fake, self.tracks[LEARNED:], up)
            for i, told in enumerate(await self.ask(self.tracks[LEARNED:])):
                seen[i].append(0.0 if told.others is None else told.others.stars)
        # What was rated down and up again is compared as if all targets were rated the same ways.
        swap = [way ^ (2 ** len(fakes) - 1) for way in range(2 ** len(fakes))]
        return [tuple(one if i % 2 else [one[way] for way in swap]) for i, one in enumerate(seen)]

    def error(self, seen: Sequence[tuple[float, ...]]) -> float:
        """How far off the best guess from what was seen is, beside guessing the mean: the guesser is told the truth
        of all tracks but which is which."""
        truth = self.truth[LEARNED:]
        alike: Mapping[tuple[float, ...], list[int]] = defaultdict(list)
        for one, stars in zip(seen, truth, strict=True):
            alike[one].append(stars)
        guess = {one: statistics.median(stars) for one, stars in alike.items()}
        off = statistics.fmean(abs(stars - guess[one]) for one, stars in zip(seen, truth, strict=True))
        mean = statistics.fmean(truth)
        return off / statistics.fmean(abs(stars - mean) for stars in truth)


@pytest.fixture
async def rig(tmp_path: Path) -> AsyncIterator[Rig]:
    database = await Database.open(tmp_path / "earmark.db")
    made = Rig(database)
    await made.ratings.start()
    await made.begin()
    yield made
    made.workers.close()
    await made.ratings.close()
    await database.close()


@pytest.mark.parametrize("fakes", [(), FAKES[:1]])
async def test_one_or_two_others_change_nothing_that_is_shown(rig: Rig, fakes: tuple[int, ...]):
    await rig.rate(FAKES[0], rig.tracks[LEARNED:], [10] * TARGETS)
    alone = await rig.ask(rig.tracks[LEARNED:])
    await rig.share(VICTIM, *fakes)
    assert await rig.ask(rig.tracks[LEARNED:]) == alone
    assert rig.error(await rig.observe(fakes)) > SURE


async def test_two_accounts_of_the_viewers_beside_the_victim_hardly_find_out_what_the_victim_gave(rig: Rig):
    await rig.share(VICTIM, *FAKES)
    seen = await rig.observe(FAKES)
    assert len(set(seen)) > 1, "the others do count"
    assert SURE < rig.error(seen) < 0.9
    # Whoever has seen it all once sees no more by looking again, after withdrawing and sharing anew.
    await rig.share(*FAKES)
    await rig.share(VICTIM, *FAKES)
    assert await rig.observe(FAKES) == seen


async def test_who_shares_openly_counts_alone_and_can_be_told(rig: Rig):
    await rig.share(VICTIM, openly=True)
    # Of who is followed, so that what is added is not lost in steps.
    await rig.rate(VIEWER, rig.tracks[:LEARNED], rig.truth[:LEARNED])
    await retrain(rig.ratings, rig.models, Predictions(rig.database), rig.workers, VIEWER)
    assert rig.error(await rig.observe(())) < 0.4


async def test_others_enter_every_number_in_half_stars_and_few_are_not_counted(rig: Rig):
    asked = rig.tracks[LEARNED : LEARNED + 40]
    for fake in FAKES:
        await rig.rate(fake, asked, [10 if i % 2 else 1 for i in range(40)])
    alone = await rig.ask(asked, explain=True)
    await rig.share(VICTIM, *FAKES)
    told = await rig.ask(asked, explain=True)
    moved = 0
    for before, after in zip(alone, told, strict=True):
        assert after.others is not None
        assert after.others.raters == 3
        assert "3 members" not in prediction_lines(after)
        numbers = [
            (before.stars, after.stars),
            *((a.stars, b.stars) for a, b in zip(before.changes, after.changes, strict=True)),
        ]
        if before.what_if and after.what_if:
            numbers.append((before.what_if.stars, after.what_if.stars))
        numbers.append(((before.high or 0) - (before.low or 0), (after.high or 0) - (after.low or 0)))
        for a, b in numbers:
            assert a is not None
            assert b is not None
            at_the_end = b in {1.0, 10.0} or {before.low, before.high, after.low, after.high} & {1.0, 10.0}
            steps = (b - a) * 2
            assert at_the_end or steps == pytest.approx(round(steps), abs=1e-6)
        moved += after.stars != before.stars
    assert moved > 20
