"""What members gave in private cannot be told from a group session, by anything that it shows or stores."""

import dataclasses
import random
import re
from collections.abc import AsyncIterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from sqlalchemy import text as sql

from bot.domain.session import Session, Settings
from bot.domain.tracks import Playlist, PlaylistSource, Track, TrackSource
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
from storage.settings import Settings as Kept
from storage.sharing import SECRET, Shares
from tests.ids import keep_lots

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
    database = await keep_lots(await Database.open(path))
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
        pools = Pools(sessions, playlists, ratings, Shares(database), workers)
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


async def test_only_what_everybody_voted_or_rated_elsewhere_is_expected(tmp_path: Path):
    async with a_group(tmp_path / "x.db") as group:
        session = await group.open()
        pool = await gather(group.playlists, group.ratings, Shares(group.database), group.workers, session)
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


async def test_copies_under_other_names_hardly_find_out_what_a_member_gave(tmp_path: Path):
    """A host shares songs that sound exactly like those that Ben rated, once alone and once beside half of these."""
    count, chance = 40, random.Random(1)
    errors: list[float] = []
    truth = np.array([chance.randint(1, 10) for _ in range(count)])
    async with a_group(tmp_path / "x.db") as group:
        names = ("danceability", "energy", "speechiness", "acousticness", "instrumentalness", "liveness", "valence")
        sounds = [{name: chance.random() for name in names} for _ in range(count)]

        async def linked(owner: int, name: str, of: Sequence[int], *, copies: bool) -> Playlist:
            pieces = [TrackSource(f"{'Copy of ' * copies}Song {i}", "X", features=sounds[i]) for i in of]
            playlist = (await group.playlists.link(owner, PlaylistSource(name, "csv", pieces))).playlist
            await group.playlists.share(owner, playlist.id, GUILD)
            return playlist

        async def expected(*playlists: Playlist) -> dict[str, float]:
            chosen = Settings("Friday", size=8, rounds=0, playlist_ids=tuple(one.id for one in playlists))
            joined = apply(start(GUILD, CHANNEL, ADA, chosen, T), Join(at=T, by=BEN))
            pool = await gather(group.playlists, group.ratings, Shares(group.database), group.workers, joined)
            return {track.title: round(pool.guesses(track.id)[2].stars, 1) for track in pool.tracks}

        for track in await group.playlists.visible_tracks(2, GUILD):
            await group.ratings.clear(2, track.id)
        own = await linked(2, "Songs", range(count), copies=False)
        for track in await group.playlists.tracks(own.id):
            await group.ratings.rate(2, track.id, int(truth[int(track.title.split()[-1])]))
        copies = await linked(1, "Copies", range(count), copies=True)
        halves = [await linked(1, f"Half {half}", range(half, count, 2), copies=False) for half in (0, 1)]
        for draw in range(8):
            await Kept(group.database).set(SECRET, f"{draw:064x}")
            alone, *hidden = [await expected(copies), *[await expected(copies, half) for half in halves]]
            copied = [f"Copy of Song {i}" for i in range(count)]
            beside = [hidden[i % 2][name] for i, name in enumerate(copied)]
            # The guesser is told the truth of all songs but which is which.
            seen = np.array([[alone[name] for name in copied], beside, [1.0] * count]).T
            guess = seen @ np.linalg.lstsq(seen, truth, rcond=None)[0]
            errors.append(float(np.abs(guess - truth).mean() / np.abs(truth.mean() - truth).mean()))
    assert np.mean(errors) > 0.65, "beside the error of guessing their mean"
