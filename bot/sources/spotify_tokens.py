"""Tokens from Spotify's accounts service: the app's own, and members' by authorization code with PKCE."""

import asyncio
import base64
import hashlib
import math
import secrets
import time
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

from bot.domain.errors import AppRefused, CodeRefused, ConnectionGone
from bot.sources.http_client import DEADLINE, HttpClient
from bot.sources.queue import NoAnswer, Queue, TooMany, retry_after

SCOPES = (
    "playlist-read-private",
    "playlist-read-collaborative",
    "user-library-read",
    "user-top-read",
    "playlist-modify-private",
)
JUST = 10.0  # seconds in which a new token is not replaced by another
EARLY = 60  # seconds before its end at which a token counts as over


@dataclass(frozen=True, slots=True)
class Tokens:
    """What Spotify hands out for one member, or for the app (then `refresh` is empty)."""

    access: str = field(repr=False)
    refresh: str = field(repr=False)
    until: float  # seconds since 1970 at which `access` ends
    scope: str = ""

    def over(self) -> bool:
        return time.time() > self.until - EARLY


@dataclass(frozen=True, slots=True)
class App:
    """The operator's application."""

    client_id: str
    client_secret: str | None = field(repr=False)
    redirect_uri: str
    accounts: str = "https://accounts.spotify.com"
    api: str = "https://api.spotify.com/v1/"


def new_verifier() -> str:
    """A PKCE code verifier (RFC 7636): 86 unguessable characters."""
    return secrets.token_urlsafe(64)


def authorize_url(app: App, state: str, verifier: str) -> str:
    """The page on which a member agrees."""
    challenge = base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).decode().rstrip("=")
    query = {
        "client_id": app.client_id,
        "response_type": "code",
        "redirect_uri": app.redirect_uri,
        "state": state,
        "scope": " ".join(SCOPES),
        "code_challenge_method": "S256",
        "code_challenge": challenge,
    }
    return f"{app.accounts}/authorize?{urlencode(query)}"


class Accounts:
    """Asks the accounts service for tokens."""

    def __init__(self, app: App, deadline: float = DEADLINE) -> None:
        self.app = app
        self._http = HttpClient(deadline)
        self._queue = Queue()
        self._own: Tokens | None = None
        self._made = 0.0
        self._failed: tuple[float, NoAnswer] = (-math.inf, NoAnswer())
        self._one = asyncio.Lock()

    async def own(self, *, fresh: bool = False) -> str:
        """The app's own access token; raise AppRefused where Spotify does not know the app."""
        asked = time.monotonic()
        async with self._one:
            failed, problem = self._failed
            if failed > asked:  # who waited here would only wait as long again
                raise NoAnswer(problem.status)
            old = time.monotonic() - self._made > JUST
            if self._own is None or self._own.over() or (fresh and old):
                pair = f"{self.app.client_id}:{self.app.client_secret or ''}".encode()
                headers = {"Authorization": f"Basic {base64.b64encode(pair).decode()}"}
                try:
                    self._own = await self._ask({"grant_type": "client_credentials"}, headers)
                except NoAnswer as problem:
                    self._failed = (time.monotonic(), problem)
                    raise
                self._made = time.monotonic()
            return self._own.access

    async def exchange(self, code: str, verifier: str) -> Tokens:
        """Turn a code into tokens; raise CodeRefused where it was used before or belongs to another way."""
        form = {"grant_type": "authorization_code", "code": code, "redirect_uri": self.app.redirect_uri}
        return await self._ask({**form, "client_id": self.app.client_id, "code_verifier": verifier})

    async def renew(self, refresh: str) -> Tokens:
        """A new access token; raise ConnectionGone only where permission was revoked or is half a year old."""
        form = {"grant_type": "refresh_token", "refresh_token": refresh, "client_id": self.app.client_id}
        made = await self._ask(form)
        return made if made.refresh else Tokens(made.access, refresh, made.until, made.scope)

    async def _ask(self, form: dict[str, str], headers: dict[str, str] | None = None) -> Tokens:
        async def attempt() -> Tokens:
            answer = await self._http.ask("POST", f"{self.app.accounts}/api/token", data=form, headers=headers)
            if answer.status == 429:
                raise TooMany(retry_after(answer.headers.get("Retry-After")))
            if answer.status >= 500:
                raise NoAnswer(answer.status)
            said = answer.json()
            if answer.status != 200 or "error" in said:
                raise _refusal(form["grant_type"], answer.status, said)
            return _tokens(said)

        return await self._queue.run(attempt)

    async def close(self) -> None:
        await self._http.close()


def _tokens(answer: dict[str, Any]) -> Tokens:
    access, life = answer.get("access_token"), answer.get("expires_in")
    refresh, scope = answer.get("refresh_token") or "", answer.get("scope") or ""
    if not isinstance(life, int) or not 0 < life < 366 * 86_400:
        raise NoAnswer
    for text in (access, refresh, scope):
        if not isinstance(text, str) or not text.isascii() or (text and not text.isprintable()):
            raise NoAnswer
    if not access:
        raise NoAnswer
    return Tokens(access, refresh, time.time() + life, scope)


def _refusal(grant: str, status: int, answer: dict[str, Any]) -> Exception:
    """What a refusal means (RFC 6749, section 5.2); what does not refuse this very grant may pass."""
    error = answer.get("error")
    if error == "invalid_client" or (
        grant == "client_credentials" and error in {"invalid_grant", "unauthorized_client"}
    ):
        return AppRefused()
    if error == "invalid_grant" and grant == "refresh_token":
        return ConnectionGone(expired="expired" in str(answer.get("error_description", "")).lower())
    if error == "invalid_grant":
        return CodeRefused()
    return NoAnswer(status)
