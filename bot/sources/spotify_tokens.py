"""Tokens from Spotify's accounts service: the app's own, and members' by authorization code with PKCE."""

import asyncio
import base64
import hashlib
import secrets
import time
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

import requests

from bot.domain.errors import AppRefused, CodeRefused, ConnectionGone
from bot.sources.queue import NoAnswer, Queue, TooMany, retry_after
from bot.sources.spotify_http import DEADLINE, Deadline

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
        self._session = Deadline(deadline)
        self._queue = Queue(width=2)
        self._own: Tokens | None = None
        self._made = 0.0
        self._one = asyncio.Lock()

    async def own(self, *, fresh: bool = False) -> str:
        """The app's own access token; raise AppRefused where Spotify does not know the app."""
        async with self._one:
            old = time.monotonic() - self._made > JUST
            if self._own is None or self._own.over() or (fresh and old):
                app = self.app
                self._own = await self._ask(
                    {"grant_type": "client_credentials"}, (app.client_id, app.client_secret or "")
                )
                self._made = time.monotonic()
            return self._own.access

    async def exchange(self, code: str, verifier: str) -> Tokens:
        """Turn a code into tokens; raise CodeRefused where it was used before or belongs to another way."""
        form = {"grant_type": "authorization_code", "code": code, "redirect_uri": self.app.redirect_uri}
        return await self._ask({**form, "client_id": self.app.client_id, "code_verifier": verifier})

    async def renew(self, refresh: str) -> Tokens:
        """A new access token; raise ConnectionGone where permission was revoked or is half a year old."""
        form = {"grant_type": "refresh_token", "refresh_token": refresh, "client_id": self.app.client_id}
        made = await self._ask(form)
        return made if made.refresh else Tokens(made.access, refresh, made.until, made.scope)

    async def _ask(self, form: dict[str, str], auth: tuple[str, str] | None = None) -> Tokens:
        answer = await self._queue.run(lambda: asyncio.to_thread(self._post, form, auth))
        if "error" in answer:
            raise _refusal(form["grant_type"], answer)
        try:
            until = time.time() + float(answer["expires_in"])
            refresh, scope = str(answer.get("refresh_token") or ""), str(answer.get("scope") or "")
            return Tokens(str(answer["access_token"]), refresh, until, scope)
        except (KeyError, TypeError, ValueError):
            raise NoAnswer from None

    def _post(self, form: dict[str, str], auth: tuple[str, str] | None) -> dict[str, Any]:
        try:
            response = self._session.post(f"{self.app.accounts}/api/token", data=form, auth=auth)
            if response.status_code == 429:
                raise TooMany(retry_after(response.headers.get("Retry-After")))
            if response.status_code >= 500:
                raise NoAnswer(response.status_code)
            answer = response.json()
        except (requests.exceptions.RequestException, OSError, ValueError) as problem:
            raise NoAnswer from problem
        if not isinstance(answer, dict):
            raise NoAnswer
        return answer

    def close(self) -> None:
        self._session.close()


def _refusal(grant: str, answer: dict[str, Any]) -> Exception:
    if answer["error"] == "invalid_client" or grant == "client_credentials":
        return AppRefused()
    if grant == "refresh_token":
        return ConnectionGone(expired="expired" in str(answer.get("error_description", "")).lower())
    return CodeRefused()
