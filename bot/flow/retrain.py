"""Retrain: a member's ratings become a stored model and an honest report."""

from dataclasses import replace

from bot.domain.errors import NoFeatures, TooFewRatings
from bot.domain.ratings import MIN_RATINGS
from bot.domain.scales import common, comparable, differs
from bot.domain.taste import TasteReport
from bot.flow.jobs import fit_job
from bot.flow.record import check_model
from bot.flow.workers import Workers
from storage.models import Models
from storage.predictions import Predictions
from storage.ratings import Ratings


async def retrain(
    ratings: Ratings, models: Models, predictions: Predictions, workers: Workers, listener_id: int
) -> TasteReport:
    """Train and store the listener's own model; the one before is checked first on what was rated since.

    Raises:
        TooFewRatings: fewer than MIN_RATINGS rated tracks with features.
        AllRatingsEqual: there is nothing to learn from one verdict repeated.
        NoFeatures: of no rated track any feature is known.
        Busy: this listener's model is being trained already.
        ErasedMeanwhile: the listener was erased during the training; nothing is stored.

    """
    since = await models.began(listener_id)
    rated = await ratings.of(listener_id)
    scales = common([rating.track.scales for rating in rated])
    rows = [comparable(rating.track.features, rating.track.scales, scales) for rating in rated]
    known = [rating for rating, row in zip(rated, rows, strict=True) if row]
    if len(rated) >= MIN_RATINGS and not known:
        raise NoFeatures(rated=len(rated))
    if len(known) < MIN_RATINGS:
        raise TooFewRatings(have=len(known), need=MIN_RATINGS)
    async with workers.only_one("training", listener_id):
        arrays, meta, report = await workers.run_for(
            listener_id,
            fit_job,
            rows,
            [rating.stars for rating in rated],
        )
        report = replace(report, other_scale=sum(differs(rating.track.scales, scales) for rating in rated))
        # In the order of the arrays, and without names: whoever typed these may be erased, and this model stays.
        learned = {"tracks": [rating.track.id for rating in known], "stars": [rating.stars for rating in known]}
        await check_model(predictions, ratings, models, workers, listener_id, since)
        about = {**meta, **learned, "scales": scales}
        await models.save(listener_id, arrays, about, report, since)
    return report
