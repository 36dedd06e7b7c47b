"""What a Spotify in trouble may do: to permissions, to playlists that are written, to others, and to the quota."""

import asyncio
import copy
import json
import time
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.domain.errors import (
    AppRefused,
    CodeRefused,
    ConnectionGone,
    SpotifyBusy,
    SpotifyDown,
    SpotifyError,
    WriteUnfinished,
)
from bot.sources.queue import NoAnswer, Shares, ShareSpent
from bot.sources.reccobeats import ReccoBeats
from bot.sources.spotify import Spotify
from bot.sources.spotify_answers import HalfRead, Page, page_of, track_of
from bot.sources.spotify_links import SpotifyLink
from bot.sources.spotify_writing import PlaylistWriter
from tests.fakes.reccobeats import FakeReccoBeats
from tests.fakes.spotify import FakeSpotify, spotify_id, track
from tests.sources.conftest import app_of
from tests.sources.test_spotify import Member

# --- permissions


@pytest.mark.parametrize(
    ("status", "body", "meant"),
    [
        (400, '{"error": "invalid_grant", "error_description": "Refresh token revoked"}', ConnectionGone),
        (400, '{"error": "invalid_grant", "error_description": "Refresh token expired"}', ConnectionGone),
        (400, '{"error": "invalid_client"}', AppRefused),
        (400, '{"error": "server_error"}', SpotifyDown),
        (400, '{"error": "invalid_request"}', SpotifyDown),
        (400, '{"error": {"status": 400}}', SpotifyDown),
        (400, "[]", SpotifyDown),
        (401, '{"error": "temporarily_unavailable"}', SpotifyDown),
        (403, "{}", SpotifyDown),
        (404, "<html>not found</html>", SpotifyDown),
        (200, '{"access_token": {}, "expires_in": 3600}', SpotifyDown),
        (200, '{"access_token": "a\\nb", "expires_in": 3600}', SpotifyDown),
        (200, '{"access_token": "a", "expires_in": NaN}', SpotifyDown),
    ],
)
async def test_only_invalid_grant_ends_a_permission(
    fake: FakeSpotify, spotify: Spotify, status: int, body: str, meant: type[SpotifyError]
):
    fake.faults.add("json", path="/api/token", times=99, status=status, body=body)
    with pytest.raises(meant):
        await spotify.renew("a refresh token")


async def test_a_code_is_refused_by_spotifys_word_alone(fake: FakeSpotify, spotify: Spotify):
    with pytest.raises(CodeRefused):
        await spotify.exchange("no code", "no verifier")
    fake.faults.add("json", path="/api/token", times=99, status=400, body='{"error": "server_error"}')
    with pytest.raises(SpotifyDown):
        await spotify.exchange("no code", "no verifier")


async def test_whoever_waits_for_the_apps_token_does_not_wait_again_for_the_same_failure(
    fake: FakeSpotify, spotify: Spotify
):
    fake.faults.add("hang", path="/api/token", times=99)
    own = spotify.own()
    answers = await asyncio.gather(*(own.token() for _ in range(20)), return_exceptions=True)
    assert all(isinstance(answer, SpotifyDown) for answer in answers)
    assert fake.faults.met == 3


# --- everybody else


@pytest.mark.parametrize("kind", ["hang", "headers", "drip"])
async def test_a_spotify_that_hangs_holds_no_thread_and_no_longer_than_its_deadline(
    fake: FakeSpotify, spotify: Spotify, kind: str
):
    await spotify.own().token()
    fake.faults.add(kind, path="/search", times=999)
    asking = [asyncio.create_task(spotify.search(str(i), spotify.own())) for i in range(40)]
    while not fake.faults.met:
        await asyncio.sleep(0.01)
    async with asyncio.timeout(0.9):  # before the first of the deadlines, which would set a thread free
        assert await asyncio.to_thread(lambda: 1) == 1
    with pytest.raises(SpotifyDown):
        await asking[0]
    for task in asking:
        task.cancel()
    await asyncio.gather(*asking, return_exceptions=True)


async def test_dripped_headers_end_at_reccobeats_deadline(recco: FakeReccoBeats, reccobeats: ReccoBeats):
    recco.faults.add("headers", times=9)
    started = time.monotonic()
    with pytest.raises(NoAnswer):
        await reccobeats.by_spotify_id([spotify_id(1)])
    assert time.monotonic() - started < 10


DEEP = "[" * 100_000 + "]" * 100_000


@pytest.mark.parametrize(
    "body", [DEEP, f'{{"content": {DEEP}}}', '{"content": 5}', "5", "null", '{"content": "\\ud800"}']
)
async def test_json_of_any_shape_from_reccobeats_is_no_answer(recco: FakeReccoBeats, reccobeats: ReccoBeats, body: str):
    recco.faults.add("json", times=9, body=body)
    with pytest.raises(NoAnswer):
        await reccobeats.by_spotify_id([spotify_id(1)])


async def test_rows_of_wrong_types_from_reccobeats_are_unknown(recco: FakeReccoBeats, reccobeats: ReccoBeats):
    nested = "[" * 500 + "]" * 500
    rows = f'{{"content": [{{"id": {nested}, "href": 5, "isrc": {{}}, "energy": {nested}, "tempo": "1e999"}}, [], 7]}}'
    recco.faults.add("json", times=9, body=rows)
    assert await reccobeats.by_spotify_id([spotify_id(1)]) == {}
    assert await reccobeats.by_isrc(["GBTST2600001"]) == {}


@pytest.mark.parametrize("body", [DEEP, '{"tracks": 5}', '{"tracks": {"items": 5}}', '{"tracks": {"items": [5, {}]}}'])
async def test_json_of_any_shape_from_a_search_ends_in_a_sentence(fake: FakeSpotify, spotify: Spotify, body: str):
    fake.faults.add("json", path="/search", times=9, body=body)
    try:
        assert await spotify.search("x", spotify.own()) == []
    except SpotifyDown:
        assert body == DEEP


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters()),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)


def places(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [path, *(place for key, one in inner for place in places(one, (*path, key)))]


def changed(value: Any, path: tuple[Any, ...], new: Any) -> Any:
    if not path:
        return new
    value = copy.copy(value)
    value[path[0]] = changed(value[path[0]], path[1:], new)
    return value


ANSWER = {"items": [{"is_local": False, "item": track(1)}, {"track": track(2)}, track(3)], "total": 3}


@settings(deadline=None)
@given(st.sampled_from(places(ANSWER)), JSON)
def test_any_change_of_a_page_is_a_page_or_no_answer(path: tuple[Any, ...], new: Any):
    answer = changed(ANSWER, path, new)
    try:
        page = page_of(answer if isinstance(answer, dict) else {})
    except SpotifyDown:
        return
    for one in page.tracks:
        json.dumps([one.title, one.artist, one.album, one.url, one.artwork_url], ensure_ascii=False).encode()
        assert one.duration_ms is None or 0 < one.duration_ms < 36_000_000
    assert HalfRead.from_json("1", HalfRead("1", {0: page}).to_json()).pages == {0: page}


@settings(deadline=None)
@given(JSON)
def test_what_is_kept_of_a_half_read_list_is_read_or_forgotten(value: Any):
    assert isinstance(HalfRead.from_json("1", json.dumps(value)), HalfRead)
    assert track_of(value) is None


# --- playlists that are written


@pytest.fixture
def writer(fake: FakeSpotify, spotify: Spotify) -> PlaylistWriter:
    fake.catalogue([track(i) for i in range(250)])
    return PlaylistWriter(spotify)


@pytest.mark.parametrize("kind", ["lost", "late", "cut", "hang", "truncated", "503", "504", "garbage"])
@pytest.mark.parametrize(("path", "after"), [("/me/playlists", 0), ("/items", 0), ("/items", 1)])
async def test_each_track_stands_once_whatever_answers_are_lost(
    fake: FakeSpotify, spotify: Spotify, writer: PlaylistWriter, kind: str, path: str, after: int
):
    member, wanted = Member(fake, spotify), [spotify_id(i) for i in range(250)]
    fake.faults.late = 1.2
    fake.faults.add(kind, path=path, method="POST", after=after)
    try:
        url = await writer.write("Friday", wanted, member)
    except WriteUnfinished as problem:
        stood = problem.written
        while kind == "late" and not fake.faults.done:  # what was asked for is done in the end
            await asyncio.sleep(0.05)
        url = await writer.write("Friday", wanted, member)
        assert stood == (100 if after else 0)
        assert kind in {"late", "cut", "hang", "504", "garbage"}, "everything else is seen, or done again"
    (made,) = fake.playlists.values()
    assert url.endswith(made.id)
    assert [one["id"] for one in made.entries if one] == wanted


async def test_what_spotify_refuses_in_the_middle_says_what_stands_and_goes_on_there(
    fake: FakeSpotify, spotify: Spotify, writer: PlaylistWriter
):
    member, wanted = Member(fake, spotify), [spotify_id(i) for i in range(250)]
    fake.faults.add("429", path="/items", method="POST", after=1, retry_after="36000", reason="QUOTA_EXCEEDED")
    with pytest.raises(WriteUnfinished) as caught:
        await writer.write("Friday", wanted, member)
    assert (caught.value.written, caught.value.total) == (100, 250)
    assert isinstance(caught.value.because, SpotifyBusy)
    spotify.queue._open_at = 0.0  # ten hours later
    await writer.write("Friday", wanted, member)
    (made,) = fake.playlists.values()
    assert [one["id"] for one in made.entries if one] == wanted
    assert await writer.write("Friday", wanted, member) != "", "and who asks again gets another"
    assert len(fake.playlists) == 2


# --- the quota


async def test_a_member_who_used_up_a_share_waits_and_nobody_else_does(fake: FakeSpotify):
    now = [0.0]
    spotify = Spotify(app_of(fake), deadline=5, shares=Shares(requests=4, window=600, clock=lambda: now[0]))
    fake.user("ada").liked = [track(i) for i in range(400)]
    ada, ben = Member(fake, spotify), Member(fake, spotify, "ben")
    ben.listener_id = 2
    half = HalfRead()
    with pytest.raises(SpotifyBusy) as caught:
        await spotify.read(SpotifyLink("liked"), ada, half=half)
    assert (caught.value.share, caught.value.seconds, caught.value.total) == (True, 600, 400)
    assert fake.asked("/me/tracks") == 4
    assert await spotify.search("song", ben) == []
    now[0] = 600
    with pytest.raises(SpotifyBusy):
        await spotify.read(SpotifyLink("liked"), ada, half=half)
    assert len(half.pages) == 7, "the first is read again, to see whether the list has changed"
    await spotify.close()


def test_a_share_is_a_members_own_and_comes_back_with_its_window():
    now = [0.0]
    shares = Shares(requests=2, window=10, clock=lambda: now[0])
    for member in (1, 1, 2):
        shares.take(member)
    with pytest.raises(ShareSpent) as caught:
        shares.take(1)
    assert caught.value.seconds == 10
    shares.take(2)
    now[0] = 10
    shares.take(1)


def test_pages_are_kept_as_they_were_read():
    half = HalfRead("v", {0: Page((), 1, 2, 3), 50: page_of(ANSWER)})
    assert HalfRead.from_json("v", half.to_json()) == half
