"""Who says what of a track, and to whom: nobody else's words change what a member sees and learns from."""

import sqlite3
from collections.abc import Awaitable, Callable, Sequence
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from bot.domain.tracks import PlaylistSource, Track, TrackSource
from storage.accounts import Accounts
from storage.database import Database
from storage.features import Features
from storage.migrate import migrate
from storage.playlists import Playlists
from storage.ratings import Ratings

ADA, BEN, CEM, DAN, EVE, FAY = 1, 2, 3, 4, 5, 6
HERE, THERE = 98, 99
ID, OTHER_ID, CODE = "4uLU6hMCjMI75M1A2tKUQC", "7ouMYWpwJ422jRcDASZB7P", "GBUM71029604"
SONG = TrackSource("Bohemian Rhapsody", "Queen", "A Night at the Opera", ID, CODE, features={"tempo": 144.0})
FAKE = TrackSource("Visit evil.example", "Staff", "Free", ID, "USAAA0000001", features={"tempo": 20.0, "energy": 0.01})
NAMED = TrackSource("Bohemian Rhapsody", "Queen")
SERVICE = replace(SONG, title="Bohemian Rhapsody - Remastered", features={}, measured_by="spotify", by_service=True)
Attack = Callable[[Database], Awaitable[None]]


async def link(
    database: Database, who: int, *sources: TrackSource, name: str = "Mix", here: bool = False
) -> list[Track]:
    playlists = Playlists(database)
    linked = await playlists.link(who, PlaylistSource(name, "csv", sources))
    if here:
        await playlists.share(who, linked.playlist.id, HERE)
    return await playlists.tracks(linked.playlist.id)


def upload(content: str, **features: float) -> TrackSource:
    return TrackSource("Bohemian Rhapsody", "Queen", features=features, measured_by="audio", recording=content)


async def attack_by_files(database: Database) -> None:
    """Eve says of the same ids and names what she likes, twice, and shares it."""
    await link(database, EVE, FAKE, name="Before")
    for source in (FAKE, replace(FAKE, isrc=CODE, spotify_id=None), replace(NAMED, features={"tempo": 20.0})):
        await link(database, EVE, source, name=f"Evil {source.spotify_id} {source.isrc}", here=True)
    await link(database, EVE, replace(SONG, spotify_id=OTHER_ID, title="Other", features={"valence": 0.0}))


async def attack_by_uploads(database: Database) -> None:
    playlists = Playlists(database)
    (recording,) = await link(database, EVE, upload("noise", tempo=20.0), name="Uploads", here=True)
    for track in await link(database, EVE, SONG, NAMED, name="Mine", here=True):
        await playlists.lend(EVE, recording.id, track.id)


async def attack_by_confirming(database: Database) -> None:
    """Eve says that what others know by its name is another song."""
    (mine,) = await link(database, EVE, NAMED, name="Names", here=True)
    wrong = replace(SERVICE, spotify_id=OTHER_ID, title="Another song", isrc=None)
    await Playlists(database).identify(EVE, {mine.id: wrong})


UNSCOPED = 4  # of the views: all that Cem sees in the server, where what Eve shared first is seen through her
ATTACKS: Sequence[Attack] = (attack_by_files, attack_by_uploads, attack_by_confirming)


async def views(database: Database, lists: dict[int, int]) -> list[object]:
    """What bystanders see of their own lists, of Ben's shared one, and in their histories."""
    playlists, ratings = Playlists(database), Ratings(database)
    own = [await playlists.tracks(playlist_id, who) for who, playlist_id in lists.items()]
    through_ben = await playlists.tracks(lists[BEN], CEM)
    shown = [
        [await playlists.track(one.id, CEM, HERE, playlist_id=lists[BEN]) for one in through_ben],
        [await playlists.visible_track(CEM, HERE, one.id, lists[BEN]) for one in through_ben],
        [await playlists.visible_tracks(who, None) for who in lists],
        [await playlists.search(who, None, "queen") for who in lists],
    ]
    here = [one for one in await playlists.visible_tracks(CEM, HERE) if one.through != EVE]
    return [own, through_ben, shown, [await ratings.of(who) for who in (BEN, CEM, DAN)], here]


@pytest.mark.parametrize("attack", ATTACKS)
async def test_nothing_that_a_bystander_sees_or_learns_from_changes_by_an_attack(
    database: Database, tmp_path: Path, attack: Attack
):
    async def scene(file: Database, moment: int | None) -> list[object]:
        if moment == 0:
            await attack(file)
        ratings, playlists, lists = Ratings(file), Playlists(file), dict[int, int]()
        await ratings.start()
        shared = await link(file, BEN, SONG, NAMED, name="Opera", here=True)
        if moment == 1:
            await attack(file)
        await link(file, DAN, NAMED, TrackSource("Flash", "Queen"))
        (asked,) = shared
        seen = await playlists.visible_track(CEM, HERE, asked.id, (await playlists.of(BEN))[0].id)
        for who, through in ((BEN, None), (CEM, seen.through)):
            await ratings.rate(who, asked.id, 9, through=through)
        for track in await playlists.visible_tracks(DAN, None):
            await ratings.rate(DAN, track.id, 4)
        if moment == 2:
            await attack(file)
        lists = {who: (await playlists.of(who))[0].id for who in (BEN, DAN)}
        found = await views(file, lists)
        await ratings.close()
        return [by_name(part) for part in found]

    expected = await scene(database, None)
    for moment in range(3):
        other = await Database.open(tmp_path / f"{moment}.db")
        try:
            found = await scene(other, moment)
        finally:
            await other.close()
        for place, (then, now) in enumerate(zip(expected, found, strict=True)):
            assert now == then or (moment == 0 and place == UNSCOPED), ("before", "between", "after")[moment]


def by_name(part: object) -> object:
    """What was seen, without the numbers and times that differ from file to file."""
    if isinstance(part, list):
        return [by_name(one) for one in part]
    track = getattr(part, "track", part)
    assert isinstance(track, Track)
    return replace(track, id=0), getattr(part, "stars", None)


async def test_one_file_of_ones_own_comes_first_then_the_owners_then_services_then_what_three_agree_on(
    database: Database,
):
    playlists = Playlists(database)
    for who in (DAN, EVE, FAY):
        await link(database, who, replace(SONG, title="By three", features={"valence": who / 10, "tempo": 1.0 + who}))
    (track,) = await link(database, CEM, replace(SONG, title=f"Track {ID}", artist="", album="", features={}))
    assert (track.title, track.artist) == ("By three", "Queen")
    assert track.features == {"valence": 0.5, "tempo": 6.0}, "the median"
    await link(database, BEN, SERVICE)
    assert (await playlists.track(track.id, CEM)).title == SERVICE.title
    await link(database, ADA, replace(SONG, title="By Ada"), here=True)
    assert (await playlists.track(track.id, 77, HERE)).title == "By Ada"
    assert (await playlists.track(track.id, 77, THERE)).title == SERVICE.title
    assert (await playlists.track(track.id, CEM, HERE)).title == SERVICE.title, "it is on a list of Cem's own"
    await link(database, CEM, replace(SONG, title="By Cem"))
    assert (await playlists.track(track.id, CEM, HERE)).title == "By Cem"


async def test_two_do_not_agree_for_others_and_three_do_until_one_is_erased(database: Database):
    playlists = Playlists(database)
    (track,) = await link(database, CEM, replace(SONG, title=f"Track {ID}", artist="", album="", features={}))
    for who, title in ((DAN, f"Track {ID}"), (EVE, f"Track {ID}"), (FAY, "Visit evil.example")):
        await link(database, who, replace(FAKE, title="Visit evil.example", isrc=None))
        assert (await playlists.track(track.id, CEM)).title == title
    await Accounts(database).erase(FAY)
    seen = await playlists.track(track.id, CEM)
    assert (seen.title, seen.artist, seen.features) == (f"Track {ID}", "", {})


async def test_erasing_takes_the_words_that_one_typed_from_the_file(
    database: Database, ratings: Ratings, tmp_path: Path
):
    playlists = Playlists(database)
    (track,) = await link(database, ADA, TrackSource("Unheard Zanzibar", "Secret"), here=True)
    seen = await playlists.visible_track(CEM, HERE, track.id)
    assert (seen.title, seen.through) == ("Unheard Zanzibar", ADA)
    await ratings.rate(CEM, track.id, 8, through=seen.through)
    await playlists.unlink(ADA, (await playlists.of(ADA))[0].id)
    assert [one.track.title for one in await ratings.of(CEM)] == ["Unheard Zanzibar"], (
        "unlinking takes nothing of Cem's"
    )
    await Accounts(database).erase(ADA)
    assert [(one.track.title, one.stars) for one in await ratings.of(CEM)] == [(f"Track {track.id}", 8)]
    stored = b"".join(file.read_bytes() for file in (tmp_path / "data").iterdir()).lower()
    assert b"zanzibar" not in stored
    (again,) = await link(database, ADA, TrackSource("Unheard Zanzibar", "Secret"))
    assert again.id != track.id


async def test_a_name_takes_an_id_only_from_whoever_typed_it(database: Database, ratings: Ratings):
    playlists = Playlists(database)
    (hers,) = await link(database, ADA, SONG)
    (his,) = await link(database, BEN, NAMED)
    assert (hers.spotify_id, his.spotify_id) == (ID, None)
    (same,) = await link(database, CEM, NAMED)
    assert same.id == his.id, "a name is a name"
    await ratings.rate(BEN, his.id, 9)
    await ratings.skip(BEN, his.id)
    assert await playlists.identify(BEN, {his.id: SERVICE}) == 1
    (now,) = await playlists.visible_tracks(BEN, None)
    assert (now.id, now.title, now.spotify_id) == (hers.id, NAMED.title, ID)
    assert await ratings.stars(BEN) == {hers.id: 9}
    assert [one.spotify_id for one in await playlists.visible_tracks(CEM, None)] == [None]
    assert await playlists.identify(CEM, {hers.id: SERVICE}) == 0, "not on Cem's lists"


async def test_what_one_typed_by_name_and_links_with_an_id_later_stays_one_track(database: Database, ratings: Ratings):
    (his,) = await link(database, BEN, NAMED, name="Typed")
    await ratings.rate(BEN, his.id, 9)
    await link(database, ADA, SONG)
    (linked,) = await link(database, BEN, SONG, name="Exported")
    assert await ratings.stars(BEN) == {linked.id: 9}
    (again,) = await link(database, BEN, NAMED, name="Typed")
    assert again.id == linked.id


async def test_long_lists_whose_parts_name_a_track_again_are_stored_whole(database: Database):
    named = [TrackSource(f"Song {i}", "Queen") for i in range(700)]
    ids = [replace(source, spotify_id=f"{i:022d}") for i, source in enumerate(named)]
    await link(database, ADA, *ids[:300])
    tracks = await link(database, BEN, *named, *ids)
    assert [track.spotify_id for track in tracks] == [source.spotify_id for source in ids]


async def test_a_recording_is_a_track_of_its_own_and_lends_its_sound_for_its_owner_alone(database: Database):
    playlists = Playlists(database)
    (song,) = await link(database, BEN, SONG)
    demos = [
        await link(database, who, upload(content, tempo=90.0), name="Uploads")
        for who, content in ((BEN, "a"), (ADA, "b"))
    ]
    (demo,), (other,) = demos
    assert len({song.id, demo.id, other.id}) == 3
    linked, (again, second) = await playlists.extend(
        BEN,
        PlaylistSource("Uploads", "audio", [upload("a", tempo=90.0), upload("c", tempo=100.0)]),
        await playlists.began(BEN),
    )
    assert (again == demo.id, second == demo.id, linked.playlist.tracks) == (True, False, 2)
    (cems,) = await link(database, CEM, SONG)
    assert (await playlists.track(song.id, BEN)).features["tempo"] == 144.0
    assert not await playlists.lend(BEN, other.id, song.id), "it is Ada's recording"
    assert not await playlists.lend(ADA, other.id, song.id), "it is not on a list of Ada's"
    assert await playlists.lend(BEN, demo.id, song.id)
    assert (await playlists.track(song.id, BEN)).features["tempo"] == 90.0
    assert (await playlists.track(song.id, CEM)).features == cems.features
    (name,) = await link(database, DAN, NAMED)
    assert name.id not in {song.id, demo.id, other.id}


async def test_relinking_a_better_file_mends_what_one_sees(database: Database):
    await link(database, BEN, replace(SONG, title="Bohemain Rapsody", features={"tempo": 72.0, "energy": 0.4}))
    (track,) = await link(database, BEN, SONG)
    assert (track.title, track.features) == (SONG.title, {"tempo": 144.0, "energy": 0.4})


async def test_a_services_word_by_somebodys_isrc_is_theirs(database: Database):
    features = Features(database)
    (track,) = await link(database, EVE, replace(FAKE, features={}))
    await link(database, BEN, replace(SONG, features={}))
    asked = {who: (await features.lacking("reccobeats", who, track_id=track.id))[0] for who in (EVE, BEN, CEM)}
    assert {who: one.claimed_isrc for who, one in asked.items()} == {EVE: FAKE.isrc, BEN: CODE, CEM: None}
    await features.keep("reccobeats", {track.id: {"tempo": 30.0}}, contributor_id=EVE)
    await features.keep("reccobeats", {}, [track.id])
    playlists = Playlists(database)
    assert (await playlists.track(track.id, EVE)).features == {"tempo": 30.0}
    assert (await playlists.track(track.id, BEN)).features == {}
    assert await features.lacking("reccobeats", EVE, track_id=track.id) == []
    assert len(await features.lacking("reccobeats", BEN, track_id=track.id)) == 1, "another miss is none of Ben's"
    await features.keep("reccobeats", {track.id: {}}, contributor_id=BEN)
    assert await features.lacking("reccobeats", BEN, track_id=track.id) == []


async def test_other_members_files_keep_no_service_from_being_asked(database: Database):
    (track,) = await link(database, EVE, FAKE)
    await link(database, BEN, replace(SONG, features={}))
    features = Features(database)
    assert [one.track_id for one in await features.lacking("reccobeats", BEN, track_id=track.id)] == [track.id]
    linked = (await Playlists(database).of(BEN))[0]
    assert (linked.with_features, (await features.coverage(linked.id)).unknown) == (0, 1)


def test_what_was_stored_before_is_kept_and_attributed(tmp_path: Path):
    path = tmp_path / "old.db"
    migrate(path, to="0011")
    with closing(sqlite3.connect(path)) as connection:
        connection.executescript(OLD)
    migrate(path)
    with closing(sqlite3.connect(path)) as connection:
        tracks = connection.execute("SELECT * FROM tracks ORDER BY id").fetchall()
        said = connection.execute(
            "SELECT track_id, contributor_id, source, json_extract(facts, '$.title'), isrc, features"
            " FROM track_values ORDER BY 1, 2, 3"
        ).fetchall()
        ratings = connection.execute("SELECT * FROM ratings").fetchall()
        counter = connection.execute("SELECT seq FROM sqlite_sequence WHERE name = 'tracks'").fetchone()
    assert tracks == [
        (1, ID, None, None), (2, None, None, "queen|flash"), (3, None, None, None),
        (4, None, None, "johann sebastian bach|air"), (5, OTHER_ID, None, None),
    ]  # fmt: skip
    assert said == [
        (1, None, "reccobeats", None, None, '{"tempo": 1.0}'),
        (1, None, "unsigned", "Bohemian Rhapsody", None, '{"tempo": 144.0}'),
        (1, 1, "file", "Bohemian Rhapsody", CODE, '{"tempo": 144.0}'),
        (2, None, "unsigned", "Flash", None, None),
        (3, 2, "audio", "Demo", None, '{"tempo": 90.0}'),
        (4, None, "audio", "Air", None, '{"tempo": 60.0}'),
        (5, None, "unsigned", None, None, None),
    ]
    assert ratings == [(2, 1, 9, 5, None)]
    assert counter == (1_000_005,)


OLD = f"""
INSERT INTO listeners VALUES (1, 1), (2, 1);
INSERT INTO tracks (id, name_key, search_key, title, artist, album, spotify_id, isrc) VALUES
    (1, 'queen|bohemian rhapsody', 'queen|bohemian rhapsody', 'Bohemian Rhapsody', 'Queen', 'Opera', '{ID}', '{CODE}'),
    (2, 'queen|flash', 'queen|flash', 'Flash', 'Queen', '', NULL, NULL),
    (3, 'upload 1|demo', 'upload 1|demo', 'Demo', 'Upload 1', 'Uploaded', NULL, NULL),
    (4, 'johann sebastian bach|air', 'johann sebastian bach|air', 'Air', 'Johann Sebastian Bach',
        'Chorales, played by our own organ', NULL, NULL),
    (5, '|track', '|track', 'Track {OTHER_ID}', '', '', '{OTHER_ID}', NULL);
UPDATE sqlite_sequence SET seq = 1000005 WHERE name = 'tracks';
INSERT INTO track_features VALUES
    (1, 'file', 1, '{{"tempo": 144.0}}', 5), (1, 'reccobeats', NULL, '{{"tempo": 1.0}}', 5),
    (3, 'audio', 2, '{{"tempo": 90.0}}', 5), (4, 'audio', 1, '{{"tempo": 60.0}}', 5);
INSERT INTO clips VALUES (3, 2, x'00');
INSERT INTO ratings VALUES (2, 1, 9, 5);
"""
