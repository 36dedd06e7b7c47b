"""One websocket connection of a gateway client: ordered sending, heartbeats and the limit on what it may send."""

import asyncio
import json
import time
from collections import deque
from collections.abc import Callable
from typing import Any, cast

from aiohttp import WSMessage, WSMsgType, web

from bot.sandbox.gateway_codec import Codec

Json = dict[str, Any]
_SENDS, _PER = 120, 60.0  # a client may send so many payloads in so many seconds
_LARGEST = 4096  # bytes of a payload from a client
_ECHOED = range(3000, 5000)  # close codes of applications


class Closed(Exception):
    """The connection must end with this close code and reason."""

    def __init__(self, code: int, reason: str) -> None:
        super().__init__(reason)
        self.code, self.reason = code, reason


class Link:
    """Sends in order from a queue, so that whoever dispatches never waits."""

    def __init__(
        self, socket: web.WebSocketResponse, codec: Codec, heartbeat_ms: int, trace: Callable[[Json], None] | None
    ) -> None:
        self.codec = codec
        self._socket, self._trace = socket, trace
        self._patience = heartbeat_ms / 1000 * 1.5
        self._queue: asyncio.Queue[Json | Closed] = asyncio.Queue()
        self._received: deque[float] = deque(maxlen=_SENDS)
        self._watch: asyncio.TimerHandle | None = None
        self._closed_with: int | None = None
        self._writer = asyncio.create_task(self._write())

    def send(self, payload: Json) -> None:
        self._queue.put_nowait(payload)

    def close(self, code: int, reason: str) -> None:
        """Close after what is queued has been sent."""
        self._queue.put_nowait(Closed(code, reason))

    async def _write(self) -> None:
        while not isinstance(payload := await self._queue.get(), Closed):
            if self._trace is not None:
                self._trace({"kind": "gateway", "from": "server", **payload})
            frame = self.codec.encode(payload)
            try:
                await (self._socket.send_str(frame) if isinstance(frame, str) else self._socket.send_bytes(frame))
            except (ConnectionError, RuntimeError):
                return  # the reader notices that the client is gone
        if not self._socket.closed:
            self._closed_with = payload.code
        if self._trace is not None:
            self._trace({"kind": "gateway", "from": "server", "close": payload.code, "reason": payload.reason})
        await self._socket.close(code=payload.code, message=payload.reason.encode())

    def expect_heartbeat(self) -> None:
        """Wait anew for a heartbeat; without one the session times out."""
        if self._watch is not None:
            self._watch.cancel()
        loop = asyncio.get_running_loop()
        self._watch = loop.call_later(self._patience, self.close, 4009, "Session timed out.")

    async def receive(self) -> Json | None:
        """Wait for the client's next payload, None at the end; raise Closed for one that cannot be taken."""
        message: WSMessage = await self._socket.receive()
        if message.type == WSMsgType.CLOSE:
            # Clients tell by the code that comes back whether it was they who closed.
            await self._socket.close(code=message.data if message.data in _ECHOED else 1000)
        if message.type not in (WSMsgType.TEXT, WSMsgType.BINARY):
            return None
        payload = _decode(message.data)
        if self._trace is not None:
            self._trace({"kind": "gateway", "from": "client", **payload})
        now = time.monotonic()
        if len(self._received) == _SENDS and now - self._received[0] < _PER:
            raise Closed(4008, "You are being rate limited.")
        self._received.append(now)
        return payload

    @property
    def close_code(self) -> int | None:
        """The code of the side that closed first: a client may confirm any code with 1000."""
        return self._socket.close_code if self._closed_with is None else self._closed_with

    async def finish(self) -> None:
        """Send what is queued up to a close, and end."""
        if self._watch is not None:
            self._watch.cancel()
        self.close(1000, "")
        await self._writer


def _decode(data: str | bytes) -> Json:
    if len(data) > _LARGEST:
        raise Closed(4002, "Error while decoding payload: it is longer than 4096 bytes.")
    try:
        payload = json.loads(data)
    except (ValueError, RecursionError):
        raise Closed(4002, "Error while decoding payload.") from None
    if not isinstance(payload, dict) or not isinstance(cast("Json", payload).get("op"), int):
        raise Closed(4002, "Error while decoding payload: no opcode.")
    return cast("Json", payload)
