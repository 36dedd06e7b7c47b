"""What went over the wire: kept for tests, and written as JSON lines on request. No secret is written."""

import json
import re
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from io import TextIOWrapper

_TOKEN_IN_PATH = re.compile(r"(/(?:interactions|webhooks)/\d+/)[^/?]+")
_SECRET_KEYS = frozenset({"token", "authorization", "Authorization", "session_id", "resume_gateway_url"})


@dataclass(frozen=True, slots=True)
class Exchange:
    """One REST request and its answer; unpacks to (method, template, status, request, response).

    Attributes:
        template: the route as the published description writes it, such as `/channels/{channel_id}`.
        path: the path asked for, tokens redacted.

    """

    method: str
    template: str
    status: int
    path: str
    query: str
    # Bytes, not objects: twenty thousand parsed messages would weigh hundreds of megabytes.
    sent: bytes
    answered: bytes

    @property
    def request(self) -> Any:
        return json.loads(self.sent) if self.sent else None

    @property
    def response(self) -> Any:
        return json.loads(self.answered) if self.answered else None

    def __iter__(self) -> Iterator[Any]:
        return iter((self.method, self.template, self.status, self.request, self.response))


def redact_path(path: str) -> str:
    """Hide the token in a webhook's or an interaction's path."""
    return _TOKEN_IN_PATH.sub(r"\1{token}", path)


def redact(value: Any) -> Any:
    """Copy a JSON value with every secret replaced."""
    if isinstance(value, dict):
        return {k: "[redacted]" if k in _SECRET_KEYS and v is not None else redact(v) for k, v in value.items()}
    if isinstance(value, list):
        return [redact(item) for item in value]
    return value


class Trace:
    """Writes JSON lines to a file that only its owner can read."""

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch(mode=0o600)
        self._out: TextIOWrapper | None = path.open("a", encoding="utf-8")

    def write(self, record: dict[str, Any]) -> None:
        if self._out is not None:
            line = {"at": round(time.time(), 3), **redact(record)}
            self._out.write(json.dumps(line, separators=(",", ":"), ensure_ascii=False, default=str) + "\n")
            self._out.flush()

    def exchange(self, exchange: Exchange) -> None:
        method, template, status, request, response = exchange
        self.write({
            "kind": "rest", "method": method, "route": template, "path": exchange.path, "query": exchange.query,
            "status": status, "request": request, "response": response,
        })  # fmt: skip

    def close(self) -> None:
        if self._out is not None:
            self._out.close()
            self._out = None
