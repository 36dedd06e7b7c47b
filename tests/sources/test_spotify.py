"""Lists from a Spotify on loopback, with everything that goes wrong there."""

import asyncio
import logging
import time

import pytest

from bot.domain.errors import (
    AppRefused,
    ConnectFirst,
    ConnectionGone,
    NothingThere,
    NotOnSpotify,
    NotOnTheList,
    PlaylistClosed,
    SpotifyBusy,
    SpotifyDown,
    SpotifyForbids,
)
from bot.sources.spotify import Spotify
from bot.sources.spotify_answers import HalfRead
from bot.sources.spotify_links import SpotifyLink
from bot.sources.spotify_tokens import SCOPES, Tokens, authorize_url, new_verifier
from bot.sources.spotify_writing import PlaylistWriter
from tests.fakes.spotify import FakeSpotify, episode, local_file, spotify_id, track
from tests.sources.conftest import app_of


class Member:
    """A connected member's access, as a test holds it."""

    connected = True
    listener_id = 1

    def __init__(self, fake: FakeSpotify, spotify: Spotify, name: str = "ada") -> None:
        fake.user(name)
        granted = fake._grant(name, scope=" ".join(SCOPES))
        self.tokens = Tokens(granted["access_token"], granted["refresh_token"], time.time() + 3600)
        self.spotify = spotify

    async def token(self, *, fresh: bool = False) -> str:
        if fresh:
            self.tokens = await self.spotify.accounts.renew(self.tokens.refresh)
        return self.tokens.access


@pytest.fixture
def member(fake: FakeSpotify, spotify: Spotify) -> Member:
    return Member(fake, spotify)


def mine(fake: FakeSpotify, tracks: int = 120, **values) -> SpotifyLink:
    made = fake.playlist(1, "My mix", values.pop("owner", "ada"), [track(i) for i in range(tracks)], **values)
    return SpotifyLink("playlist", made.id)


async def test_a_playlist_is_read_whole_and_in_order(fake: FakeSpotify, spotify: Spotify, member: Member):
    link = mine(fake)
    fake.playlists[link.id].entries[3:3] = [local_file(), episode(), None]
    seen: list[tuple[int, int]] = []

    async def progress(done: int, total: int) -> None:
        seen.append((done, total))

    listing = await spotify.read(link, member, progress=progress)
    assert listing is not None
    assert [one.spotify_id for one in listing.tracks] == [spotify_id(i) for i in range(120)]
    assert (listing.name, listing.local, listing.episodes, listing.gone) == ("My mix", 1, 1, 1)
    first = listing.tracks[0]
    assert (first.title, first.artist, first.album, first.isrc) == ("Song 0", "Artist 0", "Album 0", "GBTST2600000")
    assert first.features == {}, "nothing of Spotify's is learned from"
    assert seen[-1] == (123, 123)


@pytest.mark.parametrize("mode", ["old", "extended"])
async def test_older_apps_read_public_playlists_without_anybodys_account(
    fake: FakeSpotify, spotify: Spotify, mode: str
):
    fake.mode = mode
    listing = await spotify.read(mine(fake, 60), spotify.own(possible=True))
    assert listing is not None
    assert len(listing.tracks) == 60, "the entry is `track` here"


async def test_an_unchanged_playlist_costs_one_request(fake: FakeSpotify, spotify: Spotify, member: Member):
    link = mine(fake)
    await spotify.read(link, member)
    before = len(fake.exchanges)
    assert await spotify.read(link, member, known="snapshot-1") is None
    assert len(fake.exchanges) == before + 1


async def test_albums_tracks_liked_songs_and_top_tracks(fake: FakeSpotify, spotify: Spotify, member: Member):
    fake.catalogue([track(i, album={**track(0)["album"], "name": "Big"}) for i in range(70)])
    album = await spotify.read(SpotifyLink("album", track(0)["album"]["id"]), spotify.own(possible=True))
    assert album is not None
    assert (len(album.tracks), album.name, album.tracks[69].album) == (70, "Big", "Big")
    one = await spotify.read(SpotifyLink("track", spotify_id(5)), spotify.own(possible=True))
    assert one is not None
    assert one.tracks[0].title == "Song 5"
    fake.user("ada").liked = [track(i) for i in range(130)]
    liked = await spotify.read(SpotifyLink("liked"), member)
    assert liked is not None
    assert len(liked.tracks) == 130
    fake.user("ada").top["long_term"] = [track(i) for i in range(55)]
    top = await spotify.read(SpotifyLink("top", "long_term"), member)
    assert top is not None
    assert len(top.tracks) == 55


async def test_what_a_new_app_may_not_read_says_so(fake: FakeSpotify, spotify: Spotify, member: Member):
    foreign = mine(fake, owner="ben")
    with pytest.raises(PlaylistClosed):
        await spotify.read(foreign, member)
    with pytest.raises(ConnectFirst):
        await spotify.read(foreign, spotify.own(possible=True))
    with pytest.raises(ConnectFirst):
        await spotify.read(SpotifyLink("liked"), spotify.own(possible=True))
    editorial = fake.playlist(2, "Hits", "spotify", [track(1)], editorial=True)
    private = fake.playlist(3, "Secret", "ben", [track(1)], public=False)
    for hidden in (editorial.id, private.id, spotify_id(99, "playlist")):
        with pytest.raises(NotOnSpotify):
            await spotify.read(SpotifyLink("playlist", hidden), member)
    empty = fake.playlist(4, "Empty", "ada", [local_file()])
    with pytest.raises(NothingThere):
        await spotify.read(SpotifyLink("playlist", empty.id), member)
    with pytest.raises(NotOnSpotify):
        await spotify.read(SpotifyLink("track", "0" * 22), member)


async def test_a_member_who_is_not_on_the_list(fake: FakeSpotify, spotify: Spotify):
    member = Member(fake, spotify, "ben")
    fake.user("ben").listed = False
    with pytest.raises(NotOnTheList):
        await spotify.read(SpotifyLink("liked"), member)


async def test_a_token_that_is_over_is_renewed_and_one_that_is_revoked_is_said(
    fake: FakeSpotify, spotify: Spotify, member: Member
):
    link = mine(fake)
    fake.forget_tokens()
    assert await spotify.read(link, member) is not None
    fake.faults.add("401", path="/items", after=1)
    assert await spotify.read(link, member) is not None
    fake.revoke("ada")
    with pytest.raises(ConnectionGone) as caught:
        await spotify.read(link, member)
    assert not caught.value.expired


async def test_permission_of_half_a_year_ago_has_ended(fake: FakeSpotify, spotify: Spotify, member: Member):
    fake.refresh[member.tokens.refresh].until = time.time() - 1
    fake.forget_tokens()
    with pytest.raises(ConnectionGone) as caught:
        await spotify.read(mine(fake), member)
    assert caught.value.expired


async def test_a_short_wait_is_waited_for_and_told_of(fake: FakeSpotify, spotify: Spotify, member: Member):
    fake.faults.add("429", path="/items", retry_after="1", after=1)
    told: list[int] = []

    async def waiting(seconds: int) -> None:
        told.append(seconds)

    started, ticks = time.monotonic(), 0
    reading = asyncio.create_task(spotify.read(mine(fake), member, waiting=waiting))
    while not reading.done():
        await asyncio.sleep(0.01)
        ticks += 1
    listing = reading.result()
    assert listing is not None
    assert len(listing.tracks) == 120
    assert time.monotonic() - started >= 1
    assert told
    assert ticks > 50, "nothing else stood still meanwhile"


async def test_a_wait_of_hours_is_said_at_once_and_kept_to(fake: FakeSpotify, spotify: Spotify, member: Member):
    link = mine(fake, 300)
    fake.faults.add("429", path="/items", retry_after="36000", reason="QUOTA_EXCEEDED", after=2)
    with pytest.raises(SpotifyBusy) as caught:
        await spotify.read(link, member)
    assert caught.value.daily
    assert caught.value.seconds > 35_000
    assert caught.value.total == 300
    assert 50 <= caught.value.done < 300
    before = len(fake.exchanges)
    with pytest.raises(SpotifyBusy):
        await spotify.read(link, member)
    assert len(fake.exchanges) == before, "not asked again before its time"


async def test_what_was_read_before_a_failure_is_not_read_again(fake: FakeSpotify, spotify: Spotify, member: Member):
    fake.user("ada").liked = [track(i) for i in range(1000)]
    fake.faults.add("503", path="/me/tracks", after=12, times=40)
    half = HalfRead()
    with pytest.raises(SpotifyDown) as caught:
        await spotify.read(SpotifyLink("liked"), member, half=half)
    assert caught.value.done >= 500
    fake.faults.waiting.clear()
    before = fake.asked("/me/tracks")
    half = HalfRead.from_json(half.version, half.to_json())
    listing = await spotify.read(SpotifyLink("liked"), member, half=half)
    assert listing is not None
    assert [one.spotify_id for one in listing.tracks] == [spotify_id(i) for i in range(1000)], "none lost, none twice"
    assert fake.asked("/me/tracks") - before <= 11


@pytest.mark.parametrize("kind", ["500", "502", "truncated", "garbage", "cut"])
async def test_a_single_failure_is_mended_and_a_lasting_one_said(
    fake: FakeSpotify, spotify: Spotify, member: Member, kind: str
):
    link = mine(fake)
    fake.faults.add(kind, path="/items", after=1)
    assert await spotify.read(link, member) is not None
    fake.faults.add(kind, path="/items", times=99)
    with pytest.raises(SpotifyDown):
        await spotify.read(link, member)


@pytest.mark.parametrize("kind", ["hang", "drip"])
async def test_a_service_that_never_ends_its_answer_is_given_up(
    fake: FakeSpotify, spotify: Spotify, member: Member, kind: str
):
    fake.faults.add(kind, path="/playlists", times=99)
    started = time.monotonic()
    with pytest.raises(SpotifyDown):
        await spotify.read(mine(fake), member)
    assert time.monotonic() - started < 8


async def test_the_requests_in_flight_are_few(fake: FakeSpotify, spotify: Spotify, member: Member):
    fake.faults.delay = 0.02
    flying, most = 0, 0
    around = fake.faults.around

    async def counting(request, handler):
        nonlocal flying, most
        flying += 1
        most = max(most, flying)
        try:
            return await around(request, handler)
        finally:
            flying -= 1

    fake.faults.around = counting
    assert await spotify.read(mine(fake, 1000), member) is not None
    assert 1 < most <= 6


async def test_a_playlist_is_written_in_hundreds(fake: FakeSpotify, spotify: Spotify, member: Member):
    fake.catalogue([track(i) for i in range(250)])
    url = await PlaylistWriter(spotify).write("Friday", [spotify_id(i) for i in range(250)], member)
    made = fake.playlists[url.rsplit("/", 1)[1]]
    assert [one["id"] for one in made.entries if one] == [spotify_id(i) for i in range(250)]
    assert (made.name, made.public, made.owner) == ("Friday", False, "ada")


async def test_search_finds_ten_at_most(fake: FakeSpotify, spotify: Spotify):
    fake.catalogue([track(i) for i in range(40)])
    found = await spotify.search("isrc:GBTST2600007", spotify.own(possible=True))
    assert [one.title for one in found] == ["Song 7"]
    assert len(await spotify.search("song", spotify.own(possible=True))) == 10


async def test_an_unknown_app_is_said(fake: FakeSpotify, spotify: Spotify):
    fake.client_secret = "another"
    with pytest.raises(AppRefused):
        await spotify.search("song", spotify.own(possible=True))


async def test_forbidden_is_not_asked_for_again(fake: FakeSpotify, spotify: Spotify, member: Member):
    fake.faults.add("403", path="/search", times=5)
    with pytest.raises(SpotifyForbids):
        await spotify.search("song", member)
    assert fake.asked("/search") == 1


async def test_no_token_is_logged_at_any_level(
    fake: FakeSpotify, spotify: Spotify, member: Member, caplog: pytest.LogCaptureFixture
):
    caplog.set_level(logging.DEBUG)
    fake.faults.add("404", path="/items")
    link = mine(fake)
    with pytest.raises(NotOnSpotify):
        await spotify.read(link, member)
    fake.forget_tokens()
    await spotify.read(link, member)
    logging.getLogger("bot.sources").debug("a canary")
    assert "a canary" in caplog.text, "the log is being read at its fullest"
    assert [secret for secret in fake.secrets if secret in caplog.text] == []
    assert "token" not in repr(member.tokens).replace("Tokens", "").lower()
    assert all(secret not in repr(member.tokens) for secret in fake.secrets)


def test_the_page_of_consent_asks_for_what_is_used(fake: FakeSpotify):
    url = authorize_url(app_of(fake), "state", new_verifier())
    assert "code_challenge_method=S256" in url
    assert "user-top-read" in url
    assert fake.client_secret not in url
