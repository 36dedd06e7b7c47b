"""Discord's gateway, version 10."""

import asyncio
import time
from collections.abc import Callable
from typing import Any, cast

from aiohttp import web

from bot.sandbox.gateway_codec import CODECS, Plain
from bot.sandbox.gateway_link import Closed, Link
from bot.sandbox.gateway_session import GUILD_MEMBERS, KNOWN_INTENTS, PRIVILEGED, Session

Json = dict[str, Any]
Shard = tuple[int, int]
_MEMBERS_A_CHUNK = 1000
_BEAT, _IDENTIFY, _PRESENCE, _VOICE, _RESUME, _MEMBERS, _SOUNDS = 1, 2, 3, 4, 6, 8, 31
_ANY_TIME = (_BEAT, _IDENTIFY, _RESUME)
_ACK_DELAY = 0.01  # seconds
_KEEP = 120.0  # seconds that a session without a connection is kept


class Gateway:
    """Serves websocket clients that know the token.

    Args:
        token: the only one accepted.
        url: gives the address a client resumes at.
        ready: builds READY's data for a shard, without what belongs to the session.
        guilds: gives GUILD_CREATE's data for each guild of a shard.
        members: finds (guild id, start of the name, limit, user ids) the members asked for with opcode 8.
        trace: is told each payload, secrets included.
        heartbeat_ms: how often a client must send a heartbeat.
        privileged: the privileged intents that the application holds.

    """

    def __init__(
        self,
        *,
        token: str,
        url: Callable[[], str],
        ready: Callable[[Shard | None], Json],
        guilds: Callable[[Shard | None], list[Json]],
        members: Callable[[int, str, int, list[int]], list[Json]],
        trace: Callable[[Json], None] | None = None,
        heartbeat_ms: int = 41250,
        privileged: int = 0,
    ) -> None:
        self._token, self._url, self._privileged = token, url, privileged
        self._ready, self._guilds, self._members = ready, guilds, members
        self._trace, self._heartbeat_ms = trace, heartbeat_ms
        self._sessions: dict[str, Session] = {}
        self._links: dict[Link, web.Request] = {}
        self.resumes = 0  # how often a session went on over a new connection
        self.refusing = False  # every new connection, as Discord does while it is down
        self._ready_callbacks: list[Callable[[], None]] = []

    @property
    def connected(self) -> bool:
        """Whether any identified client is connected."""
        return any(session.link is not None for session in self._sessions.values())

    def on_ready(self, callback: Callable[[], None]) -> None:
        """Call back each time a client has identified."""
        self._ready_callbacks.append(callback)

    def dispatch(self, event: str, data: Json, *, guild_id: int | None = None, intent: int = 0) -> None:
        """Send an event to the sessions of its shard that have an intent of the mask (0: always)."""
        self._forget_old()
        for session in self._sessions.values():
            if session.wants(guild_id, intent):
                session.send(event, data)

    # -- faults, on request --------------------------------------------------------------------------------------

    def drop(self, code: int = 4000) -> None:
        """Close every connection with a code; 1006 cuts it without a word."""
        for link, request in [*self._links.items()]:
            if code == 1006 and request.transport is not None:
                request.transport.abort()
            else:
                link.close(code, "Dropped on request.")

    def invalidate(self, resumable: bool = False) -> None:
        """Send Invalid Session (opcode 9) to every client; forget the sessions unless they may be resumed."""
        for session in [*self._sessions.values()]:
            if session.link is not None:
                session.link.send({"op": 9, "d": resumable, "s": None, "t": None})
            self._leave(session)
            if not resumable:
                del self._sessions[session.id]

    def reconnect(self) -> None:
        """Ask every client to reconnect (opcode 7)."""
        self._to_all({"op": 7, "d": None, "s": None, "t": None})

    def ask_heartbeat(self) -> None:
        """Ask every client for a heartbeat at once (opcode 1)."""
        self._to_all({"op": 1, "d": None, "s": None, "t": None})

    def _to_all(self, payload: Json) -> None:
        for link in self._links:
            link.send(payload)

    async def close(self) -> None:
        """Close every connection and forget every session."""
        self._sessions.clear()
        for link in [*self._links]:
            link.close(1001, "The sandbox is closing.")
        for link in [*self._links]:
            await link.finish()

    # -- a connection --------------------------------------------------------------------------------------------

    async def handle(self, request: web.Request) -> web.StreamResponse:
        """Serve one connection until it ends."""
        if self.refusing:
            return web.Response(status=503)
        socket = web.WebSocketResponse(compress=False, timeout=2.0, autoclose=False)
        await socket.prepare(request)
        if (refused := _refusal(request)) is not None:
            await socket.close(code=refused.code, message=refused.reason.encode())
            return socket
        link = Link(socket, CODECS[request.query.get("compress")](), self._heartbeat_ms, self._trace)
        self._links[link] = request
        try:
            await self._converse(link)
        except Closed as why:
            link.close(why.code, why.reason)
        finally:
            self._ended(link)
            await link.finish()
            del self._links[link]
        return socket

    async def _converse(self, link: Link) -> None:
        link.send({"op": 10, "d": {"heartbeat_interval": self._heartbeat_ms, "_trace": ["sandbox"]},
                   "s": None, "t": None})  # fmt: skip
        link.expect_heartbeat()
        while (payload := await link.receive()) is not None:
            self._take(link, payload["op"], payload.get("d"))

    def _take(self, link: Link, op: int, data: Any) -> None:
        session = self._session_of(link)
        if op not in (_BEAT, _IDENTIFY, _PRESENCE, _VOICE, _RESUME, _MEMBERS, _SOUNDS):
            raise Closed(4001, "Unknown opcode.")
        if session is None and op not in _ANY_TIME:
            raise Closed(4003, "Not authenticated.")
        if session is not None and op in (_IDENTIFY, _RESUME):
            raise Closed(4005, "Already authenticated.")
        if op == _BEAT:
            link.expect_heartbeat()
            # Not before the client has noted when it sent: on loopback an answer at once overtakes that note.
            acknowledgement = {"op": 11, "d": None, "s": None, "t": None}
            asyncio.get_running_loop().call_later(_ACK_DELAY, link.send, acknowledgement)
            return
        if not isinstance(data, dict):
            raise Closed(4002, "Error while decoding payload: d must be an object.")
        fields = cast("Json", data)
        if op == _IDENTIFY:
            self._identify(link, fields)
        elif op == _RESUME:
            self._resume(link, fields)
        elif op == _MEMBERS and session is not None:
            self._send_members(session, fields)
        elif op == _SOUNDS and session is not None:
            _send_sounds(session, fields)

    def _session_of(self, link: Link) -> Session | None:
        return next((session for session in self._sessions.values() if session.link is link), None)

    def _ended(self, link: Link) -> None:
        """Keep the session for a RESUME, unless the client said goodbye or let it time out."""
        session = self._session_of(link)
        if session is not None:
            self._leave(session)
            if link.close_code in (1000, 1001, 4009):
                self._sessions.pop(session.id, None)

    def _leave(self, session: Session) -> None:
        if session.link is not None:
            session.link, session.left_at = None, time.monotonic()

    def _forget_old(self) -> None:
        limit = time.monotonic() - _KEEP
        for session in [s for s in self._sessions.values() if s.left_at is not None and s.left_at < limit]:
            del self._sessions[session.id]

    # -- IDENTIFY, RESUME, members -------------------------------------------------------------------------------

    def _check_token(self, data: Json) -> None:
        given = data.get("token")
        if not isinstance(given, str) or given.removeprefix("Bot ") != self._token:
            raise Closed(4004, "Authentication failed.")

    def _identify(self, link: Link, data: Json) -> None:
        self._check_token(data)
        if not isinstance(data.get("properties"), dict):
            raise Closed(4002, "Error while decoding payload: properties are missing.")
        shard, intents = _shard(data.get("shard")), _intents(data.get("intents"))
        if intents & sum(PRIVILEGED.values()) & ~self._privileged:
            raise Closed(4014, "Disallowed intent(s).")
        if isinstance(link.codec, Plain):
            link.codec.compress = bool(data.get("compress"))
        self._forget_old()
        about = self._ready(shard)
        session = Session(intents, shard, str(about["user"]["id"]))
        session.link = link
        self._sessions[session.id] = session
        own: Json = {"session_id": session.id, "resume_gateway_url": self._url()}
        session.send("READY", about | own | ({"shard": list(shard)} if shard is not None else {}))
        if intents & 1:
            for guild in self._guilds(shard):
                session.send("GUILD_CREATE", guild)
        for callback in self._ready_callbacks:
            callback()

    def _resume(self, link: Link, data: Json) -> None:
        self._check_token(data)
        self._forget_old()
        session, seq = self._sessions.get(str(data.get("session_id"))), data.get("seq")
        if not isinstance(seq, int) or (session is not None and not 0 <= seq <= session.seq):
            raise Closed(4007, "Invalid seq.")
        if session is None or not session.can_replay(seq):
            link.send({"op": 9, "d": False, "s": None, "t": None})
            return
        if session.link is not None:
            # The client has come back before its old connection was seen to end.
            session.link.close(4000, "The session went on over another connection.")
        session.replay(link, seq)
        self.resumes += 1

    def _send_members(self, session: Session, data: Json) -> None:
        try:
            guild_id, limit = int(data["guild_id"]), int(data.get("limit") or 0)
            ids = data.get("user_ids") or []
            wanted = [int(number) for number in (cast("list[Any]", ids) if isinstance(ids, list) else [ids])]
        except (KeyError, TypeError, ValueError, OverflowError):
            raise Closed(4002, "Error while decoding payload: the members asked for are not named.") from None
        query = str(data.get("query") or "")
        everybody = not wanted and not query and not limit
        # Only with the privileged intent is a client told of everybody.
        allowed = session.intents & GUILD_MEMBERS or not everybody
        most = min(limit or 100, 100) if query or limit else 0
        found = self._members(guild_id, query, most, wanted[:100]) if allowed else []
        missing = {str(number) for number in wanted} - {member["user"]["id"] for member in found}
        _send_chunks(session, guild_id, found, sorted(missing), data.get("nonce"))


def _send_sounds(session: Session, data: Json) -> None:
    """Tell that each guild asked about has no sounds of its own."""
    wanted = data.get("guild_ids")
    for number in cast("list[Any]", wanted) if isinstance(wanted, list) else []:
        session.send("SOUNDBOARD_SOUNDS", {"guild_id": str(number), "soundboard_sounds": []})


def _send_chunks(session: Session, guild_id: int, found: list[Json], missing: list[str], nonce: Any) -> None:
    chunks = [found[i : i + _MEMBERS_A_CHUNK] for i in range(0, len(found), _MEMBERS_A_CHUNK)] or [[]]
    for i, chunk in enumerate(chunks):
        data: Json = {"guild_id": str(guild_id), "members": chunk, "chunk_index": i, "chunk_count": len(chunks)}
        if missing and i == 0:
            data["not_found"] = missing
        if nonce is not None:
            data["nonce"] = str(nonce)
        session.send("GUILD_MEMBERS_CHUNK", data)


def _refusal(request: web.Request) -> Closed | None:
    """Say why a connection cannot be served as its address asks."""
    if request.query.get("v", "10") != "10":
        return Closed(4012, "Invalid API version: this gateway speaks version 10.")
    if request.query.get("encoding", "json") != "json":
        return Closed(4002, "This gateway speaks encoding=json only.")
    if request.query.get("compress") not in CODECS:
        return Closed(4002, "This gateway knows compress=zlib-stream and compress=zstd-stream only.")
    return None


def _shard(given: Any) -> Shard | None:
    if given is None:
        return None
    numbers = cast("list[Any]", given) if isinstance(given, list) else []
    if len(numbers) == 2 and all(isinstance(n, int) for n in numbers) and 0 <= numbers[0] < numbers[1]:
        return numbers[0], numbers[1]
    raise Closed(4010, "Invalid shard.")


def _intents(given: Any) -> int:
    if not isinstance(given, int) or given < 0 or given & ~KNOWN_INTENTS:
        raise Closed(4013, "Invalid intent(s).")
    return given
