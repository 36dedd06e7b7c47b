"""Members, Spotify and ReccoBeats: the real client on the sandbox, both services on loopback."""

import sqlite3
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import aiohttp
import pytest

from bot.app import serving
from bot.domain_session import Phase
from bot.keys import Keyring
from tests.end_to_end import test_sessions as sessions
from tests.end_to_end.conftest import Room, a_room
from tests.end_to_end.people import custom_ids, eventually, playlist_csv, words
from tests.fakes.reccobeats import FakeReccoBeats
from tests.fakes.spotify import FakeSpotify, episode, isrc, local_file, spotify_id, track
from tests.openapi import DiscordSpec
from tests.spotify_spec import SpotifySpec


class Outside:
    """A room, with a Spotify and a ReccoBeats around it."""

    def __init__(self, room: Room, spotify: FakeSpotify, recco: FakeReccoBeats) -> None:
        self.room, self.spotify, self.recco = room, spotify, recco

    async def link(self, who: str, **options: Any) -> str:
        answer = await self.room.slash(who, "playlist link", **options)
        return await self.room.last_word(who, answer)

    async def begin(self, who: str) -> tuple[dict[str, Any], str]:
        """Ask to connect; the answer, and the address in it."""
        answer = await self.room.slash(who, "spotify connect")
        return answer, words(answer).split("](<", 1)[1].split(">)", 1)[0]

    async def agree(self, url: str, user: str) -> str:
        """Agree on Spotify's page as this user of theirs ("" declines); where the browser lands."""
        async with (
            aiohttp.ClientSession() as browser,
            browser.get(url, headers={"X-User": user}, allow_redirects=False) as page,
        ):
            assert page.status == 302, await page.text()
            return page.headers["Location"]

    async def paste(self, who: str, answer: dict[str, Any], address: str) -> str:
        opened = await self.room.human.click(who, answer, custom_ids(answer)[0])
        field = opened["modal"]["components"][0]["component"]["custom_id"]
        return words(await self.room.human.modal(who, opened, {field: address}))

    async def connect(self, who: str, user: str) -> str:
        self.spotify.user(user)
        answer, url = await self.begin(who)
        return await self.paste(who, answer, await self.agree(url, user))

    def playlist(self, number: int = 1, owner: str = "ada", tracks: int = 20, name: str = "My mix", **more: Any) -> str:
        made = self.spotify.playlist(number, name, owner, [track(i) for i in range(tracks)], **more)
        return f"https://open.spotify.com/playlist/{made.id}?si=tracker"


@asynccontextmanager
async def outside_of(
    tmp_path: Path, discord_spec: DiscordSpec | None, spec: SpotifySpec | None, **settings: Any
) -> Any:
    async with FakeSpotify() as spotify, FakeReccoBeats() as recco:
        base = {
            "spotify_client_id": spotify.client_id,
            "spotify_client_secret": spotify.client_secret,
            "spotify_api": f"{spotify.url}/v1/",
            "spotify_accounts": spotify.url,
            "reccobeats": recco.url,
            "features": ("file", "audio", "reccobeats"),
            "keys": (Keyring.new(),),
        }
        async with a_room(tmp_path, discord_spec, **{**base, **settings}) as room:
            spotify.redirects.add(room.config.redirect_uri)
            room.human.timeout = 30  # seconds; a first training starts a process
            yield Outside(room, spotify, recco)
        if spec is not None:
            assert spec.problems(spotify.exchanges, broken=spotify.faults.met > 0) == []


@pytest.fixture(scope="session")
def spotify_spec() -> SpotifySpec | None:
    return SpotifySpec.find()


@pytest.fixture
async def outside(
    tmp_path: Path, discord_spec: DiscordSpec | None, spotify_spec: SpotifySpec | None
) -> AsyncIterator[Outside]:
    async with outside_of(tmp_path, discord_spec, spotify_spec) as made:
        yield made


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


async def test_a_file_is_completed_and_says_from_where(outside: Outside):
    rows = ["Track URI,Track Name,Artist Name(s),Energy,Tempo"]
    for i in range(98):
        energy = f"0.{i},120" if i < 60 else ","
        rows.append(f"spotify:track:{spotify_id(i)},Song {i},Artist,{energy}")
    for i in range(50, 91):
        outside.recco.knows(spotify_id(i))
    answer = await outside.room.link("Ada", ("Mine.csv", "\n".join(rows).encode()))
    assert "Features for 91 of 98: 60 from the file, 31 from ReccoBeats; 7 unknown" in words(answer)


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
        ("https://music.apple.com/us/playlist/x", "cannot read links to music.apple.com"),
        ("https://open.spotify.com/playlist/0000000000000000000000", "no such playlist"),
        ("Bach", "do not find"),
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


async def test_a_member_who_is_not_on_the_list_hears_it_at_once(outside: Outside):
    outside.spotify.user("ben", listed=False)
    assert "five listed people" in await outside.connect("Ben", "ben")


async def test_a_code_counts_once_and_a_state_is_its_members(outside: Outside):
    answer, url = await outside.begin("Ada")
    outside.spotify.user("ada")
    landed = await outside.agree(url, "ada")
    assert "not begun by you" in await outside.paste("Ben", (await outside.begin("Ben"))[0], landed), "a stolen state"
    assert "Connected" in await outside.paste("Ada", answer, landed), "it stayed its owner's"
    again, url = await outside.begin("Ada")
    assert "used already" in await outside.paste("Ada", again, landed)
    landed = await outside.agree(url, "ada")
    used = landed.split("code=")[1].split("&")[0]
    outside.spotify._codes.pop(used)
    assert "each works once" in await outside.paste("Ada", again, landed)
    declined, url = await outside.begin("Ada")
    assert "did not agree" in await outside.paste("Ada", declined, await outside.agree(url, ""))
    assert "not the address" in await outside.paste("Ada", declined, "http://127.0.0.1:8888/")


async def test_two_members_connect_at_once_each_to_their_own(outside: Outside):
    outside.spotify.user("ada")
    outside.spotify.user("ben")
    first, first_url = await outside.begin("Ada")
    second, second_url = await outside.begin("Ben")
    assert "**Ben**" in await outside.paste("Ben", second, await outside.agree(second_url, "ben"))
    assert "**Ada**" in await outside.paste("Ada", first, await outside.agree(first_url, "ada"))


async def test_a_permission_that_was_revoked_or_is_too_old_is_said(outside: Outside):
    await outside.connect("Ada", "ada")
    url = outside.playlist(tracks=300)
    outside.spotify.revoke("ada")
    assert "no longer lets me use your account" in await outside.link("Ada", url=url)
    await outside.connect("Ada", "ada")
    outside.spotify.faults.add("401", path="/items", after=2, times=20)
    for grant in outside.spotify.refresh.values():
        grant.until = time.time() - 1
    said = await outside.link("Ada", url=url)
    assert "half a year old" in said, "in the middle of a list"


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


async def test_a_playlist_is_linked_even_if_nobody_says_how_it_sounds(outside: Outside):
    await outside.connect("Ada", "ada")
    outside.recco.faults.add("500", times=99)
    said = await outside.link("Ada", url=outside.playlist())
    assert "20 tracks, features for 0" in said
    assert "ReccoBeats does not answer" in said


async def test_disconnecting_takes_all_that_came_through_the_account(outside: Outside):
    await outside.connect("Ada", "ada")
    await outside.link("Ada", url=outside.playlist())
    await outside.room.link("Ada", ("Kept.csv", b"Track Name,Artist Name\nAir,Bach\n"))
    said = words(await outside.room.slash("Ada", "spotify disconnect"))
    assert "forgotten, and so is 1 playlist" in said
    seen = words(await outside.room.slash("Ada", "playlist list"))
    assert "My mix" not in seen
    assert "Kept" in seen
    assert "`/spotify connect`" in await outside.link("Ada", mine="liked:")
    assert "No Spotify account" in words(await outside.room.slash("Ada", "spotify disconnect"))
    with sqlite3.connect(outside.room.config.database) as database:
        assert database.execute("SELECT count(*) FROM spotify_accounts").fetchone() == (0,)
        assert database.execute("SELECT count(*) FROM tracks").fetchone() == (1,)


async def test_no_token_stands_in_the_files_or_the_log(outside: Outside, caplog: pytest.LogCaptureFixture):
    caplog.set_level("DEBUG")
    await outside.connect("Ada", "ada")
    outside.spotify.forget_tokens()
    url = outside.playlist()
    await outside.link("Ada", url=url)
    await outside.room.restart()
    outside.spotify.playlists[spotify_id(1, "playlist")].snapshot = "2"
    assert "Updated **My mix**" in await outside.link("Ada", url=url), "the permission lives on after a restart"
    files = [file for file in outside.room.config.data.rglob("*") if file.is_file()]
    stored = b"".join(file.read_bytes() for file in files)
    assert b"My mix" in stored, "the right files were searched"
    tokens = [one for one in outside.spotify.secrets if not one.startswith("code")]
    assert len(tokens) >= 4
    assert [token for token in tokens if token.encode() in stored] == []
    assert [token for token in tokens if token in caplog.text] == []
    assert outside.spotify.client_secret not in caplog.text


async def test_spotify_leads_back_to_a_page_of_ours(
    tmp_path: Path, discord_spec: DiscordSpec | None, spotify_spec: SpotifySpec | None, unused_port: int
):
    here = f"http://127.0.0.1:{unused_port}"
    async with (
        outside_of(tmp_path, discord_spec, spotify_spec, public_url=here) as outside,
        serving(outside.room.config, outside.room.bot),
        aiohttp.ClientSession() as browser,
    ):
        answer, url = await outside.begin("Ada")
        outside.spotify.user("ada")
        landed = await outside.agree(url, "ada")
        assert urlsplit(landed).port == unused_port
        async with browser.get(landed) as page:
            assert page.status == 200
            assert "is connected" in await page.text()
            assert page.headers["Referrer-Policy"] == "no-referrer"
        assert "Connected to **Ada**" in await outside.room.last_word("Ada", answer)
        async with browser.get(landed) as page:
            assert page.status == 400
            assert "used already" in await page.text()
        async with browser.get(f"{here}/spotify/callback?state=<script>&code=1") as page:
            assert page.status == 400
            assert "<script>" not in await page.text()


async def train(outside: Outside, who: str) -> None:
    """Link a file and rate enough of it to be known."""
    bot = outside.room.bot
    await outside.room.link(who, ("Mine.csv", playlist_csv(tracks=14)))
    person = int(outside.room.human.member(who).id)
    for place, one in enumerate(await bot.services.playlists.visible_tracks(person, None)):
        await bot.services.ratings.rate(person, one.id, 1 + place % 10)
    await outside.room.slash(who, "retrain")


async def test_tracks_that_nobody_linked_are_found_measured_and_predicted(outside: Outside):
    await train(outside, "Ada")
    outside.spotify.catalogue([track(i, name=f"Tune {'xyz'[i]}") for i in range(3)])
    outside.spotify.catalogue([track(100, name="Tune y", external_ids={"isrc": isrc(1)})])
    outside.recco.knows(spotify_id(0))
    outside.recco.knows(spotify_id(77), isrc(1))

    async def ask(asked: str) -> str:
        return await outside.room.last_word("Ada", await outside.room.slash("Ada", "predict track", track=asked))

    said = await ask(f"https://open.spotify.com/intl-de/track/{spotify_id(0)}?si=1")
    assert "**Tune x**" in said
    assert "# " in said
    assert "(" in said
    by_code = await ask(isrc(1))
    assert "**Tune y**" in by_code
    assert "# " in by_code
    assert (await ask(f"spotify:track:{spotify_id(100)}")) == by_code, "the same recording under another id"
    assert "nothing is known about how **Tune z**" in await ask(f"spotify:track:{spotify_id(2)}")
    assert "**Tune x**" in await ask("Artist 0 - Tune x")
    assert "do not find" in await ask("Nobody - Nothing at all")
    assert "no such track" in await ask(f"spotify:track:{'0' * 22}")
    with sqlite3.connect(outside.room.config.database) as database:
        titles = [row[0] for row in database.execute("SELECT title FROM tracks WHERE title LIKE 'Tune%' ORDER BY 1")]
    assert titles == ["Tune x", "Tune y", "Tune z"], "one track each"
    asked = len(outside.recco.exchanges)
    await ask(f"spotify:track:{spotify_id(2)}")
    assert len(outside.recco.exchanges) == asked, "not asked again for what it did not know"


async def test_a_doubtful_match_says_so(outside: Outside):
    await train(outside, "Ada")
    outside.spotify.catalogue([track(1, name="Tune of the morning")])
    outside.recco.knows(spotify_id(1))
    answer = await outside.room.slash("Ada", "predict track", track="Artist 1 - Tune of the")
    said = await outside.room.last_word("Ada", answer)
    assert "closest that Spotify has" in said
    assert "**Tune of the morning**" in said


async def test_predict_this_track_on_a_message_with_a_link(outside: Outside):
    await train(outside, "Ada")
    outside.spotify.catalogue([track(1)])
    outside.recco.knows(spotify_id(1))
    message = await outside.room.human.say("Ben", "general", f"try https://open.spotify.com/track/{spotify_id(1)} !")
    answer = await outside.room.human.message_command("Ada", "general", "Predict this track", message)
    assert "**Song 1**" in await outside.room.last_word("Ada", answer)


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
    tracks = await room.bot.services.playlists.tracks(1)
    titles = {one.id: one.title for one in tracks}
    assert [one["name"] for one in made.entries] == [titles[slot.track_id] for slot in session.slots]


@pytest.mark.parametrize(("mode", "known"), [("extended", 20), ("old", 0)])
async def test_spotifys_own_features_only_where_the_operator_opted_in(
    tmp_path: Path, discord_spec: DiscordSpec | None, spotify_spec: SpotifySpec | None, mode: str, known: int
):
    named = ("file", "spotify")
    async with outside_of(tmp_path, discord_spec, spotify_spec, features=named) as outside:
        outside.spotify.mode = mode
        said = await outside.link("Ada", url=outside.playlist(owner="ben"))
        assert f"20 tracks, features for {known}" in said
        assert ("20 from Spotify" in said) is bool(known)
        (one, *_) = await outside.room.bot.services.playlists.tracks(1)
        assert {name: one.features.get(name) for name in ("timbre_3", "key_changes", "mean_mode")} == (
            {"timbre_3": 4.5, "key_changes": 2, "mean_mode": pytest.approx(1 / 3)}
            if known
            else {"timbre_3": None, "key_changes": None, "mean_mode": None}
        )
        assert ("energy" in one.features) is bool(known)
        await outside.link("Ben", url=outside.playlist(2, owner="ben", tracks=30))
        if not known:
            assert outside.spotify.asked("audio-") == 1, "a single probe"
        assert not outside.recco.exchanges


async def test_by_default_spotify_is_asked_for_no_feature(outside: Outside):
    outside.spotify.mode = "extended"
    await outside.link("Ada", url=outside.playlist(owner="ben"))
    assert outside.spotify.asked("audio-") == 0


async def test_scales_are_not_mixed_and_the_report_says_so(outside: Outside):
    await outside.room.link("Ada", ("Mine.csv", playlist_csv(tracks=14)))
    outside.spotify.mode = "old"
    for i in range(5):
        outside.recco.knows(spotify_id(i))
    await outside.link("Ada", url=outside.playlist(owner="ben", tracks=5))
    bot, person = outside.room.bot, int(outside.room.human.member("Ada").id)
    for place, one in enumerate(await bot.services.playlists.visible_tracks(person, None)):
        await bot.services.ratings.rate(person, one.id, 1 + place % 10)
    said = words(await outside.room.slash("Ada", "retrain"))
    assert "19 ratings" in said
    assert "Of 5 rated tracks I used tempo, key and loudness alone" in said


async def test_pasted_names_are_found_and_doubtful_ones_are_asked_about(outside: Outside):
    outside.spotify.catalogue([track(1, name="Sunrise"), track(2, name="Sunset over the long river"), track(3)])
    for i in (1, 2):
        outside.recco.knows(spotify_id(i))
    opened = await outside.room.slash("Ada", "playlist link")
    lines = opened["modal"]["components"][1]["component"]["custom_id"]
    pasted = "Artist 1 - Sunrise\nArtist 2 - Sunset over the\nNobody - Nothing at all"
    answer = await outside.room.human.modal("Ada", opened, {lines: pasted})
    said = await outside.room.last_word("Ada", answer)
    assert "1 found, 1 doubtful, below, 1 not there" in said
    assert "3 tracks, features for 1" in said
    shown = outside.room.message("Ada", answer["id"])
    (choice,) = shown["components"][0]["components"]
    (option,) = choice["options"]
    assert option["label"] == "Artist 2 - Sunset over the long river"
    assert "% for: Artist 2 - Sunset over the" in option["description"]
    taken = await outside.room.human.select("Ada", shown, choice["custom_id"], [option["value"]])
    assert "Taken over: 1 track; now I know how 1 more" in await outside.room.last_word("Ada", taken)
    assert "features for 2" in words(await outside.room.slash("Ada", "playlist list"))


@pytest.mark.parametrize("names_first", [True, False])
async def test_a_name_and_a_link_to_one_recording_become_one_track(outside: Outside, names_first: bool):
    outside.spotify.mode = "old"
    url = outside.playlist(owner="ben", tracks=3)
    outside.spotify.catalogue([track(50, name="Song 1", artists=track(1)["artists"], external_ids={"isrc": isrc(1)})])
    if not names_first:
        await outside.link("Ada", url=url)
    answer = await outside.room.link("Ada", ("names.txt", b"Artist 1 - Song 1 (Live)\n"))
    person = int(outside.room.human.member("Ada").id)
    playlists, ratings = outside.room.bot.services.playlists, outside.room.bot.services.ratings
    assert "1 track" in words(answer)
    await outside.link("Ada", url=url)
    assert len(await playlists.visible_tracks(person, None)) == 3
    (mine,) = [one for one in await playlists.visible_tracks(person, None) if one.isrc == isrc(1)]
    await ratings.rate(person, mine.id, 9)
    assert await ratings.stars(person) == {mine.id: 9}


async def test_without_a_key_nobody_connects_and_the_command_is_named(
    tmp_path: Path, discord_spec: DiscordSpec | None, spotify_spec: SpotifySpec | None
):
    async with outside_of(tmp_path, discord_spec, spotify_spec, keys=()) as outside:
        said = words(await outside.room.slash("Ada", "spotify connect"))
        assert "`earmark key`" in said
        assert "EARMARK_KEYS" in said
        assert "cannot connect" in await outside.link("Ada", mine="liked:")


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
