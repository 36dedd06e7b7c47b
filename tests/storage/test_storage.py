import asyncio
import contextlib
import json
import sqlite3
import stat
import time
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from bot.domain.errors import NewerDatabase, UnknownPlaylist, UnknownTrack
from bot.domain.names import name_key
from bot.domain.taste import Metrics, TasteReport
from bot.domain.tracks import PlaylistSource, TrackSource
from storage.cards import Cards, PublicCard
from storage.database import Database
from storage.listeners import Began
from storage.migrate import MigrationFailed, migrate
from storage.models import Models, pack, unpack
from storage.playlists import Playlists
from storage.ratings import Ratings
from storage.schema import tracks
from storage.schema_spotify import metadata
from storage.settings import Settings

ADA, BEN, GUILD = 1, 2, 99


def source(*titles: str, name: str = "Mix", **features: float) -> PlaylistSource:
    return PlaylistSource(name, "csv", [TrackSource(title, "Bach", features=features) for title in titles])


async def link(database: Database, owner: int = ADA, *titles: str, **features: float) -> list[int]:
    playlists = Playlists(database)
    linked = await playlists.link(owner, source(*(titles or ("Air", "Gigue")), **features))
    return [track.id for track in await playlists.tracks(linked.playlist.id)]


async def test_the_file_is_its_owners_alone_and_as_durable_as_was_said(database: Database, tmp_path: Path):
    file = tmp_path / "data" / "earmark.db"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert stat.S_IMODE(file.parent.stat().st_mode) == 0o700
    async with database.transaction() as connection:
        for pragma, value in (("journal_mode", "wal"), ("synchronous", 2), ("foreign_keys", 1), ("secure_delete", 1)):
            found = await connection.exec_driver_sql(f"PRAGMA {pragma}")
            assert found.scalar() == value
        timeout = (await connection.exec_driver_sql("PRAGMA busy_timeout")).scalar()
        assert timeout < 2000


async def test_the_same_recording_is_one_track(database: Database):
    playlists = Playlists(database)
    bare = TrackSource("Air (feat. Somebody)", "J. S. Bach")
    full = TrackSource("AIR", "J.S. Bach", spotify_id="4uLU6hMCjMI75M1A2tKUQC", isrc="DEF056230101")
    other_id = TrackSource("Air - 2011", "Bach", spotify_id="7ouMYWpwJ422jRcDASZB7P", isrc="DEF056230101")
    different = TrackSource("Air", "J. S. Bach", spotify_id="0000000000000000000000")
    ids = []
    for place, track in enumerate((bare, full, other_id, different)):
        linked = await playlists.link(ADA, PlaylistSource(str(place), "csv", [track]))
        ids.append((await playlists.tracks(linked.playlist.id))[0].id)
    assert ids[0] == ids[1] == ids[2] != ids[3]
    assert (await playlists.track(ids[0])).spotify_id == full.spotify_id


@pytest.mark.clock
async def test_ids_tell_tracks_of_one_name_apart_within_one_file(database: Database):
    playlists = Playlists(database)
    ids = [f"{number:022d}" for number in range(3)]
    same = [TrackSource("Air", "Bach"), *(TrackSource("Air", "Bach", spotify_id=i) for i in ids)]
    linked = await playlists.link(ADA, PlaylistSource("Mix", "csv", same))
    tracks = await playlists.tracks(linked.playlist.id)
    assert [track.spotify_id for track in tracks] == ids, "the nameless one is the first; the others are their own"
    many = [TrackSource("Air", "Bach", spotify_id=f"{number:022d}") for number in range(20_000)]
    began = time.perf_counter()
    assert (await playlists.link(BEN, PlaylistSource("Mix", "csv", many))).playlist.tracks == 20_000
    assert time.perf_counter() - began < 10, "linear in the rows; about two seconds on an idle machine"


async def test_a_track_known_by_its_link_learns_its_name(database: Database):
    playlists = Playlists(database)
    link_only = TrackSource("Track 4uLU6hMCjMI75M1A2tKUQC", spotify_id="4uLU6hMCjMI75M1A2tKUQC")
    named = TrackSource("Air", "Bach", "Suites", spotify_id="4uLU6hMCjMI75M1A2tKUQC")
    for source in (link_only, named, link_only):
        linked = await playlists.link(ADA, PlaylistSource("Mix", "csv", [source]))
    (track,) = await playlists.tracks(linked.playlist.id)
    assert (track.title, track.artist, track.album) == ("Air", "Bach", "Suites")
    assert len(await playlists.search(ADA, None, "bach air")) == 1


async def test_several_playlists_are_stored_all_or_none(database: Database):
    playlists = Playlists(database)
    broken = PlaylistSource("", "csv", [TrackSource("Gigue")])
    with pytest.raises(IntegrityError):
        await playlists.link_all(ADA, [source("Air"), broken], Began(None))
    assert await playlists.of(ADA) == []


async def test_what_a_file_said_holds_for_its_own_contributor(database: Database):
    playlists = Playlists(database)
    (track,) = await link(database, ADA, "Air", tempo=66.0)
    await link(database, BEN, "Air", tempo=200.0, energy=0.5)
    assert (await playlists.track(track, ADA)).features == {"tempo": 66.0}
    assert (await playlists.track(track, BEN)).features == {"tempo": 200.0, "energy": 0.5}
    await link(database, ADA, "Air", tempo=70.0)
    assert (await playlists.track(track, ADA)).features["tempo"] == 70.0


async def test_relinking_replaces_and_unlinking_keeps_ratings(database: Database, ratings: Ratings):
    playlists = Playlists(database)
    first = await playlists.link(ADA, source("Air", "Gigue", "Air"))
    assert (first.playlist.tracks, first.duplicates, first.relinked) == (2, 1, False)
    air = (await playlists.tracks(first.playlist.id))[0]
    await ratings.rate(ADA, air.id, 9)
    second = await playlists.link(ADA, source("Badinerie"))
    assert (second.playlist.id, second.playlist.tracks, second.relinked) == (first.playlist.id, 1, True)
    with pytest.raises(UnknownPlaylist):
        await playlists.unlink(BEN, first.playlist.id)
    await playlists.unlink(ADA, first.playlist.id)
    assert [r.stars for r in await ratings.of(ADA)] == [9]
    assert (await playlists.visible_track(ADA, None, air.id)).title == "Air", "rated, so still hers to rate"
    async with database.reading() as connection:
        assert (await connection.scalars(select(tracks.c.name_key))).all() == ["bach|air"], "unused ones are gone"
    with pytest.raises(UnknownTrack):
        await playlists.visible_track(BEN, GUILD, air.id)


async def test_sharing_shows_a_playlist_in_one_server_only(database: Database):
    playlists = Playlists(database)
    linked = await playlists.link(ADA, source("Air"))
    (track,) = await playlists.tracks(linked.playlist.id)
    for guild in (GUILD, None):
        assert await playlists.visible(BEN, guild) == []
    await playlists.share(ADA, linked.playlist.id, GUILD)
    assert [p.name for p in await playlists.visible(BEN, GUILD)] == ["Mix"]
    assert await playlists.visible(BEN, GUILD + 1) == []
    assert (await playlists.visible_track(BEN, GUILD, track.id)).title == "Air"
    assert [t.title for t in await playlists.search(BEN, GUILD, "bach ai")] == ["Air"]
    assert await playlists.search(BEN, GUILD, "100%_") == []
    with pytest.raises(UnknownPlaylist):
        await playlists.get(linked.playlist.id, BEN, None)
    await playlists.share(ADA, linked.playlist.id, GUILD, shared=False)
    assert await playlists.visible_tracks(BEN, GUILD) == []


async def test_a_writer_does_not_stop_readers(database: Database, ratings: Ratings):
    air, _ = await link(database)
    await ratings.rate(ADA, air, 4)
    async with asyncio.timeout(2), database.transaction() as connection:
        await connection.exec_driver_sql("UPDATE ratings SET stars = 9")
        assert await ratings.get(ADA, air) == 4
        assert len(await ratings.of(ADA)) == 1


def report() -> TasteReport:
    metrics = Metrics(0.1, 0.1, 1.5, 0.3, 0.6)
    return TasteReport(12, 0, metrics, metrics, 0.8, 5.5, 0.01, "hunch", 20, (1.0, 9.0), (4.0, 6.0))


async def test_models_come_back_as_they_were_and_run_no_code(database: Database):
    models = Models(database)
    assert await models.load(ADA) is None
    arrays = {"ranks": np.array([[0.5, np.nan]]), "order": np.arange(3)}
    await models.save(ADA, arrays, {"low": 1, "high": None}, report(), Began(None))
    await models.save(ADA, arrays, {"low": 1, "high": 10}, report(), Began(None))
    loaded = await models.load(ADA)
    assert loaded is not None
    assert np.array_equal(loaded[0]["ranks"], arrays["ranks"], equal_nan=True)
    assert loaded[1:] == ({"low": 1, "high": 10}, report())
    with pytest.raises(ValueError, match="allow_pickle"):
        pack({"evil": np.array([object()])})
    assert list(unpack(pack(arrays))) == ["ranks", "order"]


async def test_cards_and_settings(database: Database):
    (track,) = await link(database, ADA, "Air")
    cards, settings = Cards(database), Settings(database)
    card = PublicCard(5, 6, None, ADA, track, None)
    await cards.add(card, Began(None))
    await cards.add(card, Began(None))
    assert await cards.get(5) == card
    await cards.remove(5)
    assert await cards.get(5) is None
    await settings.set("a", "1")
    await settings.set("a", "2")
    assert (await settings.get("a"), await settings.get("b")) == ("2", None)


async def test_erasing_a_person_is_one_statement(database: Database, ratings: Ratings, tmp_path: Path):
    air, _ = await link(database)
    await ratings.rate(ADA, air, 4)
    await Models(database).save(ADA, {"a": np.ones(2)}, {}, report(), Began(None))
    await Cards(database).add(PublicCard(5, 6, 7, ADA, air, None), Began(None))
    async with database.transaction() as connection:
        await connection.exec_driver_sql("DELETE FROM listeners WHERE id = 1")
        for table in metadata.sorted_tables:
            for column in table.columns:
                if any(key.column.table.name == "listeners" for key in column.foreign_keys):
                    found = await connection.exec_driver_sql(
                        f"SELECT count(*) FROM {table.name} WHERE {column.name} = 1"
                    )
                    assert found.scalar() == 0, table.name


def test_whatever_names_a_person_hangs_on_that_persons_row():
    for table in metadata.sorted_tables:
        for column in table.columns:
            if column.name in {"owner_id", "listener_id", "contributor_id", "user_id", "member_id"}:
                assert any(key.column.table.name == "listeners" for key in column.foreign_keys), (
                    table.name,
                    column.name,
                )


BATCH = """
from alembic import op
import sqlalchemy as sa

revision = "9000"
down_revision = "{newest}"


def upgrade() -> None:
    {body}
"""


def scripts(tmp_path: Path, body: str) -> Path:
    """The real migrations, and one more behind them."""
    import shutil

    from storage.migrate import SCRIPTS

    folder = tmp_path / "migrations"
    shutil.copytree(SCRIPTS, folder, ignore=shutil.ignore_patterns("__pycache__"))
    newest = max(file.name.split("_")[0] for file in (folder / "versions").glob("[0-9]*.py"))
    (folder / "versions" / "9000_next.py").write_text(BATCH.format(body=body, newest=newest))
    return folder


async def full(path: Path) -> dict[str, int]:
    database = await Database.open(path)
    ratings = Ratings(database)
    await ratings.start()
    for track in await link(database):
        await ratings.rate(ADA, track, 7)
    await Models(database).save(ADA, {"a": np.ones(2)}, {}, report(), Began(None))
    await ratings.close()
    await database.close()
    return counts(path)


def counts(path: Path) -> dict[str, int]:
    connection = sqlite3.connect(path)
    try:
        return {
            t.name: connection.execute(f"SELECT count(*) FROM {t.name}").fetchone()[0] for t in metadata.sorted_tables
        }
    finally:
        connection.close()


async def test_a_batch_migration_loses_no_row(tmp_path: Path):
    path = tmp_path / "x.db"
    before = await full(path)
    body = (
        'with op.batch_alter_table("listeners", table_kwargs={"sqlite_strict": True}) as batch:\n'
        '        batch.add_column(sa.Column("note", sa.Text))'
    )
    migrate(path, scripts(tmp_path, body))
    assert counts(path) == before
    assert before["ratings"] == 2
    connection = sqlite3.connect(path)
    assert "note" in connection.execute("SELECT sql FROM sqlite_master WHERE name = 'listeners'").fetchone()[0]
    connection.close()


async def test_a_migration_that_would_leave_rows_dangling_changes_nothing(tmp_path: Path):
    path = tmp_path / "x.db"
    before = await full(path)
    with pytest.raises(MigrationFailed):
        migrate(path, scripts(tmp_path, 'op.execute("DELETE FROM tracks")'))
    assert counts(path) == before


async def test_a_later_versions_file_is_refused(tmp_path: Path):
    path = tmp_path / "x.db"
    await full(path)
    connection = sqlite3.connect(path)
    connection.execute("UPDATE alembic_version SET version_num = '9999'")
    connection.commit()
    connection.close()
    with pytest.raises(NewerDatabase):
        await Database.open(path)


def test_the_migrations_end_where_the_schema_is(tmp_path: Path):
    from alembic.autogenerate import compare_metadata
    from alembic.migration import MigrationContext
    from sqlalchemy import create_engine

    path = tmp_path / "x.db"
    migrate(path)
    engine = create_engine(f"sqlite:///{path}")
    with engine.connect() as connection:
        assert compare_metadata(MigrationContext.configure(connection), metadata) == []
    engine.dispose()


async def test_an_upgrade_takes_the_names_of_tracks_out_of_models_and_keeps_what_was_said_of_votes(tmp_path: Path):
    path = tmp_path / "x.db"
    migrate(path, to="0014")
    with contextlib.closing(sqlite3.connect(path, isolation_level=None)) as old:
        old.execute("INSERT INTO listeners (id, created_at) VALUES (1, 0), (2, 0)")
        meta = {"kind": "k", "tracks": [8, 9], "rated": [["Zanzibar", "X", 7], ["Air", "Zanzibar", 2]]}
        values = (json.dumps(meta), json.dumps({"ratings": 2, "titles": ["Zanzibar", "Air"]}))
        old.execute("INSERT INTO models VALUES (1, x'00', ?, ?, 2, 0)", values)
        columns = "id, guild_id, channel_id, phase, settings, exported, created_at, touched_at"
        old.execute(f"INSERT INTO sessions ({columns}) VALUES (5, 1, 1, 'done', '{{}}', 0, 0, 0)")
        columns = "session_id, listener_id, joined_at, present, learn, vetoes, host"
        old.execute(f"INSERT INTO session_members ({columns}) VALUES (5, 2, 0, 1, 1, 0, 1)")
    migrate(path)
    with contextlib.closing(sqlite3.connect(path)) as new:
        meta, report = new.execute("SELECT meta, report FROM models").fetchone()
        assert json.loads(meta) == {"kind": "k", "tracks": [8, 9], "stars": [7, 2]}
        assert json.loads(report) == {"ratings": 2}
        assert new.execute("SELECT learn FROM listeners ORDER BY id").fetchall() == [(None,), (1,)]
        new.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    assert b"Zanzibar" not in path.read_bytes()


@given(st.text(max_size=60), st.text(min_size=1, max_size=60))
def test_spelling_does_not_change_who_is_meant(artist: str, title: str):
    key = name_key(artist, title)
    assert key == name_key(f"  {artist} ", f"{title}  ")
    assert "|" in key


def test_names_get_keys_that_keep_their_marks_and_everything_else_stays(tmp_path: Path):
    old, new = tmp_path / "old.db", tmp_path / "new.db"
    migrate(old, to="0008")
    migrate(new, to="0010")
    with contextlib.closing(sqlite3.connect(old)) as connection:
        connection.executescript(
            "INSERT INTO listeners VALUES (1, 1);"
            "INSERT INTO tracks VALUES (7, 'arijit|त र', 'तेरी', 'Arijit', 'A', 's', 'i', 'u', 'w', 9);"
            "INSERT INTO tracks VALUES (8, 'sezen|i stanbul', 'İstanbul', 'Sezen', '', NULL, NULL, NULL, NULL, NULL);"
            "INSERT INTO ratings VALUES (1, 7, 5, 1)"
        )
    migrate(old, to="0010")
    with contextlib.closing(sqlite3.connect(old)) as connection:
        rows = connection.execute("SELECT * FROM tracks ORDER BY id").fetchall()
        assert connection.execute("SELECT * FROM ratings").fetchall() == [(1, 7, 5, 1)]
        connection.execute("PRAGMA foreign_keys = ON")
        connection.execute("DELETE FROM tracks WHERE id = 7")
        assert connection.execute("SELECT count(*) FROM ratings").fetchone() == (0,), (
            "what points at a track still does"
        )
        schema = "SELECT type, name, sql FROM sqlite_master ORDER BY name"
        with contextlib.closing(sqlite3.connect(new)) as fresh:
            assert connection.execute(schema).fetchall() == fresh.execute(schema).fetchall()
    assert rows == [
        (7, "arijit|तेरी", "arijit|तेरी", "तेरी", "Arijit", "A", "s", "i", "u", "w", 9),
        (8, "sezen|istanbul", "sezen|istanbul", "İstanbul", "Sezen", "", None, None, None, None, None),
    ]


async def test_tracks_are_found_by_whoever_types_no_accents_and_by_guests(database: Database):
    playlists = Playlists(database)
    songs = [TrackSource("Işık (feat. Ayşe)", "Sezen, Beyoncé"), TrackSource("می\u200cخواهم", "Googoosh")]
    await playlists.link(ADA, PlaylistSource("Mix", "csv", songs))
    for asked in ("isik", "IŞIK", "ışık beyonce", "ayse sezen"):
        assert [track.title for track in await playlists.search(ADA, None, asked)] == ["Işık (feat. Ayşe)"], asked
    for asked in ("می\u200cخواهم", "میخواهم"):
        assert [track.title for track in await playlists.search(ADA, None, asked)] == ["می\u200cخواهم"]
