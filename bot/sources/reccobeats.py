"""ReccoBeats: audio features by Spotify id or ISRC; free, without a key and without a promise.

It answers in any order and leaves out what it does not know, so answers are joined on `href` or `isrc`, never by place.
"""

import asyncio
import time
from collections.abc import Iterable, Mapping
from typing import Any

from bot.domain.features import clean
from bot.sources.http_client import HttpClient
from bot.sources.queue import Closed, NoAnswer, Queue, TooMany, Waiting, retry_after

BATCH = 40
NAMES = (
    "acousticness", "danceability", "energy", "instrumentalness", "key", "liveness", "loudness", "mode",
    "speechiness", "tempo", "valence",
)  # fmt: skip
REST = 60.0  # seconds in which it is left alone after it failed


class ReccoBeats:
    """Asks for features in batches, a few at once.

    Args:
        url: where it is.
        deadline: seconds for one answer.

    """

    def __init__(self, url: str = "https://api.reccobeats.com", *, deadline: float = 8, patience: float = 60) -> None:
        self._url = f"{url.rstrip('/')}/v1/audio-features"
        self._queue = Queue(width=3, patience=patience)
        self._http = HttpClient(deadline)
        self._rest_until = 0.0

    async def close(self) -> None:
        await self._http.close()

    async def by_spotify_id(self, ids: Iterable[str], waiting: Waiting | None = None) -> dict[str, dict[str, float]]:
        """What is known of these tracks, by Spotify id; raises as `_all`."""
        return await self._all(ids, _id_of, waiting)

    async def by_isrc(self, codes: Iterable[str], waiting: Waiting | None = None) -> dict[str, dict[str, float]]:
        """What is known of these recordings, by ISRC; of several rows for one, the one of the lowest id counts."""
        return await self._all(codes, lambda row: str(row.get("isrc") or "").upper(), waiting)

    async def _all(self, asked: Iterable[str], key: Any, waiting: Waiting | None) -> dict[str, dict[str, float]]:
        """Ask for all.

        Raises:
            Closed, NoAnswer: it is busy, or does not answer.

        """
        if time.monotonic() < self._rest_until:
            raise NoAnswer
        wanted = list(dict.fromkeys(asked))
        batches = [wanted[start : start + BATCH] for start in range(0, len(wanted), BATCH)]
        try:
            rows = await _gathered([self._queue.run(lambda b=batch: self._ask(b), waiting) for batch in batches])
        except NoAnswer:
            self._rest_until = time.monotonic() + REST
            raise
        known = set(wanted)
        found: dict[str, dict[str, float]] = {}
        for row in sorted(rows, key=lambda row: str(row.get("id")), reverse=True):
            name = key(row)
            values, _ = clean({feature: row.get(feature) for feature in NAMES})
            if name in known and values:
                found[name] = values
        return found

    async def _ask(self, batch: list[str]) -> list[Mapping[str, Any]]:
        answer = await self._http.ask("GET", self._url, params={"ids": ",".join(batch)})
        if answer.status == 429:
            raise TooMany(retry_after(answer.headers.get("Retry-After")))
        if answer.status == 404:
            return []
        if answer.status != 200:
            raise NoAnswer(answer.status)
        rows = answer.json().get("content")
        if not isinstance(rows, list):
            raise NoAnswer
        return [row for row in rows if isinstance(row, dict)]


async def _gathered(asking: list[Any]) -> list[Mapping[str, Any]]:
    """All answers in one list; the first failure ends the others."""
    tasks = [asyncio.ensure_future(one) for one in asking]
    try:
        return [row for rows in await asyncio.gather(*tasks) for row in rows]
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


def _id_of(row: Mapping[str, Any]) -> str:
    return str(row.get("href") or "").split("?")[0].rstrip("/").rsplit("/", 1)[-1]


__all__ = ["Closed", "NoAnswer", "ReccoBeats"]
