"""Lists from Spotify and to it: the real client on the sandbox, Spotify on loopback."""

from typing import Any

import pytest

from bot.domain.session import Phase
from tests.end_to_end import test_sessions as sessions
from tests.end_to_end.outside import Outside
from tests.end_to_end.people import custom_ids, eventually, words
from tests.end_to_end.room import Room
from tests.fakes.spotify import episode, isrc, local_file, spotify_id, track


async def test_a_member_connects_and_links_a_playlist_with_its_sound(outside: Outside):
    said = await outside.connect("Ada", "ada")
    assert "Connected to **Ada**" in said
    url = outside.playlist(tracks=98)
    outside.spotify.playlists[spotify_id(1, "playlist")].entries += [local_file(), episode(), None]
    for i in range(60):
        outside.recco.knows(spotify_id(i))
    for i in range(60, 91):
        outside.recco.knows(spotify_id(i + 1000), isrc(i))  # the same recording under another id
    said = await outside.link("Ada", url=url)
    assert "Linked **My mix**: 98 tracks, features for 91" in said
    assert "1 local file, 1 episode, 1 no longer on Spotify" in said
    assert "Features for 91 of 98: 91 from ReccoBeats; 7 unknown (Song 91, " in said

    asked = len(outside.spotify.exchanges), len(outside.recco.exchanges)
    said = await outside.link("Ada", url=url)
    assert "has not changed" in said
    assert len(outside.spotify.exchanges) == asked[0] + 1, "one request"
    assert len(outside.recco.exchanges) == asked[1], "what is unknown is remembered, too"


async def test_liked_songs_and_top_tracks_and_albums_and_tracks(outside: Outside):
    assert "`/spotify connect`" in await outside.link("Ada", mine="liked:")
    await outside.connect("Ada", "ada")
    outside.spotify.user("ada").liked = outside.spotify.catalogue([track(i) for i in range(120)])
    outside.spotify.user("ada").top["short_term"] = [track(i) for i in range(30)]
    assert "**Liked songs**: 120 tracks" in await outside.link("Ada", mine="liked:")
    assert "**Top tracks of 4 weeks**: 30 tracks" in await outside.link("Ada", mine="top:short_term")
    assert "Nothing" not in await outside.link("Ada", mine="top:long_term")
    album = f"https://open.spotify.com/intl-de/album/{track(0)['album']['id']}"
    assert "**Album 0**: 10 tracks" in await outside.link("Ben", url=album)
    assert "1 track" in await outside.link("Ben", url=f"spotify:track:{spotify_id(3)}")


@pytest.mark.parametrize(
    ("url", "sentence"),
    [
        ("https://spotify.link/abc", "hides where it leads"),
        ("https://open.spotify.com/artist/4uLU6hMCjMI75M1A2tKUQC", "no songs"),
        ("https://music.apple.com/us/playlist/x", "can't read links to music.apple.com"),
        ("https://open.spotify.com/playlist/0000000000000000000000", "no such playlist"),
        ("Bach", "can't find"),
    ],
)
async def test_links_that_lead_elsewhere(outside: Outside, url: str, sentence: str):
    assert sentence in await outside.link("Ada", url=url)


async def test_what_the_app_may_not_read_says_what_to_do(outside: Outside):
    foreign = outside.playlist(owner="ben")
    assert "`/spotify connect`" in await outside.link("Ada", url=foreign)
    await outside.connect("Ada", "ada")
    assert "only playlists that are yours" in await outside.link("Ada", url=foreign)
    editorial = outside.playlist(2, "spotify", editorial=True)
    assert "made by Spotify itself" in await outside.link("Ada", url=editorial)
    assert "no song in Nothing" in await outside.link("Ada", url=outside.playlist(3, tracks=0, name="Nothing"))
    private = outside.playlist(4, "ben", public=False)
    assert "private, deleted" in await outside.link("Ada", url=private)


@pytest.mark.parametrize("mode", ["old", "extended"])
async def test_older_apps_need_nobodys_account(outside: Outside, mode: str):
    outside.spotify.mode = mode
    assert "Linked **My mix**: 20 tracks" in await outside.link("Ada", url=outside.playlist(owner="ben"))


async def test_waiting_is_told_and_a_days_quota_said(outside: Outside):
    await outside.connect("Ada", "ada")
    url = outside.playlist(tracks=200)
    outside.spotify.faults.add("429", path="/items", retry_after="2", after=1)
    assert "Linked **My mix**: 200 tracks" in await outside.link("Ada", url=url)
    outside.spotify.playlists[spotify_id(1, "playlist")].snapshot = "snapshot-2"
    outside.spotify.faults.add("429", path="/items", retry_after="36000", reason="QUOTA_EXCEEDED", after=1)
    said = await outside.link("Ada", url=url)
    assert "quota for today is used up: ask me again in 10 hours" in said
    assert "of 200 tracks" in said


@pytest.mark.parametrize(
    ("kind", "sentence"),
    [
        ("401", "no longer lets me use your account"),
        ("403", "only playlists that are yours"),
        ("404", "private, deleted"),
        ("429", "Spotify asks me to wait: ask me again in"),
        ("503", "does not answer properly just now"),
        ("truncated", "does not answer properly just now"),
        ("garbage", "does not answer properly just now"),
        ("cut", "does not answer properly just now"),
        ("hang", "does not answer properly just now"),
        ("drip", "does not answer properly just now"),
    ],
)
async def test_every_way_to_fail_has_a_sentence_and_loses_nothing(outside: Outside, kind: str, sentence: str):
    await outside.connect("Ada", "ada")
    bot = outside.room.bot
    assert bot is not None
    ada = int(outside.room.human.member("Ada").id)
    url = outside.playlist(tracks=120)
    if kind == "401":
        outside.spotify.revoke("ada")
    outside.spotify.faults.add(kind, path="/items", times=99, retry_after="7200")
    assert sentence in await outside.link("Ada", url=url)
    assert await bot.services.playlists.of(ada) == [], "nothing half linked"
    outside.spotify.faults.waiting.clear()
    if kind == "401":
        await outside.connect("Ada", "ada")
    if kind != "429":  # which is kept to
        assert "Linked **My mix**: 120 tracks" in await outside.link("Ada", url=url)


async def test_a_ranked_playlist_goes_to_spotify_or_into_files(outside: Outside):
    for i in range(14):
        outside.recco.knows(spotify_id(i), energy=i / 14)
    outside.spotify.mode = "old"
    await outside.link("Ada", url=outside.playlist(owner="ben", tracks=14))
    bot, person = outside.room.bot, int(outside.room.human.member("Ada").id)
    for place, one in enumerate(await bot.services.playlists.visible_tracks(person, None)):
        await bot.services.ratings.rate(person, one.id, 1 + place % 10)
    await outside.room.slash("Ada", "retrain")
    ranked = words(await outside.room.slash("Ada", "predict playlist", playlist="My mix"))
    first = ranked.split("Song ")[1].split("**")[0]
    as_files = await outside.room.slash("Ada", "spotify export", playlist="My mix")
    assert [one["filename"] for one in as_files["attachments"]] == ["playlist.csv", "playlist.m3u8", "playlist.xspf"]
    assert "`/spotify connect`" in words(as_files)
    await outside.connect("Ada", "ada")
    said = words(await outside.room.slash("Ada", "spotify export", playlist="My mix", most=12))
    assert "with 12 tracks" in said
    made = outside.spotify.playlists[said.split("/playlist/")[1].split(">")[0]]
    assert (made.name, made.public, len(made.entries)) == ("My mix, ranked", False, 12)
    assert made.entries[0]["name"] == f"Song {first}"


async def test_a_groups_playlist_goes_to_the_account_of_whoever_asks(outside: Outside):
    room = outside.room
    for i in range(20):
        outside.recco.knows(spotify_id(i), energy=i / 20)
    await outside.connect("Ada", "ada")
    await outside.link("Ada", url=outside.playlist())
    await room.slash("Ada", "playlist share", playlist="My mix")
    await room.slash("Ada", "session start", name="Friday", rounds=1, length=5)
    await sessions.press(room, "Ben", "join")
    await sessions.press(room, "Ada", "begin")
    _, shown = await sessions.at_round(room, 1)
    for who in ("Ada", "Ben"):
        await room.human.click(who, shown, sessions.ballot(shown, 7))
    await sessions.in_phase(room, Phase.REVEAL)
    await sessions.press(room, "Ada", "playlist")
    session = await sessions.in_phase(room, Phase.PLAYLIST)

    async def make_it(who: str) -> str:
        handed = await sessions.press(room, who, "export")
        button = await eventually(lambda: custom_ids(room.message(who, handed["id"])))
        answer = await room.human.click(who, room.message(who, handed["id"]), button[0])
        assert answer["flags"] & 64
        return await room.last_word(who, answer)

    assert "`/spotify connect`" in await make_it("Ben")
    said = await make_it("Ada")
    assert "private to you, with 5 tracks" in said
    made = outside.spotify.playlists[said.split("/playlist/")[1].split(">")[0]]
    assert (made.name, made.public, made.owner) == ("Friday", False, "ada")
    assert room.bot is not None
    playlists = room.bot.services.playlists
    (linked,) = await playlists.of(int(room.human.member("Ada").id))
    tracks = await playlists.tracks(linked.id)
    titles = {one.id: one.title for one in tracks}
    assert [one["name"] for one in made.entries] == [titles[slot.track_id] for slot in session.slots]


async def test_without_spotify_the_bot_says_what_to_do_instead(room: Room):
    async def link(**options: Any) -> str:
        return await room.last_word("Ada", await room.slash("Ada", "playlist link", **options))

    said = await link(url="https://open.spotify.com/playlist/4uLU6hMCjMI75M1A2tKUQC")
    assert "not set up on this bot" in said
    assert "Exportify" in said
    assert "not set up" in await link(mine="liked:")
    assert "not set up" in words(await room.slash("Ada", "spotify connect"))
    assert "No Spotify account" in words(await room.slash("Ada", "spotify disconnect"))
    assert "1 track" in await link(url="https://open.spotify.com/track/4uLU6hMCjMI75M1A2tKUQC")
