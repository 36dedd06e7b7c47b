"""Study: the experiment of 2020 on one member's ratings, in parts that leave room for everybody else's work."""

from collections.abc import Awaitable, Callable
from typing import Any

from bot.domain.errors import AllRatingsEqual, AllTracksAlike, NoFeatures, TooFewRatings
from bot.domain.scales import common, comparable
from bot.flow.jobs import study_part_job, study_report_job
from bot.flow.workers import Workers
from bot.taste.matrices import matrix, telling
from storage.ratings import Ratings
from storage.studies import File, Studies

LEAST = 15  # ratings, for folds inside folds
Progress = Callable[[int, int], Awaitable[None]]  # parts done, of how many


async def study(
    ratings: Ratings, studies: Studies, workers: Workers, listener_id: int, progress: Progress
) -> list[File]:
    """Run the study, keep its report and pictures, and return them.

    Whoever cancels this task stops it after the part at hand. A study that ends with its process stays noted as begun.

    Raises:
        TooFewRatings, NoFeatures, AllRatingsEqual, AllTracksAlike: there is too little to study.
        Busy: this listener's study is running already.
        ErasedMeanwhile: the listener was erased before its end; nothing is kept.

    """
    since = await studies.began(listener_id)
    rows, stars = await _material(ratings, listener_id)
    async with workers.only_one("study", listener_id):
        await studies.begin(listener_id, since)
        try:
            results: dict[str, list[dict[str, Any]]] = {}
            total = 1
            while len(results) < total:
                # One part at a time, so that other members' training comes between.
                name, found, total = await workers.run_for(listener_id, study_part_job, rows, stars, len(results))
                results[name] = found
                await progress(len(results), total)
            files = await workers.run_for(listener_id, study_report_job, rows, stars, results)
            await studies.finish(listener_id, files, since)
        except Exception:
            await studies.end(listener_id)
            raise
    return files


async def _material(ratings: Ratings, listener_id: int) -> tuple[list[dict[str, float]], list[int]]:
    """What there is to study: features on one scale, and stars."""
    rated = await ratings.of(listener_id)
    scales = common([one.track.scales for one in rated])
    pairs = [(comparable(one.track.features, one.track.scales, scales), one.stars) for one in rated]
    rows, stars = [row for row, _ in pairs if row], [given for row, given in pairs if row]
    if not rows and len(rated) >= LEAST:
        raise NoFeatures(rated=len(rated))
    if len(rows) < LEAST:
        raise TooFewRatings(have=len(rows), need=LEAST)
    if len(set(stars)) == 1:
        raise AllRatingsEqual(stars=stars[0], count=len(stars))
    if not telling(matrix(rows)):
        raise AllTracksAlike(rated=len(rows))
    return rows, stars
