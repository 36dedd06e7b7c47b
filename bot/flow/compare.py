"""Compare: two listeners who both allow it see where their tastes meet."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from bot.domain.errors import NobodyToCompare, NotSharing, NotTrained
from bot.domain.taste import Comparison, InCommon, Prediction
from bot.domain.tracks import Track
from bot.flow.jobs import agreement_job
from bot.flow.predict import predict_tracks
from bot.flow.workers import Workers
from storage.models import Models
from storage.playlists import Playlists
from storage.predictions import Predictions
from storage.ratings import Ratings
from storage.sharing import Shares

LEAST = 5  # tracks, for a correlation
MOST = 2000  # tracks that are predicted
LOVED = 3


@dataclass(frozen=True, slots=True)
class Side:
    """One of the two: stars by track id, and the tracks that are theirs: rated, or on their playlists."""

    stars: Mapping[int, int]
    tracks: Mapping[int, Track]


async def compare(
    shares: Shares,
    playlists: Playlists,
    ratings: Ratings,
    models: Models,
    predictions: Predictions,
    workers: Workers,
    mine: int,
    theirs: int,
    guild_id: int | None,
) -> Comparison:
    """Compare the caller's taste with another member's.

    Raises:
        NobodyToCompare: the two are one.
        NotSharing: one of them has not allowed it here.
        Busy: the caller's comparison is being made already.
        ErasedMeanwhile: the caller was erased while it was made.

    """
    if mine == theirs:
        raise NobodyToCompare
    if (await shares.of(mine, guild_id)).scope == "off":
        raise NotSharing(listener_id=mine, yours=True)
    if not await shares.allows(theirs, guild_id):
        raise NotSharing(listener_id=theirs, yours=False)
    async with workers.only_one("comparing", mine):
        since = await models.began(mine)
        me, them = await _side(playlists, ratings, mine), await _side(playlists, ratings, theirs)
        known = {**them.tracks, **me.tracks}
        common = [InCommon(known[i], me.stars[i], them.stars[i]) for i in me.stars.keys() & them.stars.keys()]
        common.sort(key=lambda one: (-abs(one.mine - one.theirs), one.track.id))
        others = [known[i] for i in sorted(known) if not (i in me.stars and i in them.stars)][:MOST]
        my_guesses = await _guesses(ratings, models, workers, mine, others)
        their_guesses = await _guesses(ratings, models, workers, theirs, others)
        pairs = [
            (float(a.stars), float(b.stars))
            for a, b in zip(my_guesses or (), their_guesses or (), strict=False)
            if a.stars is not None and b.stars is not None
        ]
        given = [(float(one.mine), float(one.theirs)) for one in common]
        found = Comparison(
            common=common,
            apart=sum(abs(a - b) for a, b in given) / len(given) if given else None,
            agreement=await workers.run(agreement_job, given) if len(given) >= LEAST else None,
            predicted=len(pairs),
            likeness=await workers.run(agreement_job, pairs) if len(pairs) >= LEAST else None,
            for_me=_loved(my_guesses, them),
            for_them=_loved(their_guesses, me),
            untrained=[who for who, said in ((mine, my_guesses), (theirs, their_guesses)) if said is None],
            unsure=[
                who
                for who, said in ((mine, my_guesses), (theirs, their_guesses))
                if said and said[0].verdict == "unknown"
            ],
        )
    await predictions.shown(mine, found.for_me, since)
    return found


async def _side(playlists: Playlists, ratings: Ratings, listener_id: int) -> Side:
    rated = await ratings.of(listener_id)
    tracks = {one.track.id: one.track for one in rated}
    for playlist in await playlists.of(listener_id):
        tracks |= {track.id: track for track in await playlists.tracks(playlist.id)}
    return Side({one.track.id: one.stars for one in rated}, tracks)


async def _guesses(
    ratings: Ratings, models: Models, workers: Workers, listener_id: int, tracks: Sequence[Track]
) -> list[Prediction] | None:
    """What a listener's model says; None where there is none."""
    try:
        return await predict_tracks(ratings, models, workers, listener_id, tracks, explain=False)
    except NotTrained:
        return None


def _loved(guesses: Sequence[Prediction] | None, other: Side) -> list[Prediction]:
    """What would be liked most of the other's tracks, of those not rated yet."""
    new = [one for one in guesses or () if one.track.id in other.tracks and one.rated is None and one.stars is not None]
    return sorted(new, key=lambda one: -(one.stars or 0.0))[:LOVED]
