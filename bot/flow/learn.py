"""Learn: where members let votes count as ratings, their models follow while the session still goes on."""

from bot.domain.errors import AllRatingsEqual, Busy, ErasedMeanwhile, NoFeatures, TooFewRatings
from bot.domain.session import Session
from bot.flow.retrain import retrain
from bot.flow.workers import Workers
from storage.models import Models
from storage.predictions import Predictions
from storage.ratings import Ratings

EVERY = 3  # rounds: fewer votes hardly move a model


def due(session: Session) -> bool:
    """Whether enough rounds have ended since the models were trained last."""
    ended = sum(not round_.open for round_ in session.rounds)
    return ended > 0 and ended % EVERY == 0 and session.open_round is None


async def learn(ratings: Ratings, models: Models, predictions: Predictions, workers: Workers, session: Session) -> int:
    """Train whoever voted in the last rounds and agreed that votes count; returns how many models changed.

    Whose ratings are too few, or all the same, keeps what he has; who was erased meanwhile has nothing.
    """
    voted = {who for round_ in session.rounds[-EVERY:] for who in round_.ballots}
    trained = 0
    for who in voted.intersection(session.present):
        if not session.members[who].learn:
            continue
        try:
            await retrain(ratings, models, predictions, workers, who)
        except (TooFewRatings, AllRatingsEqual, NoFeatures, Busy, ErasedMeanwhile):
            continue
        trained += 1
    return trained
