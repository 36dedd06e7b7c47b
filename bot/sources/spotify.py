"""Spotify's Web API, as a new app of 2026 may use it: lists become tracks, page by page, several at once."""

import asyncio
import contextlib
import importlib
from collections.abc import Awaitable, Callable, Generator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

from bot.domain.errors import (
    ConnectFirst,
    ConnectionGone,
    NothingThere,
    NotOnSpotify,
    PlaylistClosed,
    SpotifyBusy,
    SpotifyDown,
    SpotifyForbids,
)
from bot.domain.features import clean
from bot.domain.names import tidy
from bot.domain.tracks import TrackSource
from bot.sources.decoding import MAX_ROWS
from bot.sources.http_client import DEADLINE, HttpClient
from bot.sources.queue import TRIES, Closed, NoAnswer, Queue, Shares, ShareSpent, Waiting
from bot.sources.spotify_analysis import analysed
from bot.sources.spotify_answers import (
    Forbidden,
    HalfRead,
    Missing,
    Unauthorised,
    body_of,
    list_of,
    page_of,
    text_of,
    track_of,
    version_of,
    whole_number,
)
from bot.sources.spotify_links import SpotifyLink
from bot.sources.spotify_tokens import Accounts, App, Tokens

if TYPE_CHECKING:
    from bot.sources.spotify_api import Api

PAGE = 50
BATCH = 100  # tracks whose features one request asks for
ANALYSED = 500  # tracks whose analysis is fetched at once, at one request each
MEASURED = (
    "acousticness", "danceability", "energy", "instrumentalness", "key", "liveness", "loudness", "mode",
    "speechiness", "tempo", "time_signature", "valence",
)  # fmt: skip
Progress = Callable[[int, int], Awaitable[None]]  # tracks read, tracks in all


class Access(Protocol):
    """Whose token is used, and for whom."""

    @property
    def listener_id(self) -> int | None:
        """Whose share of the quota is used; None: nobody's."""
        ...

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
    listener_id: int | None = None

    @property
    def connected(self) -> bool:
        return False

    async def token(self, *, fresh: bool = False) -> str:
        with in_words():
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


class Spotify:
    """Reads and writes lists; `queue` is shared by everybody, as Spotify's quota is, of which each has a share."""

    def __init__(
        self,
        app: App,
        *,
        deadline: float = DEADLINE,
        patience: float = 90,
        width: int = 6,
        shares: Shares | None = None,
    ) -> None:
        self.app = app
        self.accounts = Accounts(app, deadline)
        self.queue = Queue(width, patience)
        self.shares = shares or Shares()
        self._http = HttpClient(deadline)
        self._api: Api | None = None
        self._closed = False  # whether this app is known to get no features

    async def close(self) -> None:
        await self._http.close()
        await self.accounts.close()

    async def exchange(self, code: str, verifier: str) -> Tokens:
        """Turn a code into a member's tokens; raises CodeRefused, SpotifyBusy or SpotifyDown."""
        with in_words():
            return await self.accounts.exchange(code, verifier)

    async def renew(self, refresh: str) -> Tokens:
        """Renew a member's tokens; raises ConnectionGone, SpotifyBusy or SpotifyDown."""
        with in_words():
            return await self.accounts.renew(refresh)

    def own(self, listener_id: int | None = None, *, possible: bool = False) -> Own:
        return Own(self.accounts, possible, listener_id)

    # --- lists

    async def read(
        self,
        link: SpotifyLink,
        access: Access,
        *,
        known: str = "",
        half: HalfRead | None = None,
        progress: Progress | None = None,
        waiting: Waiting | None = None,
    ) -> Listing | None:
        """Read a list whole; None: it still has the version `known`.

        What `half` holds was read before and is not read again, unless the list has changed; it gets what is read now.

        Raises:
            SpotifyError: see bot/domain/errors/__init__.py; SpotifyBusy and SpotifyDown say how far it came.

        """
        with self.explained(link.kind, access):
            if link.kind == "track":
                return Listing("", "", (await self.track(link.id, access, waiting),))
            name, version, first = await self._head(link, access, waiting)
            if known and version == known:
                return None
            return await self._whole(link, access, (name, version, first), half or HalfRead(), progress, waiting)

    async def _head(
        self, link: SpotifyLink, access: Access, waiting: Waiting | None
    ) -> tuple[str, str, dict[str, Any] | None]:
        """A list's name, its version where it has one, and its first page where that came along."""
        if link.kind == "playlist":
            head = await self.call(lambda api: api.playlist(link.id, fields="id,name,snapshot_id"), access, waiting)
            return tidy(text_of(head, "name"), 80), version_of(head), None
        if link.kind == "album":
            head = await self.call(lambda api: api.album(link.id), access, waiting)
            page = head.get("tracks")
            return tidy(text_of(head, "name"), 80), "", page if isinstance(page, dict) else None
        return "", "", None

    async def _whole(
        self,
        link: SpotifyLink,
        access: Access,
        head: tuple[str, str, dict[str, Any] | None],
        half: HalfRead,
        progress: Progress | None,
        waiting: Waiting | None,
    ) -> Listing:
        name, version, first = head
        album = name if link.kind == "album" else ""
        first = first or await self.call(lambda api: _fetch(api, link, 0), access, waiting)
        total, page = min(whole_number(first, "total"), MAX_ROWS), page_of(first, album)
        # Without a snapshot id, a list counts as unchanged where its length and its first page are.
        at = version or f"{total}"
        if half.version != at or (not version and half.pages.get(0) != page):
            half.version, half.pages = at, {}
        pages = half.pages
        pages[0] = page
        todo = [offset for offset in range(PAGE, total, PAGE) if offset not in pages]

        async def read(offset: int) -> None:
            answer = await self.call(lambda api: _fetch(api, link, offset), access, waiting)
            pages[offset] = page_of(answer, album)
            if progress is not None:
                await progress(min(len(pages) * PAGE, total), total)

        try:
            await _several(read, todo, self.queue.width)
        except (SpotifyBusy, SpotifyDown) as problem:
            problem.done, problem.total = min(len(pages) * PAGE, total), total
            raise
        read_all = [pages[offset] for offset in sorted(pages)]
        tracks = tuple(track for page in read_all for track in page.tracks)
        if not tracks:
            raise NothingThere(name=name)
        counts = {what: sum(getattr(page, what) for page in read_all) for what in ("local", "episodes", "gone")}
        return Listing(name, version, tracks, **counts)

    # --- tracks

    async def track(self, track_id: str, access: Access, waiting: Waiting | None = None) -> TrackSource:
        """One track by its id; raise NotOnSpotify where there is none."""
        with self.explained("track", access):
            found = track_of(await self.call(lambda api: api.track(track_id), access, waiting))
        if found is None:
            raise NotOnSpotify(kind="track")
        return found

    async def search(self, query: str, access: Access, waiting: Waiting | None = None) -> list[TrackSource]:
        """The ten tracks that Spotify thinks are meant, best first."""
        with self.explained("search", access):
            answer = await self.call(lambda api: api.search(query[:200], limit=10, type="track"), access, waiting)
        found = answer.get("tracks")
        items = list_of(found, "items") if isinstance(found, dict) else ()
        return [track for item in items if (track := track_of(item)) is not None]

    async def sounds(
        self, track_ids: list[str], access: Access, found: dict[str, dict[str, float]], waiting: Waiting | None = None
    ) -> bool:
        """Fill `found` with Spotify's own features, and what its analysis adds.

        Returns:
            Whether this app may ask at all; once is enough to know.

        Raises:
            SpotifyBusy, SpotifyDown: see bot/domain/errors/__init__.py; what came before stands in `found`.

        """
        for start in range(0, len(track_ids), BATCH):
            if self._closed:
                return False
            part = track_ids[start : start + BATCH]
            try:
                answer = await self.call(lambda api, part=part: api.several_measured(part), access, waiting)
            except (Unauthorised, Forbidden, Missing):
                self._closed = True
                return False
            for row in list_of(answer, "audio_features"):
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
        return True

    # --- a member's own profile

    async def name_of(self, access: Access) -> str:
        """What a connected member is called there."""
        with self.explained("me", access):
            me = await self.call(lambda api: api.own_profile(), access)
        return tidy(text_of(me, "display_name") or text_of(me, "id"), 80)

    # --- requests

    async def call(
        self, call: Callable[["Api"], Any], access: Access, waiting: Waiting | None = None
    ) -> dict[str, Any]:
        """Make a request; an access token that is over is renewed once."""
        with in_words():
            return await self.ask(call, access, waiting)

    async def ask(
        self, call: Callable[["Api"], Any], access: Access, waiting: Waiting | None = None, *, tries: int = TRIES
    ) -> dict[str, Any]:
        """As `call`; raises Closed, NoAnswer and ShareSpent as they come."""
        if self._api is None:
            module = await asyncio.to_thread(importlib.import_module, "bot.sources.spotify_api")
            self._api = module.Api()
        assert self._api is not None
        request = call(self._api)

        async def attempt(token: str) -> dict[str, Any]:
            if access.listener_id is not None:
                self.shares.take(access.listener_id)
            answer = await self._http.ask(
                request.method,
                f"{self.app.api}{request.path}",
                params=request.query,
                json=request.payload,
                headers={"Authorization": f"Bearer {token}"},
            )
            return body_of(answer)

        token = await access.token()
        try:
            return await self.queue.run(lambda: attempt(token), waiting, tries=tries)
        except Unauthorised:
            before, token = token, await access.token(fresh=True)
            if token == before:
                raise  # it was made a moment ago, so it is not the token's age
            return await self.queue.run(lambda: attempt(token), waiting, tries=tries)

    @contextmanager
    def explained(self, kind: str, access: Access) -> Generator[None]:
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
def in_words() -> Generator[None]:
    """Say of what kept a request from being answered what it means for a member."""
    try:
        yield
    except Closed as problem:
        raise SpotifyBusy(problem.seconds, problem.daily) from None
    except ShareSpent as problem:
        raise SpotifyBusy(problem.seconds, daily=False, share=True) from None
    except NoAnswer as problem:
        raise SpotifyDown(problem.status) from None


async def _several(work: Callable[[int], Awaitable[None]], todo: list[int], width: int) -> None:
    """Do all, so many at once; after a failure nothing more is begun, and what was begun is finished and counts."""
    left = iter(todo)

    async def worker() -> None:
        for one in left:
            try:
                await work(one)
            except Exception:
                for _ in left:
                    pass
                raise

    ended = await asyncio.gather(*(worker() for _ in range(min(width, len(todo)))), return_exceptions=True)
    for problem in ended:
        if isinstance(problem, BaseException):
            raise problem


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
