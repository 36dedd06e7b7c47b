"""Connect: a member's permission at Spotify, from the first click to its end; many members at once."""

import asyncio
import json
import secrets
import time
from collections.abc import Awaitable, Callable
from dataclasses import asdict, dataclass, field
from urllib.parse import parse_qs, urlsplit

from bot.domain.errors import (
    BadState,
    ConnectionGone,
    Declined,
    Disconnected,
    NoKeys,
    NoRedirect,
    NoSpotify,
    PermissionUnreadable,
    WrongKey,
)
from bot.safe.keys import Keyring
from bot.sources.spotify import Spotify
from bot.sources.spotify_tokens import JUST, Tokens, authorize_url, new_verifier
from bot.sources.spotify_writing import PlaylistWriter
from storage.spotify import Permission, SpotifyAccounts

TEN_MINUTES = 600.0  # seconds in which a member comes back
MOST = 2000  # ways begun at once

Done = Callable[[str], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Identity:
    """Who asks to connect, as others know them; a handle belongs to one person, a display name can be copied."""

    listener_id: int
    handle: str
    picture: str  # its address


@dataclass(frozen=True, slots=True, eq=False)
class Pending:
    """A way to Spotify that a member has begun."""

    who: Identity
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
        self.writer = PlaylistWriter(spotify) if spotify is not None else None
        self._pending: dict[str, Pending] = {}
        self._exchanging: dict[int, Pending] = {}  # by member, until the permission is stored
        self._locks: dict[int, asyncio.Lock] = {}
        self._renewed: dict[int, float] = {}

    @property
    def possible(self) -> bool:
        return self._spotify is not None and self._keyring is not None

    @property
    def redirect_uri(self) -> str:
        return self._spotify.app.redirect_uri if self._spotify is not None else ""

    def begin(self, who: Identity, done: Done | None = None) -> str:
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
            state: one
            for state, one in self._pending.items()
            if one.until > now and one.who.listener_id != who.listener_id
        }
        while len(self._pending) >= MOST:
            del self._pending[next(iter(self._pending))]
        state, verifier = secrets.token_urlsafe(32), new_verifier()
        self._pending[state] = Pending(who, verifier, now + self._lasts, done)
        return authorize_url(self._spotify.app, state, verifier)

    def asked_by(self, state: str) -> Identity:
        """Who began a way, which stays as it is; raise BadState where nobody did, or too long ago."""
        pending = self._pending.get(state)
        if pending is None or pending.until < time.monotonic():
            raise BadState(why="expired")
        return pending.who

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
            ErasedMeanwhile, Disconnected: the member was erased, or ended it, while Spotify was asked; nothing is kept.

        """
        spotify, keyring = self._spotify, self._keyring
        pending = self._pending.get(state)
        if spotify is None or keyring is None or pending is None:
            raise BadState(why="expired")
        owner_id = pending.who.listener_id
        if listener_id is not None and owner_id != listener_id:
            raise BadState(why="another")  # it stays its owner's
        del self._pending[state]
        if pending.until < time.monotonic():
            raise BadState(why="expired")
        if not code:
            raise Declined
        self._exchanging[owner_id] = pending
        try:
            since = await self._accounts.began(owner_id)
            tokens = await spotify.exchange(code, pending.verifier)
            name = await spotify.name_of(_Fresh(tokens, owner_id))  # whoever is not on the app's list hears it now
            still = self._exchanging.get
            await self._accounts.put(owner_id, _seal(keyring, tokens), since, wanted=lambda: still(owner_id) is pending)
        finally:
            if self._exchanging.get(owner_id) is pending:
                del self._exchanging[owner_id]
        if pending.done is not None:
            await pending.done(name)
        return name

    async def access(self, listener_id: int) -> "Member | None":
        """The member's own access; None where no account is connected."""
        permission = await self._accounts.get(listener_id) if self.possible else None
        return Member(self, listener_id, permission.generation) if permission is not None else None

    async def token(self, listener_id: int, generation: int, *, fresh: bool) -> str:
        """An access token, renewed where it is over.

        Raises:
            ConnectionGone: Spotify says that the permission has ended; it is erased.
            PermissionUnreadable: no key opens it; it stays, for the operator may put the key back.
            Disconnected: the member ended it, or gave another.
            SpotifyBusy, SpotifyDown: Spotify says nothing of the permission, which stays.

        """
        assert self._spotify is not None
        assert self._keyring is not None
        async with self._locks.setdefault(listener_id, asyncio.Lock()):
            permission = await self._accounts.get(listener_id)
            if permission is None or permission.generation != generation:
                raise Disconnected
            tokens = _open(self._keyring, permission)
            just = time.monotonic() - self._renewed.get(listener_id, -JUST) < JUST
            if not tokens.over() and (not fresh or just):
                return tokens.access
            try:
                tokens = await self._spotify.renew(tokens.refresh)
            except ConnectionGone:
                await self._accounts.drop(listener_id, generation)
                raise
            if not await self._accounts.renew(listener_id, generation, _seal(self._keyring, tokens)):
                raise Disconnected
            self._renewed[listener_id] = time.monotonic()
            return tokens.access

    def forget(self, listener_id: int) -> None:
        """Drop what is held in memory: a way that was begun, up to the moment in which its permission is stored."""
        self._pending = {state: one for state, one in self._pending.items() if one.who.listener_id != listener_id}
        self._exchanging.pop(listener_id, None)
        self._renewed.pop(listener_id, None)
        if self.writer is not None:
            self.writer.forget(listener_id)

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
    permission: int  # its generation: another permission of the member's, given later, is not meant

    @property
    def connected(self) -> bool:
        return True

    async def token(self, *, fresh: bool = False) -> str:
        return await self.connections.token(self.listener_id, self.permission, fresh=fresh)


@dataclass(frozen=True, slots=True)
class _Fresh:
    """Tokens that are not stored yet."""

    tokens: Tokens
    listener_id: int

    @property
    def connected(self) -> bool:
        return True

    async def token(self, *, fresh: bool = False) -> str:
        if fresh:
            raise ConnectionGone(expired=False)
        return self.tokens.access


def _seal(keyring: Keyring, tokens: Tokens) -> bytes:
    return keyring.seal(json.dumps(asdict(tokens)).encode())


def _open(keyring: Keyring, permission: Permission) -> Tokens:
    try:
        return Tokens(**json.loads(keyring.open(permission.sealed)))
    except (WrongKey, ValueError, TypeError):
        raise PermissionUnreadable from None


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
