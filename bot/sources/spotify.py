"""Spotify's Web API, as a new app of 2026 may use it: lists become tracks, page by page, several at once."""

import asyncio
import contextlib
import time
from collections.abc import Awaitable, Callable, Generator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

from bot.domain.errors import (
    ConnectFirst,
    ConnectionGone,
    NothingThere,
    NotOnSpotify,
    PlaylistClosed,
    SpotifyBusy,
    SpotifyDown,
    SpotifyError,
    SpotifyForbids,
)
from bot.domain.features import clean
from bot.domain.names import tidy
from bot.domain.tracks import TrackSource
from bot.sources.decoding import MAX_ROWS
from bot.sources.queue import Closed, NoAnswer, Queue, Waiting
from bot.sources.spotify_analysis import analysed
from bot.sources.spotify_answers import Page, page_of, text_of, track_of, whole_number
from bot.sources.spotify_http import DEADLINE, Deadline, Forbidden, Missing, Unauthorised, ask, quiet_logs
from bot.sources.spotify_links import SpotifyLink
from bot.sources.spotify_tokens import Accounts, App, Tokens

if TYPE_CHECKING:
    from bot.sources.spotify_api import Api

PAGE = 50
ADD = 100  # tracks that one request adds to a playlist, or asks features for
ANALYSED = 500  # tracks whose analysis is fetched at once, at one request each
MEASURED = (
    "acousticness", "danceability", "energy", "instrumentalness", "key", "liveness", "loudness", "mode",
    "speechiness", "tempo", "time_signature", "valence",
)  # fmt: skip
UNFINISHED = 8  # lists half read that are remembered
REMEMBERED = 3600.0  # seconds
Progress = Callable[[int, int], Awaitable[None]]  # tracks read, tracks in all


class Access(Protocol):
    """Whose token is used."""

    @property
    def connected(self) -> bool:
        """Whether it is a member's, not the app's own."""
        ...

    async def token(self, *, fresh: bool = False) -> str: ...


@dataclass(frozen=True, slots=True)
class Own:
    """The app's own token, which sees what everybody may."""

    accounts: Accounts
    possible: bool = False  # whether members can connect instead

    @property
    def connected(self) -> bool:
        return False

    async def token(self, *, fresh: bool = False) -> str:
        with _in_words():
            return await self.accounts.own(fresh=fresh)


@dataclass(frozen=True, slots=True)
class Listing:
    """A list that was read whole."""

    name: str
    version: str  # the snapshot's id; empty where Spotify has none
    tracks: tuple[TrackSource, ...]
    local: int = 0
    episodes: int = 0
    gone: int = 0


@dataclass
class _Unfinished:
    pages: dict[int, Page] = field(default_factory=dict[int, Page])
    at: float = field(default_factory=time.monotonic)


class Spotify:
    """Reads and writes lists; `queue` is shared by everybody, as Spotify's quota is."""

    def __init__(self, app: App, *, deadline: float = DEADLINE, patience: float = 90, width: int = 6) -> None:
        quiet_logs()
        self.app = app
        self.accounts = Accounts(app, deadline)
        self.queue = Queue(width, patience)
        self._deadline = deadline
        self._session = Deadline(deadline, width)
        self._closed = False  # whether this app is known to get no features
        self._unfinished: dict[tuple[int, str, str], _Unfinished] = {}

    def close(self) -> None:
        self._session.close()
        self.accounts.close()

    async def exchange(self, code: str, verifier: str) -> Tokens:
        """Turn a code into a member's tokens; raises CodeRefused, SpotifyBusy or SpotifyDown."""
        with _in_words():
            return await self.accounts.exchange(code, verifier)

    async def renew(self, refresh: str) -> Tokens:
        """Renew a member's tokens; raises ConnectionGone, SpotifyBusy or SpotifyDown."""
        with _in_words():
            return await self.accounts.renew(refresh)

    def own(self, *, possible: bool) -> Own:
        return Own(self.accounts, possible)

    # --- lists

    async def read(
        self,
        listener_id: int,
        link: SpotifyLink,
        access: Access,
        *,
        known: str = "",
        progress: Progress | None = None,
        waiting: Waiting | None = None,
    ) -> Listing | None:
        """Read a list whole; None: it still has the version `known`. What was read before a failure is not read again.

        Raises:
            SpotifyError: see bot/domain/errors/__init__.py; SpotifyBusy and SpotifyDown say how far it came.

        """
        with self._explained(link.kind, access):
            if link.kind == "track":
                return Listing("", "", (await self.track(link.id, access, waiting),))
            name, version, first = await self._head(link, access, waiting)
            if known and version == known:
                return None
            return await self._whole(listener_id, link, access, (name, version, first), progress, waiting)

    async def _head(
        self, link: SpotifyLink, access: Access, waiting: Waiting | None
    ) -> tuple[str, str, dict[str, Any] | None]:
        """A list's name, its version where it has one, and its first page where that came along."""
        if link.kind == "playlist":
            head = await self.call(lambda api: api.playlist(link.id, fields="id,name,snapshot_id"), access, waiting)
            return tidy(text_of(head, "name"), 80), text_of(head, "snapshot_id"), None
        if link.kind == "album":
            head = await self.call(lambda api: api.album(link.id), access, waiting)
            page = head.get("tracks")
            return tidy(text_of(head, "name"), 80), "", page if isinstance(page, dict) else None
        return "", "", None

    async def _whole(
        self,
        listener_id: int,
        link: SpotifyLink,
        access: Access,
        head: tuple[str, str, dict[str, Any] | None],
        progress: Progress | None,
        waiting: Waiting | None,
    ) -> Listing:
        name, version, first = head
        first = first or await self.call(lambda api: _fetch(api, link, 0), access, waiting)
        total = min(whole_number(first, "total"), MAX_ROWS)
        with self._remembering((listener_id, link.key, version or str(total))) as pages:
            pages[0] = page_of(first, name if link.kind == "album" else "")
            todo = [offset for offset in range(PAGE, total, PAGE) if offset not in pages]

            async def read(offset: int) -> None:
                answer = await self.call(lambda api: _fetch(api, link, offset), access, waiting)
                pages[offset] = page_of(answer, name if link.kind == "album" else "")
                if progress is not None:
                    await progress(min(len(pages) * PAGE, total), total)

            try:
                await _several(read, todo, self.queue.width)
            except SpotifyError as problem:
                if isinstance(problem, SpotifyBusy | SpotifyDown):
                    problem.done, problem.total = min(len(pages) * PAGE, total), total
                raise
            read_all = [pages[offset] for offset in sorted(pages)]
        tracks = tuple(track for page in read_all for track in page.tracks)
        if not tracks:
            raise NothingThere(name=name)
        counts = {what: sum(getattr(page, what) for page in read_all) for what in ("local", "episodes", "gone")}
        return Listing(name, version, tracks, **counts)

    @contextmanager
    def _remembering(self, key: tuple[int, str, str]) -> Generator[dict[int, Page]]:
        """The pages that were read of a list; forgotten when the block ends well."""
        now = time.monotonic()
        for other in [other for other, one in self._unfinished.items() if now - one.at > REMEMBERED]:
            del self._unfinished[other]
        while len(self._unfinished) >= UNFINISHED:
            del self._unfinished[next(iter(self._unfinished))]
        kept = self._unfinished.setdefault(key, _Unfinished())
        yield kept.pages
        self._unfinished.pop(key, None)

    def forget(self, listener_id: int) -> None:
        """Drop what was read for a member."""
        for key in [key for key in self._unfinished if key[0] == listener_id]:
            del self._unfinished[key]

    # --- tracks

    async def track(self, track_id: str, access: Access, waiting: Waiting | None = None) -> TrackSource:
        """One track by its id; raise NotOnSpotify where there is none."""
        with self._explained("track", access):
            found = track_of(await self.call(lambda api: api.track(track_id), access, waiting))
        if found is None:
            raise NotOnSpotify(kind="track")
        return found

    async def search(self, query: str, access: Access, waiting: Waiting | None = None) -> list[TrackSource]:
        """The ten tracks that Spotify thinks are meant, best first."""
        with self._explained("search", access):
            answer = await self.call(lambda api: api.search(query[:200], limit=10, type="track"), access, waiting)
        found = answer.get("tracks")
        items = found.get("items") if isinstance(found, dict) else None
        return [track for item in items or () if (track := track_of(item)) is not None]

    async def sounds(
        self, track_ids: list[str], access: Access, waiting: Waiting | None = None
    ) -> dict[str, dict[str, float]] | None:
        """Spotify's own features, with what its analysis adds; None: this app may not ask (once is enough to know).

        Raises:
            SpotifyBusy, SpotifyDown: see bot/domain/errors/__init__.py.

        """
        found: dict[str, dict[str, float]] = {}
        for start in range(0, len(track_ids), ADD):
            if self._closed:
                return None
            part = track_ids[start : start + ADD]
            try:
                answer = await self.call(lambda api, part=part: api.several_measured(part), access, waiting)
            except (Unauthorised, Forbidden, Missing):
                self._closed = True
                return None
            rows = answer.get("audio_features")
            for row in rows if isinstance(rows, list) else ():
                if isinstance(row, dict):
                    values, _ = clean({name: row.get(name) for name in MEASURED})
                    found[text_of(row, "id")] = values

        async def analyse(place: int) -> None:
            name = track_ids[place]
            with contextlib.suppress(Unauthorised, Forbidden, Missing):
                answer = await self.call(lambda api: api.analysed(name), access, waiting)
                found[name] = {**found[name], **analysed(answer)}

        known = [place for place, name in enumerate(track_ids) if name in found][:ANALYSED]
        await _several(analyse, known, self.queue.width)
        return found

    # --- playlists of a member's own

    async def create_playlist(
        self, name: str, track_ids: list[str], access: Access, waiting: Waiting | None = None
    ) -> str:
        """Make a private playlist of a connected member's; returns its address."""
        with self._explained("export", access):
            made = await self.call(
                lambda api: api.current_user_playlist_create(name, public=False, description="Made by Earmark"),
                access,
                waiting,
            )
            playlist_id = text_of(made, "id")
            for start in range(0, len(track_ids), ADD):
                uris = [f"spotify:track:{track_id}" for track_id in track_ids[start : start + ADD]]
                await self.call(lambda api, uris=uris: api.add_to_playlist(playlist_id, uris), access, waiting)
        return f"https://open.spotify.com/playlist/{playlist_id}"

    async def name_of(self, access: Access) -> str:
        """What a connected member is called there."""
        with self._explained("me", access):
            me = await self.call(lambda api: api.own_profile(), access)
        return tidy(text_of(me, "display_name") or text_of(me, "id"), 80)

    # --- requests

    async def call(
        self, call: Callable[["Api"], Any], access: Access, waiting: Waiting | None = None
    ) -> dict[str, Any]:
        """Make a request; an access token that is over is renewed once."""

        async def attempt(token: str) -> Any:
            asking = asyncio.to_thread(ask, self._session, self.app.api, token, call)
            try:
                return await asyncio.wait_for(asking, 2 * self._deadline)
            except TimeoutError:
                raise NoAnswer from None

        token = await access.token()
        with _in_words():
            try:
                return await self.queue.run(lambda: attempt(token), waiting)
            except Unauthorised:
                before, token = token, await access.token(fresh=True)
                if token == before:
                    raise  # it was made a moment ago, so it is not the token's age
                return await self.queue.run(lambda: attempt(token), waiting)

    @contextmanager
    def _explained(self, kind: str, access: Access) -> Generator[None]:
        """Say what a refusal means for this member and this thing."""
        possible = getattr(access, "possible", True)
        try:
            yield
        except Unauthorised:
            if access.connected:
                raise ConnectionGone(expired=False) from None
            raise ConnectFirst(kind=kind, possible=possible) from None
        except Forbidden:
            if kind == "playlist" and not access.connected:
                raise ConnectFirst(kind=kind, possible=possible) from None
            if kind == "playlist":
                raise PlaylistClosed(kind=kind) from None
            raise SpotifyForbids(what=kind) from None
        except Missing:
            raise NotOnSpotify(kind=kind) from None


@contextmanager
def _in_words() -> Generator[None]:
    try:
        yield
    except Closed as problem:
        raise SpotifyBusy(problem.seconds, problem.daily) from None
    except NoAnswer as problem:
        raise SpotifyDown(problem.status) from None


async def _several(work: Callable[[int], Awaitable[None]], todo: list[int], width: int) -> None:
    """Do all, so many at once; the first failure ends it, and what is done stays done."""
    left = iter(todo)

    async def worker() -> None:
        for one in left:
            await work(one)

    workers = [asyncio.create_task(worker()) for _ in range(min(width, len(todo)))]
    try:
        await asyncio.gather(*workers)
    finally:
        for task in workers:
            task.cancel()
        await asyncio.gather(*workers, return_exceptions=True)


def _fetch(api: "Api", link: SpotifyLink, offset: int) -> Any:
    match link.kind:
        case "playlist":
            return api.playlist_items(link.id, limit=PAGE, offset=offset)
        case "album":
            return api.album_tracks(link.id, limit=PAGE, offset=offset)
        case "liked":
            return api.current_user_saved_tracks(limit=PAGE, offset=offset)
        case _:
            return api.current_user_top_tracks(limit=PAGE, offset=offset, time_range=link.id)
