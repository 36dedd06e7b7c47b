"""Rate: which track to ask next, and a verdict that becomes a stored rating."""

import asyncio
import hashlib
import logging
from collections import OrderedDict, deque
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import chain, islice

import numpy as np
from numpy.typing import NDArray

from bot.domain.errors import NoPlaylist, NothingToRate, UnknownTrack
from bot.domain.ratings import MAX_STARS, MIN_RATINGS, MIN_STARS, Question, Why
from bot.domain.scales import common, comparable
from bot.domain.tracks import Track
from bot.flow.jobs import next_questions_job
from bot.flow.workers import Workers
from bot.taste.choose import CANDIDATES, IN_A_ROW, rank_questions
from bot.taste.matrices import matrix
from storage.listeners import Began
from storage.playlists import Playlists
from storage.ratings import Ratings, Standing

log = logging.getLogger(__name__)

ROUNDS_KEPT = 500
AHEAD = 3  # questions that are known beforehand, so that their sound can be ready
EVERY = 3  # answers after which the order follows what they say
FOLLOWED = 300  # ratings; with more, one answer changes little, whichever it is


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


@dataclass(frozen=True, slots=True, eq=False)
class Candidates:
    """The tracks among which answers so far choose the next questions, and how they sound.

    Attributes:
        X: (m, features), NaN unknown, on the scales of these sources.

    """

    track_ids: Sequence[int]
    artists: Sequence[str]
    X: NDArray[np.float32]
    scales: Mapping[str, str]


@dataclass(frozen=True, slots=True, eq=False)
class Order:
    """The tracks of a round as they will be asked, and why each; counting what is left takes no walk."""

    why: Mapping[int, Why]  # by track id, in the order of asking
    artists: Mapping[int, str]  # case folded
    candidates: Candidates
    state: int  # what it rests on: see `Playlists.state`
    rated: int = 0  # ratings that it follows from
    asked: deque[int] = field(default_factory=lambda: deque(maxlen=IN_A_ROW))  # the last few

    @property
    def track_ids(self) -> Collection[int]:
        return self.why.keys()


@dataclass(slots=True, eq=False)
class Kept:
    """A round's order, made or being made, and up to which version of all lists it is known to stand."""

    order: asyncio.Future[Order]
    version: tuple[int, int]


class Questions:
    """Puts the tracks that a listener can see into the order in which to ask them.

    A round is ranked once, by how the tracks sound, and then walked; that keeps a click cheap. From MIN_RATINGS on a
    worker process that has nothing else to do chooses the next questions anew every few answers, by what was learned;
    until it has, the order stays as it is. A round whose tracks changed, or of whose tracks more became known, is
    ranked anew. Rounds are kept in memory only: after a restart they are ranked again.
    """

    def __init__(self, playlists: Playlists, ratings: Ratings, workers: Workers) -> None:
        self._playlists = playlists
        self._ratings = ratings
        self._workers = workers
        self._orders: OrderedDict[Round, Kept] = OrderedDict()
        self._following: asyncio.Task[None] | None = None

    async def close(self) -> None:
        """Stop choosing in the background."""
        if self._following is not None:
            self._following.cancel()
            await asyncio.gather(self._following, return_exceptions=True)

    async def next(self, of: Round) -> Question:
        """Choose the track that teaches most among those neither rated nor skipped.

        Raises:
            NoPlaylist: the listener can see no track at all.
            NothingToRate: every visible track is rated or skipped.

        """
        try:
            return await self._first(of)
        except UnknownTrack:
            # Somebody was erased by the operator's command, of which this program hears nothing.
            self._orders.pop(of, None)
            return await self._first(of)

    async def _first(self, of: Round) -> Question:
        order = await self._order(of)
        standing = await self._ratings.standing(of.listener_id)
        self._follow(of, order, standing)
        waiting, left = _left(order, standing)
        if not waiting:
            raise NothingToRate(rated=len(standing.stars)) if order.track_ids else NoPlaylist()
        first = waiting[0]
        if first not in order.asked:
            order.asked.append(first)
        return _question(
            of,
            await self._playlists.track(first, of.listener_id, of.guild_id, of.playlist_id or 0),
            standing,
            left,
            waiting[1:],
            order.why[first],
        )

    async def about(self, of: Round, track_id: int) -> Question:
        """Ask about one given track; raise UnknownTrack where the listener cannot see it."""
        track = await self._playlists.visible_track(of.listener_id, of.guild_id, track_id, of.playlist_id or 0)
        standing = await self._ratings.standing(of.listener_id)
        waiting, left = _left(await self._order(of), standing)
        return _question(of, track, standing, left, waiting)

    async def _order(self, of: Round) -> Order:
        while True:
            version, kept = self._playlists.version, self._orders.get(of)
            if kept is None:
                # Kept while it is being made, so that others wait for the same.
                kept = Kept(asyncio.create_task(self._ranked(of), name="rank-questions"), version)
                self._orders[of] = kept
                while len(self._orders) > ROUNDS_KEPT:
                    self._orders.popitem(last=False)
            try:
                order = await asyncio.shield(kept.order)
            except Exception:
                self._drop(of, kept)
                raise
            if kept.version == version or order.state == await self._state(of):
                kept.version = version
                if of in self._orders:
                    self._orders.move_to_end(of)
                return order
            self._drop(of, kept)

    def _drop(self, of: Round, kept: Kept) -> None:
        if self._orders.get(of) is kept:
            del self._orders[of]

    async def _state(self, of: Round) -> int:
        return await self._playlists.state(of.listener_id, of.guild_id, of.playlist_id)

    async def _ranked(self, of: Round) -> Order:
        state = await self._state(of)  # before the tracks: what changes meanwhile is noticed afterwards
        if of.playlist_id is None:
            tracks = await self._playlists.visible_tracks(of.listener_id, of.guild_id)
        else:
            playlist = await self._playlists.get(of.playlist_id, of.listener_id, of.guild_id)
            tracks = await self._playlists.tracks(playlist.id, of.listener_id)
        rated = [rating.track for rating in await self._ratings.of(of.listener_id)]
        return await asyncio.to_thread(_rank, of.listener_id, tracks, rated, state)

    def _follow(self, of: Round, order: Order, standing: Standing) -> None:
        """Let the order follow the answers, in the background, where no process has anything better to do."""
        rated = len(standing.stars)
        enough = MIN_RATINGS <= rated <= FOLLOWED and rated >= order.rated + EVERY
        if enough and not self._workers.running and (self._following is None or self._following.done()):
            self._following = asyncio.create_task(self._followed(of, order, rated), name="follow-answers")

    async def _followed(self, of: Round, order: Order, rated: int) -> None:
        try:
            followed = await self._next_by_answers(of, order)
        except Exception as error:  # noqa: BLE001 - nobody awaits this task; the order that there is goes on
            log.warning("The questions do not follow the answers: %s", type(error).__name__)
            followed = replace(order, rated=rated)  # tried again a few answers later, not at each click
        kept = self._orders.get(of)
        if kept is None or not kept.order.done() or kept.order.cancelled() or kept.order.exception() is not None:
            return  # dropped, and perhaps just being ranked anew
        if kept.order.result() is order:
            kept.order = asyncio.get_running_loop().create_future()
            kept.order.set_result(followed)

    async def _next_by_answers(self, of: Round, order: Order) -> Order:
        among, rated = order.candidates, await self._ratings.of(of.listener_id)
        done = (await self._ratings.standing(of.listener_id)).skipped | {rating.track.id for rating in rated}
        places = [place for place, track_id in enumerate(among.track_ids) if track_id not in done]
        chosen = await self._workers.run_for(
            of.listener_id,
            next_questions_job,
            [comparable(rating.track.features, rating.track.scales, among.scales) for rating in rated],
            [rating.stars for rating in rated],
            among.X[places],
            [among.artists[place] for place in places],
            [rating.track.artist for rating in rated[-2:]],
            _seed(of.listener_id),
        )
        first: dict[int, Why] = {among.track_ids[places[asked.place]]: asked.why for asked in chosen}
        why = {**first, **{i: why for i, why in order.why.items() if i not in first}}
        return replace(order, why=why, rated=len(rated))


def _left(order: Order, standing: Standing) -> tuple[tuple[int, ...], int]:
    """Give the first few tracks that wait for an answer, and how many do.

    What was rated elsewhere drops out of the order, so that it is here that no artist comes three times running.
    """
    done = standing.stars.keys() | standing.skipped
    waiting = (track_id for track_id in order.track_ids if track_id not in done)
    first = list(islice(waiting, AHEAD + 1))
    before = {order.artists[track_id] for track_id in order.asked if track_id in done}
    if first and len(order.asked) == IN_A_ROW and before == {order.artists[first[0]]} != {""}:
        other = next((i for i in chain(first, waiting) if order.artists[i] not in before), None)
        if other is not None:
            first = [other, *(i for i in first if i != other)][: AHEAD + 1]
    return tuple(first), len(order.why) - len(order.why.keys() & done)


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
        unclear=min(standing.unclear, default=None),
    )


def _rank(listener_id: int, tracks: Sequence[Track], rated: Sequence[Track], state: int) -> Order:
    """Order track ids: those with features by what their answer would teach, the others after them."""
    known = [track for track in tracks if track.features]
    order = rank_questions(
        [dict(track.features) for track in known],
        [dict(track.features) for track in rated if track.features],
        artists=[track.artist for track in known],
        recent_artists=[track.artist for track in rated[-2:]],
        seed=_seed(listener_id),
    )
    why: dict[int, Why] = {known[asked.place].id: asked.why for asked in order}
    why.update({track.id: "unheard" for track in tracks if not track.features})
    sample = [known[asked.place] for asked in order[:CANDIDATES]]
    scales = common([track.scales for track in sample])
    X = matrix([comparable(track.features, track.scales, scales) for track in sample]).astype(np.float32)
    candidates = Candidates([track.id for track in sample], [track.artist for track in sample], X, scales)
    return Order(why, {track.id: track.artist.casefold() for track in tracks}, candidates, state)


def _seed(listener_id: int) -> int:
    return int.from_bytes(hashlib.sha256(str(listener_id).encode()).digest()[:4], "big")


@dataclass(frozen=True, slots=True)
class Reaction:
    """A digit under a public card, and how things stood with its member when it came.

    Attributes:
        at: in nanoseconds since 1970; None: now.

    """

    since: Began
    at: int | None = None


async def rate(
    playlists: Playlists,
    ratings: Ratings,
    of: Round,
    track_id: int,
    stars: int,
    message_id: int | None = None,
    reaction: Reaction | None = None,
) -> Track:
    """Store a verdict, durable when this returns: the one way in for private and public cards, digits and commands.

    A vote of a session is a rating only by its state machine, which asks the same of it. `message_id` is the message
    that asks, which may be a public card; `reaction` says that the verdict is a digit under it.

    Raises:
        UnknownTrack: the listener cannot see this track (any more), never rated it, and is not asked; nothing changes.
        ErasedMeanwhile: the member was erased after the digit came.
        ValueError: stars outside 1..10.

    """
    if not MIN_STARS <= stars <= MAX_STARS:
        raise ValueError(stars)
    track = await playlists.visible_track(of.listener_id, of.guild_id, track_id, of.playlist_id or 0, message_id or 0)
    if reaction is None:
        await ratings.rate(of.listener_id, track_id, stars, through=track.through)
    else:
        assert message_id is not None
        at, since = reaction.at, reaction.since
        await ratings.react(of.listener_id, track_id, stars, message_id, at, since, through=track.through)
    return track


async def skip(playlists: Playlists, ratings: Ratings, of: Round, track_id: int) -> Track:
    """Leave a track out of the questions; raise UnknownTrack where the listener cannot see it."""
    track = await playlists.visible_track(of.listener_id, of.guild_id, track_id, of.playlist_id or 0)
    await ratings.skip(of.listener_id, track_id)
    return track
