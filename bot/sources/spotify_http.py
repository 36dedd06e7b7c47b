"""One request to Spotify: through spotipy in a thread, with a deadline for the whole answer and a limit to its size."""

import http.cookiejar
import logging
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, cast

import requests
import requests.adapters

from bot.sources.queue import NoAnswer

if TYPE_CHECKING:
    from bot.sources.spotify_api import Api

CONNECT, DEADLINE = 5.0, 12.0  # seconds
LIMIT = 12_000_000  # bytes of one answer


class Deadline(requests.Session):
    """A session whose answers are read whole within a deadline: a timeout alone lets a slow drip go on for hours.

    It keeps no cookies, reads no .netrc (which would replace our token) and follows no redirect.
    """

    def __init__(self, deadline: float = DEADLINE, width: int = 8) -> None:
        super().__init__()
        self._deadline = deadline
        self.trust_env = False
        self.cookies.set_policy(http.cookiejar.DefaultCookiePolicy(allowed_domains=[]))
        adapter = requests.adapters.HTTPAdapter(pool_maxsize=width, max_retries=0)
        self.mount("https://", adapter)
        self.mount("http://", adapter)

    def send(self, request: requests.PreparedRequest, **kwargs: Any) -> requests.Response:
        until = time.monotonic() + self._deadline
        timeout = (min(CONNECT, self._deadline), self._deadline)
        response = super().send(request, **{**kwargs, "stream": True, "timeout": timeout, "allow_redirects": False})
        parts: list[bytes] = []
        size = 0
        while part := response.raw.read1(65_536, decode_content=True):
            size += len(part)
            if size > LIMIT or time.monotonic() > until:
                response.close()
                raise requests.exceptions.ReadTimeout("the answer is too slow or too large")
            parts.append(part)
        response._content = b"".join(parts)  # pyright: ignore[reportPrivateUsage]  # noqa: SLF001 - what `content` would set
        response._content_consumed = True  # pyright: ignore # noqa: PGH003, SLF001 - as above
        response.raw.release_conn()
        return response


class Unauthorised(Exception):
    """401: the token is over, or this needs a member's."""


class Forbidden(Exception):
    """403: the app or this member may not."""


class Missing(Exception):
    """404."""


def quiet_logs() -> None:
    """Never let spotipy's log speak: at DEBUG it holds every token, and its errors are raised anyway."""
    for name in ("spotipy", "spotipy.client", "spotipy.oauth2", "spotipy.util"):
        logger = logging.getLogger(name)
        logger.setLevel(logging.CRITICAL + 1)
        logger.propagate = False


def ask(session: requests.Session, prefix: str, token: str, call: Callable[["Api"], Any]) -> Any:
    """Make one call with a token; blocks.

    Raises:
        Unauthorised, Forbidden, Missing, NotOnTheList: by status.
        TooMany: 429.
        NoAnswer: 5xx, no answer in time, or one that is no JSON.

    """
    from bot.sources.spotify_api import Api, Refused, meaning  # noqa: PLC0415 - heavy

    # spotipy documents a session here and annotates nothing, from which a flag is inferred.
    api = Api(auth=token, requests_session=cast("Any", session))
    api.prefix = prefix
    try:
        answer = call(api)
    except Refused as problem:
        raise meaning(problem) from None
    except (requests.exceptions.RequestException, OSError) as problem:
        raise NoAnswer from problem
    except Exception as problem:
        if type(problem).__module__.split(".")[0] == "urllib3":  # raised where a body is read, outside of requests
            raise NoAnswer from problem
        raise
    if not isinstance(answer, dict):  # spotipy gives None for what is no JSON
        raise NoAnswer
    return answer
