"""Taste: a stored model and the ratings behind it become a look at a listener's taste."""

from collections.abc import Sequence
from dataclasses import dataclass

from bot.charts.taste import PICTURES
from bot.domain.errors import NotTrained
from bot.domain.ratings import MIN_RATINGS
from bot.domain.scales import comparable
from bot.domain.taste import Checked, Glance
from bot.flow.jobs import glance_job
from bot.flow.record import check_model
from bot.flow.workers import Workers
from storage.models import Models
from storage.predictions import Predictions
from storage.ratings import Ratings


@dataclass(frozen=True, slots=True)
class Look:
    """A taste, its record, and pictures: (file name, PNG, words for whoever cannot see it).

    Attributes:
        learned: how many ratings the model learned from.
        since: how many tracks with features were rated since.

    """

    glance: Glance
    record: Sequence[Checked]
    pictures: Sequence[tuple[str, bytes, str]]
    learned: int
    since: int


async def look(ratings: Ratings, models: Models, predictions: Predictions, workers: Workers, listener_id: int) -> Look:
    """Look at a listener's taste, its record being that of this moment.

    Raises:
        NotTrained: there is no model.
        Busy: that is being done already.
        ErasedMeanwhile: the listener was erased meanwhile.

    """
    began = await models.began(listener_id)
    stored = await models.load(listener_id)
    rated = await ratings.of(listener_id)
    if stored is None:
        raise NotTrained(rated=len(rated), need=MIN_RATINGS)
    arrays, meta, report = stored
    rows = [comparable(one.track.features, one.track.scales, meta.get("scales", {})) for one in rated]
    async with workers.only_one("taste", listener_id):
        await check_model(predictions, ratings, models, workers, listener_id, began)
        record = await predictions.checked(listener_id)
        glance, drawn = await workers.run_for(
            listener_id,
            glance_job,
            arrays,
            meta,
            report.verdict,
            rows,
            [one.stars for one in rated],
            [one.track.title for one in rated],
            record,
        )
    pictures = [(name, png, words(glance, record)) for (name, _, words), png in zip(PICTURES, drawn, strict=True)]
    since = max(0, sum(map(bool, rows)) - report.ratings)
    return Look(glance, record, pictures, report.ratings, since)
