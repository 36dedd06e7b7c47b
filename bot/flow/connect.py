"""Connect: a member's permission at Spotify, from the first click to its end; many members at once."""

import asyncio
import json
import secrets
import time
from collections.abc import Awaitable, Callable
from dataclasses import asdict, dataclass, field
from urllib.parse import parse_qs, urlsplit

from bot.domain.errors import BadState, ConnectionGone, Declined, NoKeys, NoRedirect, NoSpotify, WrongKey
from bot.safe.keys import Keyring
from bot.sources.spotify import Access, Spotify
from bot.sources.spotify_tokens import JUST, Tokens, authorize_url, new_verifier
from storage.spotify import SpotifyAccounts

TEN_MINUTES = 600.0  # seconds in which a member comes back
MOST = 2000  # ways begun at once

Done = Callable[[str], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Pending:
    """A way to Spotify that a member has begun."""

    listener_id: int
    verifier: str = field(repr=False)
    until: float
    done: Done | None = None


class Connections:
    """Begins, ends and uses members' permissions.

    Args:
        spotify: None where the operator has no app.
        keyring: None where the operator has no key; then nobody can connect.
        lasts: seconds that a member has for coming back.

    """

    def __init__(
        self, spotify: Spotify | None, keyring: Keyring | None, accounts: SpotifyAccounts, lasts: float = TEN_MINUTES
    ) -> None:
        self._spotify, self._keyring, self._accounts, self._lasts = spotify, keyring, accounts, lasts
        self._pending: dict[str, Pending] = {}
        self._locks: dict[int, asyncio.Lock] = {}
        self._renewed: dict[int, float] = {}

    @property
    def possible(self) -> bool:
        return self._spotify is not None and self._keyring is not None

    def begin(self, listener_id: int, done: Done | None = None) -> str:
        """The address at which the member agrees; an earlier way of the same member ends.

        Raises:
            NoSpotify: the operator has no app.
            NoKeys: the operator has no key to keep permissions with.

        """
        if self._spotify is None:
            raise NoSpotify
        if self._keyring is None:
            raise NoKeys
        now = time.monotonic()
        self._pending = {
            state: one for state, one in self._pending.items() if one.until > now and one.listener_id != listener_id
        }
        while len(self._pending) >= MOST:
            del self._pending[next(iter(self._pending))]
        state, verifier = secrets.token_urlsafe(32), new_verifier()
        self._pending[state] = Pending(listener_id, verifier, now + self._lasts, done)
        return authorize_url(self._spotify.app, state, verifier)

    async def finish_pasted(self, listener_id: int, address: str) -> str:
        """End a way with the address that a member pasted; raises as `finish`, and NoRedirect."""
        return await self.finish(*brought_back(address), listener_id=listener_id)

    async def finish(self, state: str, code: str, *, listener_id: int | None = None) -> str:
        """End a way: keep the permission, and say whose account it is.

        Args:
            state: what Spotify gave back; it counts once.
            code: what Spotify gave; empty: the member declined.
            listener_id: who brought it, where that is known.

        Raises:
            BadState: nobody began this way, or somebody else, or too long ago.
            Declined, CodeRefused, SpotifyBusy, SpotifyDown, NotOnTheList: see bot/domain/errors/__init__.py.
            ErasedMeanwhile: the member was erased while Spotify was asked; nothing is kept.

        """
        spotify, keyring = self._spotify, self._keyring
        pending = self._pending.get(state)
        if spotify is None or keyring is None or pending is None:
            raise BadState(why="expired")
        if listener_id is not None and pending.listener_id != listener_id:
            raise BadState(why="another")  # it stays its owner's
        del self._pending[state]
        if pending.until < time.monotonic():
            raise BadState(why="expired")
        if not code:
            raise Declined
        since = await self._accounts.began(pending.listener_id)
        tokens = await spotify.exchange(code, pending.verifier)
        name = await spotify.name_of(_Fresh(tokens))  # whoever is not on the app's list hears it now
        await self._accounts.put(pending.listener_id, _seal(keyring, tokens), since)
        if pending.done is not None:
            await pending.done(name)
        return name

    async def access(self, listener_id: int) -> Access | None:
        """The member's own access; None where no account is connected."""
        if not self.possible or await self._accounts.get(listener_id) is None:
            return None
        return Member(self, listener_id)

    async def token(self, listener_id: int, *, fresh: bool) -> str:
        """An access token, renewed where it is over; raises ConnectionGone where permission has ended."""
        assert self._spotify is not None
        assert self._keyring is not None
        async with self._locks.setdefault(listener_id, asyncio.Lock()):
            sealed = await self._accounts.get(listener_id)
            if sealed is None:
                raise ConnectionGone(expired=False)
            tokens = _open(self._keyring, sealed)
            just = time.monotonic() - self._renewed.get(listener_id, -JUST) < JUST
            if not tokens.over() and (not fresh or just):
                return tokens.access
            try:
                tokens = await self._spotify.renew(tokens.refresh)
            except ConnectionGone:
                await self._accounts.drop(listener_id)
                raise
            self._renewed[listener_id] = time.monotonic()
            await self._accounts.replace(listener_id, sealed, _seal(self._keyring, tokens))
            return tokens.access

    def forget(self, listener_id: int) -> None:
        """Drop what is held in memory: a way that was begun, and a list half read."""
        self._pending = {state: one for state, one in self._pending.items() if one.listener_id != listener_id}
        self._renewed.pop(listener_id, None)
        if self._spotify is not None:
            self._spotify.forget(listener_id)

    async def disconnect(self, listener_id: int) -> int | None:
        """Forget a permission and what came through it; returns how many playlists, None: there was nothing."""
        self.forget(listener_id)
        return await self._accounts.disconnect(listener_id)


async def rotate(accounts: SpotifyAccounts, keyring: Keyring) -> tuple[int, int]:
    """Seal all permissions anew with the first key; returns how many that were, and how many no key opens."""
    done = lost = 0
    for listener_id, sealed in (await accounts.all()).items():
        try:
            done += await accounts.replace(listener_id, sealed, keyring.rotate(sealed))
        except WrongKey:
            lost += 1
    return done, lost


@dataclass(frozen=True, slots=True)
class Member:
    """A connected member's access."""

    connections: Connections
    listener_id: int

    @property
    def connected(self) -> bool:
        return True

    async def token(self, *, fresh: bool = False) -> str:
        return await self.connections.token(self.listener_id, fresh=fresh)


@dataclass(frozen=True, slots=True)
class _Fresh:
    """Tokens that are not stored yet."""

    tokens: Tokens

    @property
    def connected(self) -> bool:
        return True

    async def token(self, *, fresh: bool = False) -> str:
        if fresh:
            raise ConnectionGone(expired=False)
        return self.tokens.access


def _seal(keyring: Keyring, tokens: Tokens) -> bytes:
    return keyring.seal(json.dumps(asdict(tokens)).encode())


def _open(keyring: Keyring, sealed: bytes) -> Tokens:
    return Tokens(**json.loads(keyring.open(sealed)))


def brought_back(address: str) -> tuple[str, str]:
    """The state and the code in an address to which Spotify led; the code is empty where the member declined.

    Raises:
        NoRedirect: it holds neither.

    """
    try:
        query = parse_qs(urlsplit("".join(address.split()).strip("<>")).query)
    except ValueError:
        raise NoRedirect from None
    state, code, error = (query.get(name, [""])[0] for name in ("state", "code", "error"))
    if not state or not (code or error):
        raise NoRedirect
    return state, code
