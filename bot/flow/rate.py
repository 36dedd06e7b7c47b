"""Rate: which track to ask next, and a verdict that becomes a stored rating."""

import asyncio
import hashlib
from collections import OrderedDict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice

from bot.domain import MAX_STARS, MIN_STARS, Question, Track, Why
from bot.errors import NoPlaylist, NothingToRate, UnknownTrack
from bot.taste.choose import rank_questions
from storage.playlists import Playlists
from storage.ratings import Ratings, Standing

ROUNDS_KEPT = 500
AHEAD = 3  # questions that are known beforehand, so that their sound can be ready


@dataclass(frozen=True, slots=True)
class Round:
    """Whose turn it is, and from which tracks the questions come.

    Attributes:
        guild_id: where the question is asked: playlists shared there are visible too.
        playlist_id: ask from this playlist only.

    """

    listener_id: int
    guild_id: int | None = None
    playlist_id: int | None = None


@dataclass(frozen=True, slots=True)
class Order:
    """The tracks of a round as they will be asked, and why each; counting what is left takes no walk."""

    why: Mapping[int, Why]  # by track id, in the order of asking

    @property
    def track_ids(self) -> Collection[int]:
        return self.why.keys()


class Questions:
    """Puts the tracks that a listener can see into the order in which to ask them.

    The order depends on which tracks are rated, not on the ratings, so a round is ranked once and then walked;
    that keeps a click cheap. Rounds are kept in memory only: after a restart they are ranked again.
    """

    def __init__(self, playlists: Playlists, ratings: Ratings) -> None:
        self._playlists = playlists
        self._ratings = ratings
        self._orders: OrderedDict[Round, asyncio.Task[Order]] = OrderedDict()

    def forget(self, owner_id: int, guild_ids: Collection[int] = ()) -> None:
        """Rank anew next time for whoever sees a changed playlist: its owner, and the servers it is shared with."""
        seeing = [of for of in self._orders if of.listener_id == owner_id or of.guild_id in guild_ids]
        for of in seeing:
            del self._orders[of]

    async def next(self, of: Round) -> Question:
        """Choose the track that teaches most among those neither rated nor skipped.

        Raises:
            NoPlaylist: the listener can see no track at all.
            NothingToRate: every visible track is rated or skipped.

        """
        try:
            return await self._first(of)
        except UnknownTrack:
            # Somebody was erased, perhaps by the operator's command, whom no `forget` follows.
            self._orders.pop(of, None)
            return await self._first(of)

    async def _first(self, of: Round) -> Question:
        order = await self._order(of)
        standing = await self._ratings.standing(of.listener_id)
        waiting, left = _left(order, standing)
        if not waiting:
            raise NothingToRate(rated=len(standing.stars)) if order.track_ids else NoPlaylist()
        first = waiting[0]
        return _question(of, await self._playlists.track(first), standing, left, waiting[1:], order.why[first])

    async def about(self, of: Round, track_id: int) -> Question:
        """Ask about one given track; raise UnknownTrack where the listener cannot see it."""
        track = await self._playlists.visible_track(of.listener_id, of.guild_id, track_id)
        standing = await self._ratings.standing(of.listener_id)
        waiting, left = _left(await self._order(of), standing)
        return _question(of, track, standing, left, waiting)

    async def _order(self, of: Round) -> Order:
        ranking = self._orders.get(of)
        if ranking is None:
            # Kept as a task, so that `forget` also reaches an order that is just being made.
            ranking = self._orders[of] = asyncio.create_task(self._ranked(of), name="rank-questions")
            while len(self._orders) > ROUNDS_KEPT:
                self._orders.popitem(last=False)
        self._orders.move_to_end(of)
        try:
            return await asyncio.shield(ranking)
        except Exception:
            if self._orders.get(of) is ranking:
                del self._orders[of]
            raise

    async def _ranked(self, of: Round) -> Order:
        if of.playlist_id is None:
            tracks = await self._playlists.visible_tracks(of.listener_id, of.guild_id)
        else:
            playlist = await self._playlists.get(of.playlist_id, of.listener_id, of.guild_id)
            tracks = await self._playlists.tracks(playlist.id)
        rated = [rating.track for rating in await self._ratings.of(of.listener_id)]
        return Order(await asyncio.to_thread(_rank, of.listener_id, tracks, rated))


def _left(order: Order, standing: Standing) -> tuple[tuple[int, ...], int]:
    """Give the first few tracks that wait for an answer, and how many do."""
    done = standing.stars.keys() | standing.skipped
    waiting = (track_id for track_id in order.track_ids if track_id not in done)
    return tuple(islice(waiting, AHEAD + 1)), len(order.why) - len(order.why.keys() & done)


def _question(
    of: Round, track: Track, standing: Standing, left: int, then: tuple[int, ...], why: Why | None = None
) -> Question:
    return Question(
        track=track,
        stars=standing.stars.get(track.id),
        left=left,
        rated=len(standing.stars),
        playlist_id=of.playlist_id,
        can_undo=standing.can_undo,
        then=then,
        why=why,
    )


def _rank(listener_id: int, tracks: Sequence[Track], rated: Sequence[Track]) -> dict[int, Why]:
    """Order track ids: those with features by what their answer would teach, the others after them."""
    known = [track for track in tracks if track.features]
    unknown = [track for track in tracks if not track.features]
    seed = int.from_bytes(hashlib.sha256(str(listener_id).encode()).digest()[:4], "big")
    order = rank_questions(
        [dict(track.features) for track in known],
        [dict(track.features) for track in rated if track.features],
        artists=[track.artist for track in known],
        recent_artists=[track.artist for track in rated[-2:]],
        seed=seed,
    )
    why: dict[int, Why] = {known[asked.place].id: asked.why for asked in order}
    why.update({track.id: "unheard" for track in unknown})
    return why


async def rate(playlists: Playlists, ratings: Ratings, of: Round, track_id: int, stars: int) -> Track:
    """Store a verdict, durable when this returns.

    Raises:
        UnknownTrack: the listener cannot see this track (any more) and never rated it; nothing changes.
        ValueError: stars outside 1..10.

    """
    if not MIN_STARS <= stars <= MAX_STARS:
        raise ValueError(stars)
    track = await playlists.visible_track(of.listener_id, of.guild_id, track_id)
    await ratings.rate(of.listener_id, track_id, stars)
    return track


async def skip(playlists: Playlists, ratings: Ratings, of: Round, track_id: int) -> Track:
    """Leave a track out of the questions; raise UnknownTrack where the listener cannot see it."""
    track = await playlists.visible_track(of.listener_id, of.guild_id, track_id)
    await ratings.skip(of.listener_id, track_id)
    return track
