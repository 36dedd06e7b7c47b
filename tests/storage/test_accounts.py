"""Everything about one person: counted, read, erased, and never brought back."""

import json
import sqlite3
from contextlib import closing
from pathlib import Path

import numpy as np
from sqlalchemy import func, select

from bot.domain.session import Guess, Settings, Slot
from bot.domain.taste import Prediction
from bot.domain.tracks import Origin, PlaylistSource, TrackSource
from bot.flow.session import apply, start
from bot.flow.session_events import Actor, Begin, Finish, Join, MakePlaylist, OpenRound, Reveal, Submit, Vote
from bot.taste.group import owe
from storage.accounts import Accounts, belongings
from storage.cards import Cards, PublicCard
from storage.clips import StoredClips
from storage.database import Database
from storage.digits import Digits
from storage.models import Models
from storage.playlists import Playlists
from storage.predictions import Predictions
from storage.ratings import Ratings
from storage.schema import metadata, track_values, tracks
from storage.schema_sessions import sessions
from storage.searches import NameSearches
from storage.sessions import Sessions
from storage.sharing import Shares
from storage.spotify import SpotifyAccounts
from storage.studies import Studies
from tests.storage.test_storage import report

ADA, BEN = 771_000_000_000_000_001, 771_000_000_000_000_002
# Tables in which nobody is named; a new one must either cascade to `listeners` or be added here with a reason.
IMPERSONAL = {
    "tracks": "recordings; those that nobody has any more go with their last listener",
    "settings": "the operator's",
    "erasures": "salted digests",
    "sessions": "the group's",
    "session_rounds": "the group's; who submitted the track is forgotten",
    "session_slots": "the group's",
    "session_refused": "the group's",
    "feature_misses": "what a service did not know of a recording",
}
T = 1_800_000_000


async def live(database: Database, person: int, own: str) -> None:
    """Leave something in every table."""
    playlists, ratings, cards, models = Playlists(database), Ratings(database), Cards(database), Models(database)
    sources = [
        TrackSource("Air", "Bach", features={"energy": 0.5}),
        TrackSource(own, "Secret", features={"energy": 0.1}),
    ]
    accounts, searches = SpotifyAccounts(database), NameSearches(database)
    await accounts.put(person, b"sealed", await accounts.began(person))
    permission = await accounts.get(person)
    assert permission is not None
    origin = Origin(f"playlist:{person}", "1", permission=permission.generation)
    since = await accounts.began(person)
    await accounts.keep_half_read(person, "liked:", ("1", f'{{"0": "{own}"}}'), permission.generation, since)
    linked = await playlists.link(person, PlaylistSource(f"List of {own}", "csv", sources, origin=origin))
    await playlists.share(person, linked.playlist.id, 99)
    first, second = await playlists.tracks(linked.playlist.id)
    await searches.keep(person, {second.id: None}, since)
    await ratings.start()
    await ratings.rate(person, first.id, 7)
    await ratings.skip(person, second.id)
    await ratings.close()
    await models.save(person, {"a": np.zeros(3)}, {"rated": [[own, "Secret", 7]]}, report(), since)
    await StoredClips(database).add(person, {second.id: f"sound of {own}".encode()}, since)
    await Studies(database).begin(person, since)
    await Shares(database).allow(person, "server", 99)
    await Predictions(database).shown(person, [Prediction(second, 6.5, 4.0, 9.0, "fair")], since)
    await cards.add(PublicCard(person + 5, 1, 99, person, first.id, linked.playlist.id), since)
    await Digits(database).put(person, 5, [7], since)


async def meet(database: Database) -> None:
    """Let the two hold a session with a theme, a vote and a playlist that Ada likes less."""
    first, second = [track.id for track in await Playlists(database).tracks(2)]
    ada, ben = Actor(ADA), Actor(BEN)
    sessions = Sessions(database, owe)
    await sessions.start()
    begun = await sessions.open(start(99, 7, ada, Settings("Friday", size=1, theme="rain"), T))
    guesses = {ADA: Guess(3.0), BEN: Guess(9.0)}
    for event in (
        Join(at=T, by=ben), Begin(at=T, by=ada), Submit(at=T, by=ada, track_id=first),
        Submit(at=T, by=ben, track_id=second), OpenRound(at=T, track_id=second, expected=guesses),
        Vote(at=T, by=ada, number=1, stars=2), Reveal(at=T, by=ada),
        MakePlaylist(at=T, by=ada, slots=(Slot(second, guesses),)), Finish(at=T, by=ada),
    ):  # fmt: skip
        await sessions.step(begun.id, lambda session, event=event: apply(session, event))
    await sessions.close()


def test_every_table_belongs_to_its_people_or_says_why_not():
    owned = {table.name for table in belongings()}
    assert owned | IMPERSONAL.keys() == set(metadata.tables)
    assert not owned & IMPERSONAL.keys()


def test_what_is_binary_has_a_way_of_its_own_into_an_export_or_says_why_not():
    binary = {str(column) for table in belongings() for column in table.columns if column.type.python_type is bytes}
    exported = {"models.arrays", "clips.mp3", "studies.report"}
    sealed = {"spotify_accounts.sealed"}  # opens the member's account, and only to the operator's key
    assert binary == exported | sealed, "rows() leaves it out: let flow.account.export pack it"


async def test_everything_of_a_person_is_counted_and_read(database: Database):
    await live(database, ADA, "Ada's demo")
    await live(database, BEN, "Ben's demo")
    await meet(database)
    accounts = Accounts(database)
    counts = await accounts.counts(ADA)
    assert counts.keys() == {table.name for table in belongings()}, "the test leaves something in every table"
    assert counts["playlist_tracks"] == 2
    rows = await accounts.rows(ADA)
    assert {name: len(found) for name, found in rows.items()} == counts
    assert "Ben" not in str(rows)
    assert str(BEN) not in str(rows)
    assert await accounts.counts(3) == {}
    assert await accounts.since(3) is None


async def test_nothing_of_an_erased_person_is_left_in_the_files(database: Database, tmp_path: Path):
    await live(database, ADA, "Ada's demo")
    await live(database, BEN, "Ben's demo")
    await meet(database)
    accounts = Accounts(database)
    gone = await accounts.erase(ADA)
    assert gone["ratings"] == 1
    assert await accounts.counts(ADA) == {}
    assert (await accounts.counts(BEN))["ratings"] == 1, "others keep what is theirs"
    async with database.reading() as connection:
        (held,) = (await connection.execute(select(sessions.c.settings))).scalars()
        assert (json.loads(held)["name"], json.loads(held)["theme"]) == ("Session", "Session"), "her words are gone"
        titles = func.json_extract(track_values.c.facts, "$.title")
        left = set(await connection.scalars(select(titles).join(tracks, tracks.c.id == track_values.c.track_id)))
    assert left == {"Air", "Ben's demo"}, "a track that only she had is gone, too"
    folder = tmp_path / "data"
    stored = b"".join(file.read_bytes() for file in folder.iterdir())
    assert b"Ben's demo" in stored
    assert b"Ada's demo" not in stored
    assert str(ADA).encode() not in stored
    assert ADA.to_bytes(8, "big") not in stored
    assert BEN.to_bytes(8, "big") in stored, "so the search above would have found her"


async def test_an_older_backup_does_not_bring_the_erased_back(database: Database, tmp_path: Path):
    await live(database, ADA, "Ada's demo")
    await live(database, BEN, "Ben's demo")
    older = tmp_path / "older.db"
    with closing(sqlite3.connect(tmp_path / "data" / "earmark.db")) as source, closing(sqlite3.connect(older)) as copy:
        source.backup(copy)
    await Accounts(database).erase(ADA)
    salt, erased = await Accounts(database).erased()
    restored = await Database.open(older)
    try:
        assert await Accounts(restored).replay(salt, erased) == 1
        assert await Accounts(restored).counts(ADA) == {}
        assert (await Accounts(restored).counts(BEN))["ratings"] == 1
        assert await Accounts(restored).erased() == (salt, erased), "and the next restore erases them as well"
        await live(restored, ADA, "New demo")
        async with restored.transaction() as connection:
            await connection.exec_driver_sql("UPDATE listeners SET created_at = created_at + 60")
        assert await Accounts(restored).replay(salt, erased) == 0, "whoever came back stays"
    finally:
        await restored.close()
