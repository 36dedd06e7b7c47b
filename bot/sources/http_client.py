"""HTTP as services are asked here: a whole answer within a deadline and a limit to its size, or none."""

import asyncio
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import aiohttp

from bot.sources.queue import NoAnswer

CONNECT, DEADLINE = 5.0, 12.0  # seconds
LIMIT = 12_000_000  # bytes of one answer


@dataclass(frozen=True, slots=True)
class Answer:
    """What a service answered, whatever its status."""

    status: int
    headers: Mapping[str, str]
    body: bytes = field(repr=False)

    def json(self) -> dict[str, Any]:
        """The object that the body holds; raise NoAnswer where it is none, or too deep to be read."""
        try:
            value = json.loads(self.body)
        except (ValueError, RecursionError):
            raise NoAnswer(self.status if self.status >= 400 else 0) from None
        if not isinstance(value, dict):
            raise NoAnswer
        return value


class HttpClient:
    """Asks one service, in the event loop: a service that hangs holds no thread.

    The deadline is for the whole exchange, from the name's look-up to the last byte: a timeout for each read alone
    lets dripped headers or a dripped body go on for hours. It keeps no cookies, reads no .netrc (which would
    replace our token) and follows no redirect.
    """

    def __init__(self, deadline: float = DEADLINE) -> None:
        self._deadline = deadline
        self._session: aiohttp.ClientSession | None = None

    async def close(self) -> None:
        if self._session is not None:
            await self._session.close()

    async def ask(self, method: str, url: str, **what: Any) -> Answer:
        """Make one request; `what` is as in aiohttp.

        Raises:
            NoAnswer: there is none in time, or one that is cut or too large; `unsent` where nobody was reached.

        """
        if self._session is None:
            timeout = aiohttp.ClientTimeout(total=None, sock_connect=min(CONNECT, self._deadline))
            self._session = aiohttp.ClientSession(timeout=timeout, cookie_jar=aiohttp.DummyCookieJar())
        try:
            async with (
                asyncio.timeout(self._deadline),
                self._session.request(method, url, allow_redirects=False, **what) as answer,
            ):
                return Answer(answer.status, answer.headers, await _body(answer))
        except (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError) as problem:
            raise NoAnswer(unsent=True) from problem
        except (aiohttp.ClientError, OSError, ValueError) as problem:
            raise NoAnswer from problem


async def _body(answer: aiohttp.ClientResponse) -> bytes:
    parts: list[bytes] = []
    size = 0
    async for part in answer.content.iter_any():
        size += len(part)
        if size > LIMIT:
            raise NoAnswer
        parts.append(part)
    return b"".join(parts)
