"""Writing a playlist to Spotify: each track stands on it once, whatever answers are lost on the way."""

import asyncio
import hashlib
from collections.abc import Awaitable, Callable, Sequence
from typing import TYPE_CHECKING, Any, TypeVar

from bot.domain.errors import SpotifyDown, SpotifyError, WriteUnfinished
from bot.sources.queue import TRIES, Closed, NoAnswer, ShareSpent, Waiting
from bot.sources.spotify import Access, Spotify, in_words
from bot.sources.spotify_answers import list_of, text_of, whole_number

if TYPE_CHECKING:
    from bot.sources.spotify_api import Api

T = TypeVar("T")
BATCH = 100  # tracks that one request adds
LOOKS = (1, 4, 16)  # pauses before each look whether a request was done whose answer was lost, in those of the queue
RECENT = 50  # of a member's playlists, among which one is that was just made
UNFINISHED = 200  # playlists that are remembered as written in part
GATEWAY_TIMEOUT = 504  # who answers so does not know either


class PlaylistWriter:
    """Makes members' playlists, and remembers those that stand in part until they are gone on with."""

    def __init__(self, spotify: Spotify) -> None:
        self._spotify = spotify
        self._unfinished: dict[tuple[int | None, str], None] = {}  # by member and mark, oldest first

    def forget(self, listener_id: int) -> None:
        self._unfinished = {key: None for key in self._unfinished if key[0] != listener_id}

    async def write(self, name: str, track_ids: Sequence[str], access: Access, waiting: Waiting | None = None) -> str:
        """Make a private playlist of a connected member's, or go on with it; returns its address.

        Raises:
            WriteUnfinished: it stands in part, or may; the same again goes on from there.
            SpotifyError: nothing was made.

        """
        mark = hashlib.sha256("\n".join([name, *track_ids]).encode()).hexdigest()[:12]
        key = (access.listener_id, mark)
        made, written = "", 0
        try:
            if key in self._unfinished and (made := await self._find(mark, access)):
                written = await self._count(made, access)
            self._remember(key)
            made = made or await self._make(name, mark, access, waiting)
            while written < len(track_ids):
                written = await self._add(made, track_ids, written, access, waiting)
        except NoAnswer as problem:
            raise WriteUnfinished(_url(made), written, len(track_ids), SpotifyDown(problem.status)) from None
        except SpotifyError as problem:
            if made:
                raise WriteUnfinished(_url(made), written, len(track_ids), problem) from None
            raise
        self._unfinished.pop(key, None)
        return _url(made)

    def _remember(self, key: tuple[int | None, str]) -> None:
        while len(self._unfinished) >= UNFINISHED:
            del self._unfinished[next(iter(self._unfinished))]
        self._unfinished[key] = None

    async def _make(self, name: str, mark: str, access: Access, waiting: Waiting | None) -> str:
        async def make() -> str:
            said = f"Made by Earmark ({mark})"
            made = await self._post(
                lambda api: api.current_user_playlist_create(name, public=False, description=said), access, waiting
            )
            if not text_of(made, "id").isalnum():
                raise NoAnswer
            return text_of(made, "id")

        return await self._once(make, lambda: self._find(mark, access))

    async def _add(
        self, playlist_id: str, track_ids: Sequence[str], start: int, access: Access, waiting: Waiting | None
    ) -> int:
        """Add the tracks that follow; returns how many are on it then."""
        uris = [f"spotify:track:{track_id}" for track_id in track_ids[start : start + BATCH]]
        until = start + len(uris)

        async def add() -> int:
            await self._post(lambda api: api.add_to_playlist(playlist_id, uris), access, waiting)
            return until

        async def look() -> int:
            return until if await self._count(playlist_id, access) >= until else 0

        return await self._once(add, look)

    async def _once(self, do: Callable[[], Awaitable[T]], look: Callable[[], Awaitable[T]]) -> T:
        """Do what must not be done twice; where the answer is lost, look whether it was done.

        Raises NoAnswer where nobody knows: a request without an answer may be at work still, so it is not sent again.
        """
        lost = NoAnswer()
        for _ in range(TRIES):
            try:
                return await do()
            except NoAnswer as problem:
                lost = problem
            if lost.unsent:
                raise SpotifyDown(lost.status)
            looked = False
            for pause in LOOKS:
                await asyncio.sleep(pause * self._spotify.queue.pause)
                try:
                    if done := await look():
                        return done
                    looked = True
                except SpotifyError:
                    looked = False
            if not looked or lost.status in {0, GATEWAY_TIMEOUT}:
                break
        raise lost

    async def _post(self, call: Callable[["Api"], Any], access: Access, waiting: Waiting | None) -> dict[str, Any]:
        with self._spotify.explained("export", access):
            try:
                return await self._spotify.ask(call, access, waiting, tries=1)
            except (Closed, ShareSpent):
                with in_words():
                    raise

    async def _find(self, mark: str, access: Access) -> str:
        """The id of the member's playlist with this mark, or ""; one that was deleted can still be read by its id."""
        with self._spotify.explained("export", access):
            answer = await self._spotify.call(lambda api: api.current_user_playlists(limit=RECENT), access)
        listed = [one for one in list_of(answer, "items") if isinstance(one, dict)]
        return next((text_of(one, "id") for one in listed if f"({mark})" in text_of(one, "description")), "")

    async def _count(self, playlist_id: str, access: Access) -> int:
        with self._spotify.explained("export", access):
            answer = await self._spotify.call(
                lambda api: api.playlist_items(playlist_id, fields="total", limit=1), access
            )
        return whole_number(answer, "total")


def _url(playlist_id: str) -> str:
    return f"https://open.spotify.com/playlist/{playlist_id}" if playlist_id else ""
