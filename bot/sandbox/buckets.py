"""Rate limits of the REST API: Discord's buckets, with its headers and its 429s."""

import re
import time
from collections import OrderedDict, deque
from collections.abc import Callable
from dataclasses import dataclass, field
from hashlib import blake2b
from typing import Any

_CHANNEL = re.compile(r"^/channels/(?P<id>\d+)/messages(?P<rest>/.*)?$")
_WEBHOOK = re.compile(r"^/webhooks/(?P<id>\d+/[^/]+)")
_INTERACTION = re.compile(r"^/interactions/")
_IDS = re.compile(r"/\d{5,}")
_KEPT = 10_000  # buckets; the one that was not used for longest goes first


@dataclass(frozen=True, slots=True)
class Rule:
    """How many requests a bucket takes in how many seconds."""

    name: str
    limit: int
    seconds: float


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether a request may pass, the headers that go with the answer, and the 429's body."""

    allowed: bool
    headers: dict[str, str]
    body: dict[str, Any] = field(default_factory=dict)


_REACTION = Rule("reactions", 1, 0.25)
_EDIT = Rule("edits", 5, 5.0)
_CREATE = Rule("creates", 5, 5.0)
_FOLLOW_UP = Rule("webhook", 5, 2.0)
_OTHER = Rule("other", 50, 1.0)
_GLOBAL = Rule("global", 50, 1.0)


def _rule(method: str, path: str) -> tuple[Rule, str]:
    """Find the rule of a request and what it is counted by."""
    if (match := _CHANNEL.match(path)) is not None:
        rest = match["rest"] or ""
        if "/reactions" in rest and method in ("PUT", "DELETE"):
            return _REACTION, match["id"]
        if method == "PATCH":
            return _EDIT, match["id"]
        if method == "POST" and not rest:
            return _CREATE, match["id"]
    elif (match := _WEBHOOK.match(path)) is not None:
        return _FOLLOW_UP, match["id"]
    return _OTHER, f"{method} {_IDS.sub('/:id', path)}"


class Buckets:
    """Counts requests; `clock` gives seconds that never go back."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        # (rule, whose) -> (end of the window, requests in it); a window begins with its first request.
        self._windows: OrderedDict[tuple[str, str], tuple[float, int]] = OrderedDict()
        self._recent: deque[float] = deque(maxlen=_GLOBAL.limit)

    def take(self, method: str, path: str) -> Verdict:
        """Count a request for a path below /api/v10, or refuse it with what the 429 says."""
        now = self._clock()
        exempt = _INTERACTION.match(path) is not None or _WEBHOOK.match(path) is not None
        if not exempt and len(self._recent) == _GLOBAL.limit and now - self._recent[0] < _GLOBAL.seconds:
            return _global_refusal(self._recent[0] + _GLOBAL.seconds - now)
        if _INTERACTION.match(path) is not None:
            return Verdict(True, {})  # the id in the path is used once: there is nothing to count
        rule, whose = _rule(method, path)
        verdict = self._count(rule, whose, now)
        if verdict.allowed and not exempt:
            self._recent.append(now)
        return verdict

    def _count(self, rule: Rule, whose: str, now: float) -> Verdict:
        key = (rule.name, whose)
        end, used = self._windows.get(key, (0.0, 0))
        if now >= end:
            end, used = now + rule.seconds, 0
        left = end - now
        if used >= rule.limit:
            headers = _headers(rule, whose, 0, left) | _refusal(left, "user")
            return Verdict(False, headers, _body(left, everywhere=False))
        self._windows[key] = (end, used + 1)
        self._windows.move_to_end(key)
        if len(self._windows) > _KEPT:
            self._windows.popitem(last=False)
        return Verdict(True, _headers(rule, whose, rule.limit - used - 1, left))


def _headers(rule: Rule, whose: str, remaining: int, left: float) -> dict[str, str]:
    known_by = rule.name if rule is not _OTHER else f"{rule.name} {whose}"
    return {
        "X-RateLimit-Limit": str(rule.limit),
        "X-RateLimit-Remaining": str(remaining),
        "X-RateLimit-Reset": f"{time.time() + left:.3f}",
        "X-RateLimit-Reset-After": f"{left:.3f}",
        "X-RateLimit-Bucket": blake2b(known_by.encode(), digest_size=16).hexdigest(),
    }


def _refusal(left: float, scope: str) -> dict[str, str]:
    # Without `Via` a client takes the answer for a ban by the content network, and does not wait.
    return {"Retry-After": f"{max(left, 0.001):.3f}", "Via": "1.1 sandbox", "X-RateLimit-Scope": scope}


def _body(left: float, *, everywhere: bool) -> dict[str, Any]:
    wait = round(max(left, 0.001), 3)
    return {"message": "You are being rate limited.", "retry_after": wait, "global": everywhere, "code": 0}


def _global_refusal(left: float) -> Verdict:
    headers = _headers(_GLOBAL, "", 0, left) | _refusal(left, "global") | {"X-RateLimit-Global": "true"}
    return Verdict(False, headers, _body(left, everywhere=True))
