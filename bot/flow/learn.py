"""Learn: what a session expects, and the models of members who let votes become ratings, follow the votes."""

from collections.abc import Sequence

from bot.domain.errors import AllRatingsEqual, Busy, ErasedMeanwhile, NoFeatures, TooFewRatings
from bot.domain.session import Round, Session
from bot.flow.retrain import retrain
from bot.flow.workers import Workers
from storage.models import Models
from storage.predictions import Predictions
from storage.ratings import Ratings

EVERY = 3  # rounds: fewer votes hardly move a model


def settled(session: Session) -> Sequence[Round]:
    """The rounds that a session has learned from: they are over, and the votes of all are public."""
    ended = [round_ for round_ in session.rounds if not round_.open]
    return ended[: len(ended) // EVERY * EVERY]


def due(session: Session) -> bool:
    """Whether enough rounds have ended since the models were trained last."""
    return len(settled(session)) == len(session.rounds) > 0


async def learn(ratings: Ratings, models: Models, predictions: Predictions, workers: Workers, session: Session) -> int:
    """Train whoever voted in the last rounds and agreed that votes count; returns how many models changed.

    Members whose ratings are too few, or all the same, keep what they have; who was erased meanwhile has nothing.
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
