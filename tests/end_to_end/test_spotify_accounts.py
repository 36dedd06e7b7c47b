"""Members and their Spotify accounts: connecting, what ends it, and what is kept where."""

import asyncio
import sqlite3
import time
from contextlib import closing
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import aiohttp
import pytest

from bot.serving.app import serving
from tests.end_to_end.outside import Outside, outside_of
from tests.end_to_end.people import eventually, words
from tests.end_to_end.test_account import confirm
from tests.fakes.spotify import spotify_id, track
from tests.openapi import DiscordSpec
from tests.spotify_spec import SpotifySpec


async def test_a_member_who_is_not_on_the_list_hears_it_at_once(outside: Outside):
    outside.spotify.user("ben", listed=False)
    assert "five listed people" in await outside.connect("Ben", "ben")


async def test_a_code_counts_once_and_a_state_is_its_members(outside: Outside):
    answer, url = await outside.begin("Ada")
    outside.spotify.user("ada")
    landed = await outside.agree(url, "ada")
    assert "It was not you who asked" in await outside.paste("Ben", (await outside.begin("Ben"))[0], landed), (
        "a stolen state"
    )
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
    with closing(sqlite3.connect(outside.room.config.database)) as database, database:
        assert database.execute("SELECT count(*) FROM spotify_accounts").fetchone() == (0,)
        assert database.execute("SELECT count(*) FROM tracks").fetchone() == (1,)


async def test_an_erasure_ends_what_was_begun_at_spotify(outside: Outside):
    await outside.room.link("Ada", ("Kept.csv", b"Track Name,Artist Name\nAir,Bach\n"))
    outside.spotify.user("ada")
    answer, url = await outside.begin("Ada")
    landed = await outside.agree(url, "ada")
    assert "is erased" in await confirm(outside.room, "Ada", "ERASE")
    assert "used already" in await outside.paste("Ada", answer, landed)
    assert "nothing stored about you" in words(await outside.room.slash("Ada", "account show"))


async def test_neither_what_is_read_nor_a_permission_half_given_survives_an_erasure(outside: Outside):
    outside.spotify.catalogue([track(1)])
    outside.spotify.user("ada")
    answer, url = await outside.begin("Ada")
    landed = await outside.agree(url, "ada")
    outside.spotify.faults.delay = 1.5
    for work in (
        outside.paste("Ada", answer, landed),  # first, for an erasure ends every way that was begun
        outside.link("Ada", url=f"https://open.spotify.com/track/{spotify_id(1)}"),
    ):
        await outside.room.link("Ada", ("Kept.csv", b"Track Name,Artist Name\nAir,Bach\n"))
        outside.spotify.faults.begun = 0
        working = asyncio.create_task(work)
        await eventually(lambda: outside.spotify.faults.begun)
        assert "is erased" in await confirm(outside.room, "Ada", "ERASE")
        assert "kept nothing" in await working
        assert "nothing stored about you" in words(await outside.room.slash("Ada", "account show"))


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
        serving(outside.room.config, outside.room.bot.services, lambda: True),
        aiohttp.ClientSession() as browser,
    ):
        answer, url = await outside.begin("Ada")
        outside.spotify.user("ada")
        landed = await outside.agree(url, "ada")
        assert urlsplit(landed).port == unused_port
        form = parse_qs(urlsplit(landed).query)
        for changes_nothing in (browser.get, browser.head, browser.get):
            async with changes_nothing(landed) as page:
                assert page.status == 200
                shown = await page.text()
                assert "cdn.discord" not in page.headers["Content-Security-Policy"]
                assert f"img-src {outside.room.sandbox.url}" in page.headers["Content-Security-Policy"]
        assert shown.count("@ada") == 3, "the handle, which nobody else has"
        assert f'<img src="{outside.room.sandbox.url}/' in shown
        assert f'name=state value="{form["state"][0]}"' in shown
        for foreign in ({"Origin": "https://example.org"}, {"Sec-Fetch-Site": "cross-site"}, {"Origin": "null"}):
            async with browser.post(landed, data=form, headers=foreign) as page:
                assert page.status == 403
        async with browser.post(landed, data={"code": form["code"]}, headers={"Origin": here}) as page:
            assert page.status == 400, "the state stands in the address alone"
        assert "`/spotify connect`" in await outside.link("Ada", mine="liked:"), "nothing is connected yet"
        browsers = {"Origin": here, "Sec-Fetch-Site": "same-origin"}
        async with browser.post(landed, data=form, headers=browsers) as page:
            assert page.status == 200
            assert "is connected" in await page.text()
            assert page.headers["Referrer-Policy"] == "same-origin"
        assert "Connected to **Ada**" in await outside.room.last_word("Ada", answer)
        async with browser.post(landed, data=form, headers=browsers) as page:
            assert page.status == 400
            assert "used already" in await page.text()
        async with browser.get(landed) as page:
            assert page.status == 400
            assert "used already" in await page.text()
        async with browser.get(f"{here}/spotify/callback?state=<script>&code=1") as page:
            assert page.status == 400
            assert "<script>" not in await page.text()


async def test_without_a_key_nobody_connects_and_the_command_is_named(
    tmp_path: Path, discord_spec: DiscordSpec | None, spotify_spec: SpotifySpec | None
):
    async with outside_of(tmp_path, discord_spec, spotify_spec, keys=()) as outside:
        said = words(await outside.room.slash("Ada", "spotify connect"))
        assert "`earmark key`" in said
        assert "EARMARK_KEYS" in said
        assert "can't connect" in await outside.link("Ada", mine="liked:")
