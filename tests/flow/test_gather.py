"""From members' playlists, ratings and models to a fair playlist, with a real file and a real model."""

import asyncio
import dataclasses
from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

from bot.domain import errors
from bot.domain.session import Ballot, Phase, Round, Session, Settings
from bot.domain.tracks import PlaylistSource, TrackSource
from bot.flow.gather import another, gather, make_playlist, next_question, sources, with_votes
from bot.flow.reveal import known_best, submitter
from bot.flow.session import PATIENCE, apply, start
from bot.flow.session_events import (
    Actor,
    Begin,
    Consent,
    EndRound,
    Finish,
    Join,
    MakePlaylist,
    OpenRound,
    Reveal,
    Submit,
    Vote,
)
from bot.flow.voting import catch_up, end_abandoned, join, vote
from bot.flow.workers import Workers
from bot.taste import blur
from bot.taste.group import owe
from storage.database import Database
from storage.playlists import Playlists
from storage.ratings import Ratings
from storage.sessions import Sessions
from storage.sharing import Shares
from tests.ids import number_from_one

ADA, BEN, CLO = Actor(1), Actor(2), Actor(3)
GUILD, CHANNEL, T = 99, 7, 1_800_000_000


@dataclasses.dataclass
class Rig:
    playlists: Playlists
    ratings: Ratings
    workers: Workers
    sessions: Sessions
    shares: Shares

    async def gather(self, session: Session):
        return await gather(self.playlists, self.ratings, self.shares, self.workers, session)

    async def play(self, session: Session, *events: object) -> Session:
        for event in events:
            session = (await self.sessions.step(session.id, lambda now, event=event: apply(now, event))).after
        return session

    async def link(self, owner: int, name: str, first: int, count: int, *, shared: bool = True) -> int:
        tracks = [
            TrackSource(f"{name} {i}", f"Artist {i % 4}", features={"energy": i / 40, "tempo": 60.0 + 3 * i})
            for i in range(first, first + count)
        ]
        linked = await self.playlists.link(owner, PlaylistSource(name, "csv", tracks))
        if shared:
            await self.playlists.share(owner, linked.playlist.id, GUILD)
        return linked.playlist.id


@pytest.fixture
async def rig(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Rig]:
    monkeypatch.setattr(blur, "NOISE", 0.0)  # so that few ratings say what these members like
    database = await number_from_one(await Database.open(tmp_path / "earmark.db"))
    ratings, sessions = Ratings(database), Sessions(database, owe)
    await ratings.start()
    await sessions.start()
    workers = Workers(lambda: ThreadPoolExecutor(1))
    yield Rig(Playlists(database), ratings, workers, sessions, Shares(database))
    workers.close()
    await sessions.close()
    await ratings.close()
    await database.close()


async def lobby(rig: Rig, **changes: object) -> Session:
    chosen = dataclasses.replace(Settings("Friday", size=5, rounds=2), **changes)
    session = await rig.sessions.open(start(GUILD, CHANNEL, ADA, chosen, T))
    return await rig.play(session, Join(at=T, by=BEN), Join(at=T, by=CLO))


async def test_only_what_is_shared_here_by_who_is_there_is_a_candidate(rig: Rig):
    session = await lobby(rig)
    with pytest.raises(errors.NoCandidates):
        await rig.gather(session)
    mine = await rig.link(1, "Mine", 0, 6)
    await rig.link(2, "Bens", 6, 4)
    await rig.link(2, "Secret", 20, 4, shared=False)
    await rig.link(8, "Stranger", 30, 4)
    assert {playlist.name for playlist in await sources(rig.playlists, session)} == {"Mine", "Bens"}
    pool = await rig.gather(session)
    assert len(pool.tracks) == 10
    assert pool.brings == {1: 6, 2: 4, 3: 0}
    assert np.isnan(pool.predictions).all()
    narrow = dataclasses.replace(session, settings=dataclasses.replace(session.settings, playlist_ids=(mine,)))
    assert len((await rig.gather(narrow)).tracks) == 6


async def taught(rig: Rig) -> Session:
    """Ada likes energy, Ben likes calm, and of Clo nothing is known; each of the two rated a list of their own."""
    await rig.link(1, "Mix", 0, 40)
    for member in (1, 2):
        own = await rig.link(member, f"Own {member}", 0, 24, shared=False)
        for track in await rig.playlists.tracks(own):
            loud = round(9 * min(1, track.features["energy"] * 1.6))
            await rig.ratings.rate(member, track.id, 1 + loud if member == 1 else 10 - loud)
    return await lobby(rig, veto=None)


async def test_a_whole_session_from_playlists_to_a_fair_list(rig: Rig):
    session = await rig.play(await taught(rig), Consent(at=T, by=CLO, learn=True), Begin(at=T, by=ADA))
    pool = await rig.gather(session)
    assert not np.isnan(pool.predictions[:2]).any()
    assert np.isnan(pool.predictions[2]).all()
    assert (pool.uncertainty[:2] > 0).all()
    calm, loud = pool.predictions[:2, [0, -1]].T
    assert loud[0] - calm[0] > 3 < calm[1] - loud[1]
    for _ in range(2):
        track = next_question(pool, session)
        guesses = pool.guesses(track.id)
        assert [guesses[who].stand_in for who in (1, 2, 3)] == [False, False, True]
        session = await rig.play(session, OpenRound(at=T, track_id=track.id, expected=guesses))
        number = session.rounds[-1].number
        session = await rig.play(session, *(Vote(at=T, by=who, number=number, stars=9) for who in (ADA, BEN, CLO)))
        pool = with_votes(pool, session)
        assert pool.predictions[:, pool.place(track.id)].tolist() == [9, 9, 9]
    assert len({round_.track_id for round_ in session.rounds}) == 2
    assert await rig.ratings.count(3) == 2, "Clo let them become ratings"
    session = await rig.play(session, Reveal(at=T))
    assert {known.listener_id for known in known_best(session)} == {1, 2}, "a stand-in is nobody's taste"
    slots = await make_playlist(rig.workers, pool, session, await rig.sessions.debts(GUILD))
    assert len({slot.track_id for slot in slots}) == 5
    session = await rig.play(session, MakePlaylist(at=T, slots=slots))
    means = session.means()
    assert abs(means[1] - means[2]) < 1, "neither the loud nor the calm wins"
    slot = await another(pool, session, 0)
    assert slot.track_id not in {given.track_id for given in slots}
    with pytest.raises(errors.UnknownSlot):
        await another(pool, session, 5)
    session = await rig.play(session, Finish(at=T, by=ADA))
    assert set(await rig.sessions.debts(GUILD)) <= {1, 2, 3}


async def test_votes_stand_in_for_who_is_not_known(rig: Rig):
    session = await taught(rig)
    pool = await rig.gather(session)
    before = pool.guesses(pool.tracks[30].id)[3].stars
    rounds = tuple(Round(i + 1, pool.tracks[i].id, T, T, closed_at=T, ballots={3: Ballot(1)}) for i in range(3))
    after = (await rig.gather(dataclasses.replace(session, rounds=rounds))).guesses(pool.tracks[30].id)[3]
    assert after.stars < before, "who gives little is expected to give little"
    assert after.stand_in


async def test_a_themed_session_asks_about_submissions(rig: Rig):
    await rig.link(1, "Mix", 0, 6)
    ids = [track.id for track in await rig.playlists.visible_tracks(1, GUILD)]
    session = await lobby(rig, theme="rain")
    session = await rig.play(session, Begin(at=T, by=ADA), Submit(at=T, by=BEN, track_id=ids[4]),
                             Submit(at=T, by=ADA, track_id=ids[2]))  # fmt: skip
    pool = await rig.gather(session)
    assert [next_question(pool, session).id] == [ids[2]], "in an order that betrays nobody"
    session = await rig.play(session, OpenRound(at=T, track_id=ids[2], expected=pool.guesses(ids[2])))
    assert submitter(session, 1) is None
    session = await rig.play(session, *(Vote(at=T, by=who, number=1, stars=8) for who in (BEN, CLO)))
    assert next_question(pool, session).id == ids[4]
    session = await rig.play(session, OpenRound(at=T, track_id=ids[4], expected=pool.guesses(ids[4])))
    session = await rig.play(session, EndRound(at=T, by=ADA, number=2))
    with pytest.raises(errors.NoCandidates):
        next_question(pool, session)
    session = await rig.play(session, Reveal(at=T))
    assert submitter(session, 1) == 1


# --- joining and voting


async def test_a_vote_lets_a_late_comer_in(rig: Rig):
    await rig.link(1, "Mix", 0, 6)
    session = await rig.play(await lobby(rig), Begin(at=T, by=ADA), OpenRound(at=T, track_id=1, expected={}))
    step = await vote(rig.sessions, session.id, Actor(4), 1, 7, T, by_reaction=True)
    assert step.after.present == (1, 2, 3, 4)
    assert step.after.rounds[0].ballots == {4: Ballot(7, by_reaction=True)}
    with pytest.raises(errors.UnknownRound):
        await vote(rig.sessions, session.id, Actor(5), 2, 7, T)
    assert 5 not in (await rig.sessions.get(session.id)).members, "a vote that does not count lets nobody in"
    await rig.play(session, Consent(at=T, by=BEN, learn=True), EndRound(at=T, by=ADA, number=1))
    with pytest.raises(errors.RoundClosed):
        await vote(rig.sessions, session.id, BEN, 1, 7, T)
    other = await rig.sessions.open(start(GUILD, 8, ADA, Settings("Other"), T))
    joined = (await join(rig.sessions, other.id, BEN, T)).after
    assert joined.members[2].learn is True, "asked once"


async def test_many_vote_at_once(rig: Rig):
    await rig.link(1, "Mix", 0, 6)
    session = await rig.play(await lobby(rig), Begin(at=T, by=ADA), OpenRound(at=T, track_id=1, expected={}))
    crowd = range(10, 40)
    steps = await asyncio.gather(*(vote(rig.sessions, session.id, Actor(i), 1, i % 10 + 1, T) for i in crowd))
    assert all(step.after.open_round for step in steps), "the first three have not voted"
    found = await rig.sessions.get(session.id)
    assert {who: ballot.stars for who, ballot in found.rounds[0].ballots.items()} == {i: i % 10 + 1 for i in crowd}


async def test_reactions_of_a_time_away_are_counted(rig: Rig):
    await rig.link(1, "Mix", 0, 6)
    session = await rig.play(await lobby(rig), Begin(at=T, by=ADA), OpenRound(at=T, track_id=1, expected={}),
                             Vote(at=T, by=ADA, number=1, stars=4, by_reaction=True))  # fmt: skip
    step = await catch_up(rig.sessions, session.id, 1, {2: [3, 8], 5: [10]}, T)
    assert {who: ballot.stars for who, ballot in step.after.rounds[0].ballots.items()} == {2: 8, 5: 10}
    step = await catch_up(rig.sessions, session.id, 1, {1: [1], 2: [8], 3: [2], 5: [10], 6: [9]}, T)
    assert step.after.open_round is None
    assert set(step.after.rounds[0].ballots) == {1, 2, 3, 5}, "complete before the sixth came"
    again = await catch_up(rig.sessions, session.id, 1, {2: [1]}, T)
    assert again.after == again.before


async def test_abandoned_sessions_end(rig: Rig):
    session = await lobby(rig)
    assert await end_abandoned(rig.sessions, T + PATIENCE - 1) == []
    (ended,) = await end_abandoned(rig.sessions, T + PATIENCE)
    assert (ended.id, ended.phase) == (session.id, Phase.ABANDONED)
