"""What members gave in private cannot be told from a group session, by anything that it shows or stores."""

import dataclasses
import re
from collections.abc import AsyncIterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text as sql

from bot.domain.session import Session, Settings
from bot.domain.tracks import PlaylistSource, Track, TrackSource
from bot.flow.gather import another, gather, next_question
from bot.flow.pools import Pools
from bot.flow.session import apply, start
from bot.flow.session_events import (
    Actor,
    Begin,
    Consent,
    CountRatings,
    EndRound,
    Event,
    Finish,
    Join,
    Leave,
    MakePlaylist,
    OpenRound,
    Reveal,
    Swap,
    Veto,
    Vote,
)
from bot.flow.workers import Workers
from bot.taste.group import owe
from cogs.ui import session_cards, text_session
from storage.database import Database
from storage.playlists import Playlists
from storage.ratings import Ratings
from storage.session_rows import PARTS
from storage.sessions import Sessions
from storage.sharing import Shares

ADA, BEN, CLO = Actor(1), Actor(2), Actor(3)
MEMBERS = (ADA, BEN, CLO)
GUILD, CHANNEL, T = 99, 7, 1_800_000_000
NAMES = {1: "Ada", 2: "Ben", 3: "Clo"}
TABLES = [part.table for part in PARTS] + ["session_debts"]


@dataclasses.dataclass
class Group:
    """Three members, each with forty ratings of tracks that nobody shares; Ada shares thirty others."""

    database: Database
    playlists: Playlists
    ratings: Ratings
    sessions: Sessions
    workers: Workers
    pools: Pools
    candidates: list[Track]

    async def rate_candidates(self, stars: int | None, who: Sequence[Actor] = MEMBERS) -> None:
        """Let members rate each candidate in a pattern that begins with these stars; None: not at all."""
        for member in who:
            for place, track in enumerate(self.candidates):
                if stars is None:
                    await self.ratings.clear(member.listener_id, track.id)
                else:
                    given = (stars + place * member.listener_id) % 10 + 1
                    await self.ratings.rate(member.listener_id, track.id, given)

    async def open(self, **settings: Any) -> Session:
        chosen = Settings("Friday", size=8, rounds=5, veto=None, **settings)
        session = await self.sessions.open(start(GUILD, CHANNEL, ADA, chosen, T))
        # Of whoever lets votes become ratings, a vote takes the place of what was given before.
        return await self.play(session, *(Join(at=T, by=by) for by in (BEN, CLO)), Consent(at=T, by=BEN, learn=True))

    async def play(self, session: Session, *events: Event) -> Session:
        for event in events:
            session = (await self.sessions.step(session.id, lambda now, event=event: apply(now, event))).after
        return session


@asynccontextmanager
async def a_group(path: Path) -> AsyncIterator[Group]:
    database = await Database.open(path)
    ratings, sessions, playlists = Ratings(database), Sessions(database, owe), Playlists(database)
    workers = Workers(lambda: ThreadPoolExecutor(1))

    async def linked(owner: int, name: str, count: int) -> list[Track]:
        pieces = [
            TrackSource(f"{name} {i}", f"Artist {i % 7}", features={"energy": i * 7 % count / count, "tempo": 60.0 + i})
            for i in range(count)
        ]
        playlist = (await playlists.link(owner, PlaylistSource(name, "csv", pieces))).playlist
        if name == "Shared":
            await playlists.share(owner, playlist.id, GUILD)
        return await playlists.tracks(playlist.id)

    await ratings.start()
    await sessions.start()
    try:
        candidates = await linked(1, "Shared", 30)
        for who in (1, 2, 3):
            for track in await linked(who, f"Own {who}", 40):
                energy, tempo = track.features["energy"], (track.features["tempo"] - 60) / 40
                await ratings.rate(who, track.id, 1 + round(9 * (energy, 1 - energy, tempo)[who - 1]))
            await Shares(database).allow(who, "server", GUILD)
        pools = Pools(sessions, playlists, ratings, workers)
        yield Group(database, playlists, ratings, sessions, workers, pools, candidates)
    finally:
        workers.close()
        await sessions.close()
        await ratings.close()
        await database.close()


async def whole_session(group: Group, openly: Sequence[Actor] = ()) -> list[tuple[str, Any]]:
    """Hold a session from the lobby to its end; everything that it showed and stored, by name."""
    seen: list[tuple[str, Any]] = []
    session = await group.open()
    session = await group.play(session, *(CountRatings(at=T, by=by, openly=True) for by in openly))

    async def look(session: Session) -> None:
        tracks, file = await group.pools.tracks(session), None
        if session.slots:
            file = await session_cards.picture(group.workers, session, tracks, NAMES)
            seen.extend([("picture", file.fp.read()), ("alt text", file.description)])
        card = session_cards.card(session, tracks, await group.pools.brings(session), file)
        seen.append((f"card, {session.phase}", (card["embed"].to_dict(), card["view"].to_components())))
        for round_ in session.rounds:
            shown = session_cards.round_card(session, round_, tracks[round_.track_id])
            seen.append((f"round {round_.number}, {session.phase}", shown["embed"].to_dict()))
        async with group.database.reading() as connection:
            for table in TABLES:
                rows = sorted(tuple(row) for row in await connection.execute(sql(f"SELECT * FROM {table}")))
                seen.append((f"{table}, {session.phase}", rows))

    await look(session)
    session = await group.play(session, Begin(at=T, by=ADA))
    for number in range(1, 6):
        pool = await group.pools.of(session)
        track = next_question(pool, session)
        opened = OpenRound(at=T, track_id=track.id, expected=pool.guesses(track.id))
        votes = [Vote(at=T, by=by, number=number, stars=1 + number * by.listener_id % 10) for by in (ADA, BEN)]
        session = await group.play(session, opened, *votes, EndRound(at=T, by=ADA, number=number))
        await look(session)
    session = await group.play(session, Reveal(at=T))
    await look(session)
    session = await group.play(session, MakePlaylist(at=T, slots=await group.pools.playlist(session)))
    await look(session)
    slot = await another(await group.pools.of(session), session, 0)
    session = await group.play(session, Swap(at=T, by=ADA, place=0, slot=slot))
    slot = await another(await group.pools.of(session), session, 1)
    session = await group.play(session, Veto(at=T, by=CLO, place=1, slot=slot), Finish(at=T, by=ADA))
    await look(session)
    seen.append(("history", text_session.history(await group.sessions.done(GUILD))))
    seen.append(("debts", text_session.debts(await group.sessions.debts(GUILD))))
    return seen


async def test_no_private_rating_changes_anything_that_a_session_shows_or_stores(tmp_path: Path):
    first: list[tuple[str, Any]] = []
    for stars in (None, *range(10)):
        async with a_group(tmp_path / f"{stars}.db") as group:
            await group.rate_candidates(stars)
            seen = await whole_session(group)
        first = first or seen
        assert [name for name, _ in seen] == [name for name, _ in first]
        for (name, before), (_, after) in zip(first, seen, strict=True):
            assert after == before, f"the {name} tells ratings that begin with {stars}"
    names = " ".join(name for name, _ in first)
    assert all(part in names for part in ("picture", "alt text", "session_satisfactions, done", "debts", "history"))


async def test_a_song_that_the_catalogue_has_twice_tells_no_more(tmp_path: Path):
    seen: list[list[tuple[str, Any]]] = []
    for stars in (2, 9):
        async with a_group(tmp_path / f"{stars}.db") as group:
            for name, pieces in {
                "By id": [TrackSource(t.title, t.artist, spotify_id=f"{t.id:022}") for t in group.candidates],
                "By sound": [TrackSource(f"X {t.id}", "X", features=t.features) for t in group.candidates],
            }.items():
                linked = (await group.playlists.link(2, PlaylistSource(name, "csv", pieces))).playlist
                for place, track in enumerate(await group.playlists.tracks(linked.id)):
                    assert track.id not in {candidate.id for candidate in group.candidates}
                    await group.ratings.rate(2, track.id, (stars + place) % 10 + 1)
            seen.append(await whole_session(group))
    assert seen[0] == seen[1]


async def test_only_what_everybody_voted_or_rated_elsewhere_is_expected(tmp_path: Path):
    async with a_group(tmp_path / "x.db") as group:
        session = await group.open()
        pool = await gather(group.playlists, group.ratings, group.workers, session)
        energies = [track.features["energy"] for track in pool.tracks]
        best, worst = energies.index(max(energies)), energies.index(min(energies))
        assert pool.predictions[0, best] - pool.predictions[0, worst] > 4, "what was rated elsewhere counts"
        assert pool.predictions[1, worst] - pool.predictions[1, best] > 4
        assert (pool.uncertainty > 0).all()


async def test_who_joins_openly_is_taken_at_their_word_and_nobody_else(tmp_path: Path):
    seen: list[dict[str, Any]] = []
    for stars in (2, 7):
        async with a_group(tmp_path / f"{stars}.db") as group:
            await group.rate_candidates(stars, [BEN])
            seen.append(dict(await whole_session(group, [BEN])))
            (done,) = await group.sessions.done(GUILD)
            assert done.openly == {2}
            given = await group.ratings.stars(2)
            voted = {round_.track_id: round_.ballots[2].stars for round_ in done.rounds}
            own = {slot.track_id: slot.satisfaction[2].stars for slot in done.slots}
            assert own == {track_id: voted.get(track_id, given[track_id]) for track_id in own}
    assert seen[0]["picture"] != seen[1]["picture"]


async def test_who_comes_back_comes_back_privately(tmp_path: Path):
    async with a_group(tmp_path / "x.db") as group:
        session = await group.open()
        session = await group.play(session, CountRatings(at=T, by=BEN, openly=True))
        assert (await group.sessions.get(session.id)).openly == {2}
        assert "<@2> · openly" in text_session.description(session, {}, {}, ())
        session = await group.play(session, Leave(at=T, by=BEN), Join(at=T, by=BEN))
        assert session.openly == frozenset()


@pytest.mark.parametrize("openly", [False, True])
async def test_a_member_reads_what_others_will_see(tmp_path: Path, openly: bool):
    async with a_group(tmp_path / "x.db") as group:
        session = await group.play(await group.open(), CountRatings(at=T, by=CLO, openly=openly))
        said = session_cards.membership(session, 3)
        first, *_ = said["content"].splitlines()
        assert len(re.findall(r"[.!?]", first)) == 1, "one sentence"
        assert ("others can tell what you gave" in first) is openly
        assert ("without your own ratings" in first) is not openly
        labels = [item.label for item in said["view"].children]
        assert labels[-1] == text_session.button("leave_out" if openly else "openly")
