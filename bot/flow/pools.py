"""What the live sessions have to choose from, gathered once and kept while nobody comes or goes."""

from collections import OrderedDict

from bot.domain.errors import UnknownTrack
from bot.domain.session import Session, Slot
from bot.domain.tracks import Track
from bot.flow.gather import Pool, drawn_on, gather, make_playlist, sources, with_votes
from bot.flow.learn import settled
from bot.flow.workers import Workers
from storage.playlists import Playlists
from storage.ratings import Ratings
from storage.sessions import Sessions
from storage.sharing import Shares

KEPT = 100


class Pools:
    """Candidates and predictions of live sessions; in memory only, so a restart gathers them again."""

    def __init__(
        self,
        sessions: Sessions,
        playlists: Playlists,
        ratings: Ratings,
        shares: Shares,
        workers: Workers,
    ) -> None:
        self._sessions = sessions
        self._playlists = playlists
        self._ratings = ratings
        self._shares = shares
        self._workers = workers
        self._pools: OrderedDict[int, tuple[object, Pool]] = OrderedDict()

    async def of(self, session: Session) -> Pool:
        """What the group can choose from, with the votes given so far; raises NoCandidates.

        Gathered anew once somebody came or went, took tracks away or brought some, joined openly, or once there are
        votes to learn from.
        """
        tracks = await drawn_on(self._playlists, session)
        votes = [(round_.track_id, round_.ballots) for round_ in settled(session)]
        rests_on = (session.present, session.openly, tracks, votes)
        kept = self._pools.get(session.id)
        if kept is None or kept[0] != rests_on:
            pool = await gather(self._playlists, self._ratings, self._shares, self._workers, session)
            kept = self._pools[session.id] = (rests_on, pool)
            while len(self._pools) > KEPT:
                self._pools.popitem(last=False)
        return with_votes(kept[1], session)

    def forget(self, listener_id: int) -> None:
        """Drop what was gathered with somebody who was erased."""
        for session_id in [number for number, (_, pool) in self._pools.items() if listener_id in pool.members]:
            del self._pools[session_id]

    async def playlist(self, session: Session) -> tuple[Slot, ...]:
        """The slots of the group's playlist; raises NoCandidates or AllVetoed."""
        debts = await self._sessions.debts(session.guild_id)
        return await make_playlist(self._workers, await self.of(session), session, debts)

    async def brings(self, session: Session) -> dict[int, int]:
        """How many tracks of each member's playlists a session can draw on."""
        found: dict[int, int] = {}
        for playlist in await sources(self._playlists, session):
            found[playlist.owner_id] = found.get(playlist.owner_id, 0) + playlist.tracks
        return found

    async def tracks(self, session: Session) -> dict[int, Track]:
        """The tracks that a session's rounds and playlist name; those that are gone are left out."""
        found: dict[int, Track] = {}
        submitters = {track_id: who for who, track_id in session.submissions.items()}
        for track_id in {*(r.track_id for r in session.rounds), *(slot.track_id for slot in session.slots)}:
            through = submitters.get(track_id, 0)
            try:
                found[track_id] = await self._playlists.track(track_id, guild_id=session.guild_id, through=through)
            except UnknownTrack:
                continue
        return found
