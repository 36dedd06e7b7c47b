"""Group sessions in a real file: what was saved comes back, whoever votes at the same moment or pulls the plug."""

import asyncio
import contextlib
import dataclasses
import os
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy.exc import IntegrityError

from bot.domain import errors
from bot.domain.session import LIVE, Ballot, Guess, Member, Phase, Round, Session, Settings, Slot
from bot.domain.tracks import PlaylistSource, TrackSource
from bot.flow.session import PATIENCE, apply, start
from bot.flow.session_events import (
    Actor,
    Begin,
    Cancel,
    Consent,
    EndRound,
    Expire,
    Finish,
    HandOver,
    Join,
    Leave,
    MakePlaylist,
    OpenRound,
    Reveal,
    RoundPosted,
    Submit,
    Swap,
    Unvote,
    Vote,
)
from bot.taste.group import owe
from storage.accounts import Accounts
from storage.database import Database
from storage.migrate import migrate
from storage.playlists import Playlists
from storage.ratings import Ratings
from storage.sessions import Sessions
from tests.ids import number_from_one

ADA, BEN, CLO = Actor(1), Actor(2), Actor(3)
GUILD, CHANNEL, T = 99, 7, 1_800_000_000
TRACKS = 6


async def with_tracks(path: Path) -> Database:
    database = await number_from_one(await Database.open(path))
    sources = [TrackSource(f"Piece {i}", "Bach") for i in range(TRACKS)]
    await Playlists(database).link(1, PlaylistSource("Mix", "csv", sources))
    return database


@pytest.fixture
async def database(tmp_path: Path) -> AsyncIterator[Database]:
    opened = await with_tracks(tmp_path / "earmark.db")
    yield opened
    await opened.close()


@pytest.fixture
async def sessions(database: Database) -> AsyncIterator[Sessions]:
    made = Sessions(database, owe)
    await made.start()
    yield made
    await made.close()


async def play(sessions: Sessions, session: Session, *events: object) -> Session:
    for event in events:
        session = (await sessions.step(session.id, lambda now, event=event: apply(now, event))).after
    return session


async def opened(sessions: Sessions, channel: int = CHANNEL, **changes: object) -> Session:
    chosen = dataclasses.replace(Settings("Friday", size=2, rounds=3, playlist_ids=(4, 5)), **changes)
    session = await sessions.open(start(GUILD, channel, ADA, chosen, T))
    return await play(sessions, session, Join(at=T, by=BEN), Join(at=T, by=CLO))


def first_round(track: int = 1) -> OpenRound:
    return OpenRound(at=T, track_id=track, expected={1: Guess(7.1), 2: Guess(5.0, stand_in=True), 3: Guess(1 / 3)})


def slot(track: int, *stars: float) -> Slot:
    return Slot(track, {who: Guess(given) for who, given in enumerate(stars, start=1)})


async def test_each_step_is_stored(sessions: Sessions, database: Database):
    session = await opened(sessions)
    steps = (
        Consent(at=T, by=BEN, learn=True), Begin(at=T, by=ADA), first_round(),
        RoundPosted(at=T, number=1, message_id=55), Vote(at=T, by=BEN, number=1, stars=3),
        Vote(at=T, by=BEN, number=1, stars=9, by_reaction=True),
        Unvote(at=T, by=BEN, number=1, stars=3), EndRound(at=T, by=ADA, number=1), Reveal(at=T),
        MakePlaylist(at=T, slots=(slot(2, 8, 7, 6), slot(3, 8, 7, 6))),
        Swap(at=T, by=ADA, place=0, slot=slot(4, 8, 7, 6)),
        Finish(at=T, by=ADA),
    )  # fmt: skip
    again = Sessions(database, owe)
    for event in steps:
        session = await play(sessions, session, event)
        assert await again.get(session.id) == session, event
    assert session.rounds[0].ballots == {2: Ballot(9, by_reaction=True)}
    assert session.refused == {2}
    assert [slot.track_id for slot in session.slots] == [4, 3]


async def test_a_refused_step_changes_nothing(sessions: Sessions):
    session = await opened(sessions)
    with pytest.raises(errors.NotTheHost):
        await play(sessions, session, Begin(at=T, by=BEN))
    assert await sessions.get(session.id) == session
    with pytest.raises(errors.NoSession):
        await sessions.step(999, lambda now: now)
    with pytest.raises(errors.NoSession):
        await sessions.get(999)


async def test_a_channel_has_one_live_session(sessions: Sessions, database: Database):
    session = await opened(sessions)
    with pytest.raises(errors.SessionRunning) as caught:
        await opened(sessions)
    assert (caught.value.session_id, caught.value.channel_id) == (session.id, CHANNEL)
    other = await opened(sessions, channel=8)
    assert [found.id for found in await sessions.live()] == [session.id, other.id]
    with pytest.raises(IntegrityError):  # the schema itself would not have it
        async with database.transaction() as connection:
            await connection.exec_driver_sql("UPDATE sessions SET channel_id = 7 WHERE id = 2")
    await play(sessions, session, Cancel(at=T, by=ADA))
    assert (await opened(sessions)).id == 3
    assert await sessions.in_channel(12345) is None
    assert (await sessions.in_channel(CHANNEL)).id == 3


async def test_of_many_who_start_at_once_one_does(sessions: Sessions):
    attempts = (sessions.open(start(GUILD, CHANNEL, Actor(i), Settings("x"), T)) for i in range(1, 9))
    outcomes = await asyncio.gather(*attempts, return_exceptions=True)
    assert sum(isinstance(outcome, Session) for outcome in outcomes) == 1
    assert sum(isinstance(outcome, errors.SessionRunning) for outcome in outcomes) == 7


async def test_votes_of_the_same_moment_all_count_once(sessions: Sessions, database: Database):
    """Twenty members change their minds five times at once; the last of each stands, and there are no others."""
    session = await opened(sessions)
    crowd = [Actor(i) for i in range(1, 21)]
    await play(sessions, session, *(Join(at=T, by=who) for who in crowd), Begin(at=T, by=ADA), first_round(),
               Join(at=T, by=Actor(50)))  # fmt: skip

    async def vote(who: Actor) -> None:
        for stars in range(1, 6):
            await play(sessions, session, Vote(at=T, by=who, number=1, stars=stars))

    await asyncio.gather(*(vote(who) for who in crowd))
    found = await sessions.get(session.id)
    assert {who: ballot.stars for who, ballot in found.rounds[0].ballots.items()} == dict.fromkeys(range(1, 21), 5)
    async with database.reading() as connection:
        rows = (await connection.exec_driver_sql("SELECT count(*) FROM session_votes")).scalar()
    assert rows == 20


async def test_the_last_two_votes_of_one_moment_end_the_round_once(sessions: Sessions):
    session = await opened(sessions)
    await play(sessions, session, Begin(at=T, by=ADA), first_round())
    votes = (sessions.step(session.id, lambda now, who=who: apply(now, Vote(at=T, by=who, number=1, stars=5)))
             for who in (ADA, BEN, CLO))  # fmt: skip
    steps = await asyncio.gather(*votes)
    ended = [step for step in steps if step.before.open_round and not step.after.open_round]
    assert len(ended) == 1


async def test_final_votes_become_ratings_of_those_who_agreed(sessions: Sessions, database: Database):
    ratings = Ratings(database)
    await ratings.start()
    session = await opened(sessions)
    await play(sessions, session, Consent(at=T, by=ADA, learn=True), Consent(at=T, by=BEN, learn=False),
               Begin(at=T, by=ADA), first_round(), Vote(at=T, by=ADA, number=1, stars=2),
               Vote(at=T, by=ADA, number=1, stars=8), Vote(at=T, by=BEN, number=1, stars=3))  # fmt: skip
    assert await ratings.get(1, 1) is None, "while a round is open, a vote may change"
    await play(sessions, session, Vote(at=T, by=CLO, number=1, stars=4))
    assert [await ratings.get(who, 1) for who in (1, 2, 3)] == [8, None, None]
    assert await ratings.undo(1) == (1, None), "it can be taken back like any other"
    await ratings.close()


async def test_consent_is_asked_once(sessions: Sessions):
    session = await opened(sessions)
    assert await sessions.consent(2) is None
    await play(sessions, session, Consent(at=T, by=BEN, learn=True))
    assert await sessions.consent(2) is True
    other = await opened(sessions, channel=8)
    await play(sessions, other, Consent(at=T, by=BEN, learn=False))
    assert await sessions.consent(2) is False


async def test_debts_are_carried_on_within_a_server(sessions: Sessions):
    session = await opened(sessions)
    await play(sessions, session, Begin(at=T, by=ADA), Reveal(at=T), MakePlaylist(at=T, slots=(slot(2, 9, 6, 6),)))
    assert await sessions.debts(GUILD) == {}
    await play(sessions, session, Finish(at=T, by=ADA))
    assert await sessions.debts(GUILD) == {2: 1.0, 3: 1.0}
    assert await sessions.debts(GUILD + 1) == {}
    again = await opened(sessions)
    await play(sessions, again, Leave(at=T, by=CLO), Begin(at=T, by=ADA), Reveal(at=T),
               MakePlaylist(at=T, slots=(slot(2, 6, 9),)), Finish(at=T, by=ADA))  # fmt: skip
    assert await sessions.debts(GUILD) == {1: 1.5, 3: 1.0}, "who was away keeps what is owed; who caught up is even"
    assert [found.id for found in await sessions.done(GUILD)] == [again.id, session.id]
    assert await sessions.done(GUILD + 1) == []


async def test_a_cancelled_session_settles_nothing(sessions: Sessions):
    session = await opened(sessions)
    await play(sessions, session, Begin(at=T, by=ADA), Reveal(at=T), MakePlaylist(at=T, slots=(slot(2, 9, 6, 6),)),
               Cancel(at=T, by=ADA))  # fmt: skip
    assert await sessions.debts(GUILD) == {}
    assert await sessions.done(GUILD) == []


async def test_a_message_leads_to_its_round(sessions: Sessions):
    session = await opened(sessions)
    await play(sessions, session, Begin(at=T, by=ADA), first_round(), RoundPosted(at=T, number=1, message_id=55))
    assert await sessions.round_of(55) == (session.id, 1)
    assert await sessions.round_of(56) is None


async def test_a_season_is_of_finished_themed_sessions(sessions: Sessions):
    for place, (theme, season) in enumerate((("rain", "2026"), ("sun", "2026"), ("sea", "2025"), (None, "2026"))):
        session = await opened(sessions, channel=20 + place, theme=theme, season=season)
        await play(sessions, session, Begin(at=T, by=ADA), Reveal(at=T), Finish(at=T, by=ADA))
    assert [session.settings.theme for session in await sessions.season(GUILD, "2026")] == ["rain", "sun"]


async def test_who_is_erased_leaves_nothing_and_the_others_go_on(sessions: Sessions, database: Database):
    session = await opened(sessions, theme="rain")
    await play(sessions, session, Begin(at=T, by=ADA), Submit(at=T, by=ADA, track_id=1),
               Submit(at=T, by=BEN, track_id=2), first_round(), Vote(at=T, by=BEN, number=1, stars=5),
               EndRound(at=T, by=ADA, number=1), first_round(2), Vote(at=T, by=ADA, number=2, stars=5))  # fmt: skip
    async with database.transaction() as connection:
        await connection.exec_driver_sql("DELETE FROM listeners WHERE id = 1")
    found = await sessions.get(session.id)
    assert (found.host_id, set(found.members), found.submissions) == (2, {2, 3}, {2: 2})
    assert found.rounds[0].submitter_id is None
    assert set(found.rounds[0].expected) == {2, 3}
    assert found.rounds[1].ballots == {}
    after = await play(sessions, found, EndRound(at=T, by=BEN, number=2), Reveal(at=T, by=BEN))
    assert after.phase is Phase.REVEAL
    assert await sessions.get(session.id) == after
    async with database.transaction() as connection:
        await connection.exec_driver_sql("DELETE FROM listeners")
    assert (await opened(sessions)).id == 2, "nobody is left who could end the first"
    assert (await sessions.get(session.id)).phase is Phase.ABANDONED


async def test_the_words_of_a_session_go_with_who_typed_them_and_with_nobody_else(
    sessions: Sessions, database: Database
):
    kept = await opened(sessions, theme="rain")
    await play(sessions, kept, HandOver(at=T, by=ADA, to=2))
    await Accounts(database).erase(2)
    words = (await sessions.get(kept.id)).settings
    assert (words.name, words.theme) == ("Friday", "rain"), "a host who did not type them"
    await play(sessions, kept, HandOver(at=T, by=ADA, to=3), Leave(at=T, by=ADA))
    await Accounts(database).erase(1)
    found = await sessions.get(kept.id)
    assert (found.settings.name, found.settings.theme, found.author_id) == ("Session", "Session", None)


async def test_an_old_session_can_expire(sessions: Sessions):
    session = await opened(sessions)
    ended = await play(sessions, session, Expire(at=T + PATIENCE))
    assert ended.phase is Phase.ABANDONED
    assert await sessions.live() == []


# --- whatever a session holds comes back

MEMBER_IDS, TRACK_IDS = st.integers(1, 5), st.integers(1, TRACKS)
TIMES = st.integers(0, 2**40)
GUESSES = st.dictionaries(MEMBER_IDS, st.builds(Guess, st.floats(1, 10), st.booleans()), max_size=4)
SNOWFLAKES = st.integers(1, 2**63 - 1)
BALLOTS = st.dictionaries(MEMBER_IDS, st.builds(Ballot, st.integers(1, 10), st.booleans()), max_size=4)
SETTINGS = st.builds(
    Settings,
    st.text(st.characters(exclude_categories=("Cs",)), max_size=20),
    size=st.integers(1, 50),
    hidden=st.booleans(),
    veto=st.none() | st.floats(1, 10),
    playlist_ids=st.lists(SNOWFLAKES, max_size=3).map(tuple),
    theme=st.none() | st.text(st.characters(exclude_categories=("Cs",)), max_size=9),
    season=st.none() | st.just("2026"),
)


@st.composite
def any_session(draw: st.DrawFn) -> Session:
    ids = draw(st.sets(MEMBER_IDS, min_size=1))
    here = st.sampled_from(sorted(ids))
    members = {
        who: Member(
            who,
            draw(TIMES),
            draw(st.booleans()),
            draw(st.none() | st.booleans()),
            draw(st.integers(0, 1)),
            draw(st.booleans()),
        )
        for who in ids
    }

    def only_members(values: dict) -> dict:
        return {who: value for who, value in values.items() if who in ids}

    tracks = draw(st.lists(TRACK_IDS, unique=True, max_size=3))
    rounds = tuple(
        Round(
            number, track, draw(TIMES), draw(TIMES), draw(st.none() | here), draw(st.none() | SNOWFLAKES),
            draw(st.none() | TIMES) if number == len(tracks) else draw(TIMES),
            only_members(draw(BALLOTS)), only_members(draw(GUESSES)),
        )
        for number, track in enumerate(tracks, start=1)
    )  # fmt: skip
    submitted = dict(zip(sorted(ids), draw(st.lists(TRACK_IDS, unique=True, max_size=4)), strict=False))
    return Session(
        draw(SNOWFLAKES), draw(SNOWFLAKES), draw(here), draw(SETTINGS), members, draw(TIMES), draw(TIMES), 1,
        draw(st.none() | SNOWFLAKES), draw(st.sampled_from(Phase)), rounds, submitted,
        tuple(Slot(t, only_members(draw(GUESSES))) for t in draw(st.lists(TRACK_IDS, unique=True, max_size=3))),
        draw(st.frozensets(TRACK_IDS, max_size=3)), draw(st.booleans()), draw(st.none() | here),
    )  # fmt: skip


@given(st.lists(any_session(), min_size=1, max_size=4))
@settings(max_examples=60, deadline=None)
def test_any_session_comes_back_as_it_was(states: list[Session]):
    """Also from one state to a quite different one: what a step does not hold any more is gone."""

    async def round_trip(path: Path) -> None:
        database = await with_tracks(path)
        sessions = Sessions(database, owe)
        await sessions.start()
        try:
            first = dataclasses.replace(states[0], id=0)
            assert await sessions.open(first) == states[0]
            for state in states:
                await sessions.step(1, lambda _, state=state: state)
                assert await sessions.get(1) == state
        finally:
            await sessions.close()
            await database.close()

    with tempfile.TemporaryDirectory() as folder:
        asyncio.run(round_trip(Path(folder) / "x.db"))


# --- kill -9

KILLED = """
import asyncio, sys
from pathlib import Path
from bot.flow.session import apply
from bot.flow.session_events import *
from bot.taste.group import owe
from storage.database import Database
from storage.sessions import Sessions

async def main():
    database = await Database.open(Path(sys.argv[1]))
    sessions = Sessions(database, owe)
    await sessions.start()
    stars = 0
    while True:
        stars = stars % 10 + 1
        for who in range(1, 4):
            await sessions.step(1, lambda now: apply(now, Vote(at=1, by=Actor(who), number=1, stars=stars)))
            print(who, stars, flush=True)

asyncio.run(main())
"""


@pytest.mark.parametrize("after", [0.05, 0.2, 0.4])
async def test_after_kill_9_every_acknowledged_vote_is_there(tmp_path: Path, after: float):
    path = tmp_path / "x.db"
    database = await with_tracks(path)
    sessions = Sessions(database, owe)
    await sessions.start()
    session = await opened(sessions)
    await play(sessions, session, Join(at=T, by=Actor(4)), Begin(at=T, by=ADA), first_round())
    await sessions.close()
    await database.close()
    voting = subprocess.Popen([sys.executable, "-c", KILLED, str(path)], stdout=subprocess.PIPE, text=True)
    said = [voting.stdout.readline()]
    ends = time.monotonic() + after
    while time.monotonic() < ends:
        said.append(voting.stdout.readline())
    os.kill(voting.pid, signal.SIGKILL)
    said += voting.stdout.readlines()
    voting.wait()
    voting.stdout.close()
    acknowledged = {}
    for line in said:
        if line.endswith("\n"):
            who, stars = map(int, line.split())
            acknowledged[who] = stars
    assert acknowledged, "some votes were cast before the end"
    database = await Database.open(path)
    (found,) = await Sessions(database, owe).live()
    await database.close()
    stored = {who: ballot.stars for who, ballot in found.rounds[0].ballots.items()}
    # One vote may have been stored whose answer was not heard any more: the next in turn, and no other.
    unheard = {who for who in stored if stored[who] != acknowledged.get(who)}
    assert len(unheard) <= 1
    for who in unheard:
        assert stored[who] == acknowledged.get(who, 0) % 10 + 1
    assert set(acknowledged) <= set(stored)


def test_the_phases_that_the_schema_takes_for_live_are_the_machines():
    connection = sqlite3.connect(":memory:")
    from sqlalchemy.dialects.sqlite.aiosqlite import SQLiteDialect_aiosqlite
    from sqlalchemy.schema import CreateTable

    from storage.schema_sessions import sessions as table

    connection.execute(str(CreateTable(table).compile(dialect=SQLiteDialect_aiosqlite())))
    index = next(index for index in table.indexes if index.unique)
    where = str(index.dialect_options["sqlite"]["where"])
    for place, phase in enumerate(Phase):
        values = (place, 1, place, None, None, str(phase), "{}", 0, 0, 0)
        connection.execute("INSERT INTO sessions VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", values)
    live = {row[0] for row in connection.execute(f"SELECT phase FROM sessions WHERE {where}")}
    assert live == {str(phase) for phase in LIVE}
    connection.close()


async def test_a_vote_that_becomes_a_rating_keeps_through_whose_list_the_track_was_seen(
    database: Database, sessions: Sessions
):
    playlists = Playlists(database)
    (shared,) = await playlists.of(1)
    await playlists.share(1, shared.id, GUILD)
    session = await opened(sessions, rounds=1)
    await play(
        sessions, session, Consent(at=T, by=BEN, learn=True), Begin(at=T, by=ADA), first_round(),
        Vote(at=T, by=BEN, number=1, stars=9), Vote(at=T, by=ADA, number=1, stars=3),
        Vote(at=T, by=CLO, number=1, stars=5),
    )  # fmt: skip
    (seen,) = await Ratings(database).of(2)
    assert (seen.track.title, seen.stars) == ("Piece 0", 9)
    await playlists.unlink(1, shared.id)
    (still,) = await Ratings(database).of(2)
    assert still.track.title == "Piece 0"


OLD = """
INSERT INTO listeners (id, created_at) VALUES (1, 0), (2, 0);
INSERT INTO tracks (id, name_key) VALUES (7, 'a|a'), (8, 'b|b');
INSERT INTO sessions (id, guild_id, channel_id, phase, settings, exported, created_at, touched_at)
    VALUES (5, 1, 1, 'done', '{}', 0, 0, 0);
INSERT INTO session_members (session_id, listener_id, joined_at, present, vetoes, host, openly)
    VALUES (5, 1, 0, 1, 0, 1, 0), (5, 2, 0, 1, 0, 0, 1);
INSERT INTO session_rounds (session_id, number, track_id, opened_at, ends_at, closed_at)
    VALUES (5, 1, 7, 0, 0, 1), (5, 2, 8, 0, 0, 1);
INSERT INTO session_votes VALUES (5, 1, 1, 6, 0);
INSERT INTO session_guesses VALUES (5, 1, 1, 4.0, 0), (5, 1, 2, 4.0, 0), (5, 2, 1, 4.5, 1), (5, 2, 2, 6.1, 0);
INSERT INTO session_slots VALUES (5, 0, 7), (5, 1, 8);
INSERT INTO session_satisfactions VALUES (5, 0, 1, 6.0, 0), (5, 0, 2, 9.0, 0), (5, 1, 1, 3.0, 0), (5, 1, 2, 6.1, 0);
"""


def test_an_upgrade_forgets_what_old_sessions_told_of_private_ratings(tmp_path: Path):
    path = tmp_path / "x.db"
    migrate(path, to="0016")
    with contextlib.closing(sqlite3.connect(path)) as old:
        old.executescript(OLD)
    migrate(path)
    with contextlib.closing(sqlite3.connect(path)) as new:
        guesses = new.execute("SELECT number, listener_id, stars FROM session_guesses ORDER BY 1, 2").fetchall()
        told = new.execute("SELECT place, listener_id, stars FROM session_satisfactions ORDER BY 1, 2").fetchall()
    assert guesses == [(1, 2, 4.0), (2, 2, 6.1)], "what was given openly, and what was predicted"
    assert told == [(0, 1, 6.0), (0, 2, 9.0), (1, 2, 6.1)], "votes, too"
