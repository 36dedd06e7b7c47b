"""What members see of a Spotify in trouble, and that nobody's trouble is another's: the real client on the sandbox."""

import asyncio
import sqlite3
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing
from typing import Any

import pytest
from aiohttp import web

from bot.sources.queue import Shares
from tests.end_to_end.outside import Outside
from tests.end_to_end.people import button, playlist_csv, words
from tests.fakes.faults import Handler
from tests.fakes.spotify import spotify_id, track

FILES = ["playlist.csv", "playlist.m3u8", "playlist.xspf"]


def rows(outside: Outside, query: str) -> list[Any]:
    with closing(sqlite3.connect(outside.room.config.database)) as database, database:
        return database.execute(query).fetchall()


@asynccontextmanager
async def held(outside: Outside, path: str, number: int = 1) -> AsyncIterator[asyncio.Event]:
    """Hold the answer to the nth request to a path until the block ends; the event says that it is held."""
    faults = outside.spotify.faults
    around, arrived, free, left = faults.around, asyncio.Event(), asyncio.Event(), number

    async def holding(request: web.Request, handler: Handler) -> web.StreamResponse:
        nonlocal left
        if path in request.path:
            left -= 1
            if left == 0:
                answer = await around(request, handler)
                arrived.set()
                await free.wait()
                return answer
        return await around(request, handler)

    faults.around = holding  # type: ignore[method-assign]
    try:
        yield arrived
    finally:
        free.set()
        faults.around = around  # type: ignore[method-assign]


# --- a disconnect wins every race


async def test_a_list_on_its_last_page_is_not_kept_after_a_disconnect(outside: Outside):
    await outside.connect("Ada", "ada")
    url = outside.playlist(tracks=120)
    async with held(outside, "/items", 3) as last_page:
        linking = asyncio.create_task(outside.link("Ada", url=url))
        await last_page.wait()
        assert "is forgotten" in words(await outside.room.slash("Ada", "spotify disconnect"))
    assert "You ended this connection" in await linking
    assert rows(outside, "SELECT count(*) FROM playlists") == [(0,)]
    assert rows(outside, "SELECT count(*) FROM tracks") == [(0,)]
    await outside.connect("Ada", "ada")
    async with held(outside, "/items", 3) as last_page:
        linking = asyncio.create_task(outside.link("Ada", url=url))
        await last_page.wait()
        await outside.room.slash("Ada", "spotify disconnect")
        await outside.connect("Ada", "another")
    assert "You ended this connection" in await linking, "nor under another permission that was given since"
    assert rows(outside, "SELECT count(*) FROM playlists") == [(0,)]


@pytest.mark.parametrize("path", ["/api/token", "/me"])
async def test_a_permission_in_mid_exchange_is_not_kept_after_a_disconnect(outside: Outside, path: str):
    outside.spotify.user("ada")
    answer, url = await outside.begin("Ada")
    landed = await outside.agree(url, "ada")
    async with held(outside, path) as exchanging:
        connecting = asyncio.create_task(outside.paste("Ada", answer, landed))
        await exchanging.wait()
        await outside.room.slash("Ada", "spotify disconnect")
    assert "You ended this connection" in await connecting
    assert rows(outside, "SELECT count(*) FROM spotify_accounts") == [(0,)]


async def test_a_renewal_under_way_brings_no_permission_back(outside: Outside):
    await outside.connect("Ada", "ada")
    rows_before = rows(outside, "SELECT generation FROM spotify_accounts")
    outside.spotify.token_life = 1  # over at once, for ours ends a minute early
    outside.spotify.forget_tokens()
    url = outside.playlist()
    async with held(outside, "/api/token") as renewing:
        linking = asyncio.create_task(outside.link("Ada", url=url))
        await renewing.wait()
        await outside.room.slash("Ada", "spotify disconnect")
    assert "You ended this connection" in await linking
    assert len(rows_before) == 1
    assert rows(outside, "SELECT count(*) FROM spotify_accounts") == [(0,)]


# --- what Spotify says of a permission, and what it does not


async def test_an_accounts_service_in_trouble_ends_no_permission(outside: Outside):
    await outside.connect("Ada", "ada")
    outside.spotify.forget_tokens()
    url = outside.playlist()
    for status, body in ((400, '{"error": "server_error"}'), (401, "{}"), (403, "no"), (404, '{"error": 5}')):
        outside.spotify.faults.add("json", path="/api/token", times=99, status=status, body=body)
        assert "is not answering properly" in await outside.link("Ada", url=url)
        outside.spotify.faults.waiting.clear()
    assert "Linked **My mix**" in await outside.link("Ada", url=url), "the permission is there"


@pytest.mark.parametrize("why", ["unlisted", "unreadable"])
async def test_a_permission_of_no_use_leaves_what_unconnected_members_get(outside: Outside, why: str):
    await outside.connect("Ada", "ada")
    if why == "unlisted":
        outside.spotify.user("ada").listed = False
    else:
        with closing(sqlite3.connect(outside.room.config.database, timeout=60)) as database, database:
            database.execute("UPDATE spotify_accounts SET sealed = x'00'")
    said = {"unlisted": "you are not on its list", "unreadable": "key of this bot has changed"}[why]
    outside.spotify.catalogue([*(track(i) for i in range(10)), track(50)])
    album = f"https://open.spotify.com/album/{track(0)['album']['id']}"
    assert "**Album 0**: 10 tracks" in await outside.link("Ada", url=album)
    assert rows(outside, "SELECT through_account FROM playlist_origins") == [(0,)], "it did not come through an account"
    assert "1 track" in await outside.link("Ada", url=f"https://open.spotify.com/track/{spotify_id(3)}")
    assert "1 found" in words(await outside.room.link("Ada", ("n.txt", b"Artist 5 - Song 50\nArtist 9 - Nothing\n")))
    assert said in await outside.link("Ada", mine="liked:")
    assert said in await outside.link("Ada", url=outside.playlist(7)), "where the app itself may not read"
    exported = await outside.room.slash("Ada", "spotify export", playlist="Album 0")
    assert [one["filename"] for one in exported["attachments"]] == FILES
    assert said in words(exported)
    assert rows(outside, "SELECT count(*) FROM spotify_accounts") == [(1,)], "it may be of use again"


@pytest.mark.parametrize("kind", ["403", "401", "404", "429", "503", "lost", "cut"])
async def test_whatever_spotify_refuses_the_member_gets_the_files(outside: Outside, kind: str):
    await outside.connect("Ada", "ada")
    await outside.link("Ada", url=outside.playlist(tracks=14))
    outside.spotify.faults.add(kind, path="/items", method="POST", times=99, retry_after="9999")
    if kind == "lost":  # it is done, and so are the looks at what stands
        outside.spotify.faults.add("503", path="/items", method="GET", times=99)
    exported = await outside.room.slash("Ada", "spotify export", playlist="My mix")
    assert [one["filename"] for one in exported["attachments"]] == FILES
    (_, made) = outside.spotify.playlists.values()
    assert f"0 of 14 tracks stand on <https://open.spotify.com/playlist/{made.id}>" in words(exported)
    outside.spotify.faults.waiting.clear()
    if kind not in {"401", "429"}:  # which are kept to
        said = words(await outside.room.slash("Ada", "spotify export", playlist="My mix"))
        assert f"with 14 tracks: <https://open.spotify.com/playlist/{made.id}>" in said
        assert len(made.entries) == 14
        assert len(outside.spotify.playlists) == 2


# --- the quota


async def test_a_half_read_list_is_kept_until_the_quota_returns(outside: Outside):
    await outside.connect("Ada", "ada")
    outside.spotify.user("ada").liked = outside.spotify.catalogue([track(i) for i in range(400)])
    outside.spotify.faults.add("429", path="/me/tracks", after=4, retry_after="36000", reason="QUOTA_EXCEEDED", times=9)
    said = await outside.link("Ada", mine="liked:")
    assert "ask me again in 10 hours. I have read" in said
    assert "link it again then, and I go on from there" in said
    assert "hour," not in said, "and not within another time"
    assert rows(outside, "SELECT link, through_account FROM half_read_lists") == [("liked:", 1)]
    outside.spotify.faults.waiting.clear()
    await outside.room.restart()  # as good as ten hours later
    before = outside.spotify.asked("/me/tracks")
    assert "**Liked songs**: 400 tracks" in await outside.link("Ada", mine="liked:")
    assert outside.spotify.asked("/me/tracks") - before <= 8 - 4 + 1, "the first page, and those that were missing"
    ((playlist_id,),) = rows(outside, "SELECT id FROM playlists")
    listed = await outside.room.bot.services.playlists.tracks(playlist_id)
    assert [one.title for one in listed] == [f"Song {i}" for i in range(400)]
    assert rows(outside, "SELECT * FROM half_read_lists") == []


async def test_a_half_read_list_goes_with_the_permission(outside: Outside):
    await outside.connect("Ada", "ada")
    outside.spotify.user("ada").liked = [track(i) for i in range(400)]
    outside.spotify.faults.add("429", path="/me/tracks", after=4, retry_after="36000", times=9)
    await outside.link("Ada", mine="liked:")
    assert len(rows(outside, "SELECT * FROM half_read_lists")) == 1
    await outside.room.slash("Ada", "spotify disconnect")
    assert rows(outside, "SELECT * FROM half_read_lists") == []


async def test_names_that_are_not_there_are_asked_for_once_and_doubtful_ones_offered_again(outside: Outside):
    outside.spotify.catalogue([track(2, name="Sunset over the long river")])
    names = [f"Nobody - Nothing {i}" for i in range(6)]
    file = ("names.txt", "\n".join([*names, "Artist 2 - Sunset over the"]).encode())
    assert "1 doubtful, below, 6 not there" in words(await outside.room.link("Ada", file))
    asked = outside.spotify.asked("/search")
    again = await outside.room.link("Ada", file)
    assert "1 doubtful, below, 6 not there" in words(again)
    assert outside.spotify.asked("/search") == asked
    shown = outside.room.message("Ada", again["id"])
    (choice,) = shown["components"][0]["components"]
    assert choice["options"][0]["label"] == "Artist 2 - Sunset over the long river"
    await outside.room.link("Ben", file)
    assert outside.spotify.asked("/search") == 2 * asked, "what one was told is not another's"


async def test_looking_for_names_goes_on_where_a_members_share_ended(outside: Outside):
    spotify = outside.room.bot.services.outside.spotify
    assert spotify is not None
    spotify.shares = Shares(requests=10)
    file = ("names.txt", "\n".join(f"Nobody - Nothing {i}" for i in range(25)).encode())
    said = words(await outside.room.link("Ada", file))
    assert "10 not there, 15 not looked for this time" in said
    assert "Link it again later, and I go on with the rest" in said
    assert "not there" in words(await outside.room.link("Ben", ("b.txt", b"Nobody - Else\n"))), "others have theirs"
    spotify.shares = Shares(requests=10)
    assert "20 not there, 5 not looked for" in words(await outside.room.link("Ada", file))
    spotify.shares = Shares(requests=10)
    assert "25 not there." in words(await outside.room.link("Ada", file))
    assert outside.spotify.asked("/search") == 26
    spotify.shares = Shares(requests=0)
    said = await outside.link("Ada", url=f"https://open.spotify.com/track/{spotify_id(3)}")
    assert "your share of what this bot may ask Spotify" in said


# --- everybody else


async def test_a_spotify_that_hangs_delays_nobody_elses_clicks(outside: Outside):
    room = outside.room
    await outside.connect("Ada", "ada")
    url = outside.playlist(tracks=5000)
    await room.link("Ben", ("b.csv", playlist_csv(tracks=60)))
    card = await room.slash("Ben", "rate start")
    await room.restart()
    outside.spotify.faults.add("headers", path="/items", times=999)
    outside.spotify.faults.add("hang", path="/playlists/", times=999, after=1)
    linking = asyncio.create_task(outside.link("Ada", url=url))
    while not outside.spotify.faults.met:
        await asyncio.sleep(0.01)
    assert "error" not in (await room.human.click("Ben", card, button(card, "rate", 5)))
    linked = room.link("Chloe", ("c.csv", playlist_csv(tracks=20)))  # which takes a thread
    assert "20 tracks" in words(await asyncio.wait_for(linked, 20))
    assert not linking.done()
    assert rows(outside, "SELECT count(*) FROM ratings") == [(1,)]
    assert room.bot.services.metrics.value("earmark_unanswered_total") == 0
    assert "is not answering properly" in await linking
