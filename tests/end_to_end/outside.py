"""A room with a Spotify and a ReccoBeats around it, on loopback."""

from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp

from bot.safe.keys import Keyring
from tests.end_to_end.people import custom_ids, words
from tests.end_to_end.room import Room, a_room
from tests.fakes.reccobeats import FakeReccoBeats
from tests.fakes.spotify import FakeSpotify, track
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
