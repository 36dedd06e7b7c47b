"""The record: what was predicted of tracks that have been rated since, so that the bot's claim can be checked."""

from bot.domain.scales import comparable
from bot.domain.taste import Checked
from bot.flow.jobs import predict_job
from bot.flow.workers import Workers
from storage.listeners import Began
from storage.models import Models
from storage.predictions import Predictions
from storage.ratings import Ratings


async def check_model(
    predictions: Predictions, ratings: Ratings, models: Models, workers: Workers, listener_id: int, since: Began
) -> None:
    """Record what the stored model says of tracks rated since it was trained; each once, however often this is called.

    Its listener saw nothing of that, so these pairs are the blind ones, but for tracks of a group's playlist, which
    shows what everybody is expected to give. A click on a card need not wait for it.

    Raises:
        ErasedMeanwhile: the listener was erased after the work began.

    """
    await predictions.checked(listener_id)  # ratings of what was shown come first
    stored = await models.load(listener_id)
    if stored is None or "tracks" not in stored[1]:
        return
    arrays, meta, _ = stored
    trained_at = await models.trained_at(listener_id) or 0
    done = await predictions.tracks(listener_id) | set(meta["tracks"])
    fresh = [one for one in await ratings.of(listener_id) if one.track.features and one.track.id not in done]
    fresh = [one for one in fresh if one.rated_at >= trained_at]
    if not fresh:
        return
    rows = [comparable(one.track.features, one.track.scales, meta.get("scales", {})) for one in fresh]
    answers = await workers.run_for(listener_id, predict_job, arrays, meta, rows, [], False)
    told = await predictions.told_by_sessions(listener_id)
    pairs = [
        (track, Checked(said.stars, said.low, said.high, track in told, trained_at, one.stars, one.rated_at))
        for one, said in zip(fresh, answers, strict=True)
        for track in (one.track.id,)
        if said.stars is not None and said.low is not None and said.high is not None
    ]
    await predictions.add(listener_id, pairs, since)


def rate(record: list[Checked], *, seen: bool) -> tuple[int, int]:
    """How many ratings fell into the predicted range, of how many: those given after seeing it, or the blind ones."""
    found = [one.hit for one in record if one.seen == seen]
    return sum(found), len(found)
