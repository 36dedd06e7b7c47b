"""A ReccoBeats: audio features by Spotify id or ISRC, in no order, without what it does not know."""

import random
from typing import Any

from aiohttp import web

from tests.fakes.faults import Server

NUMBERS = ("acousticness", "danceability", "energy", "instrumentalness", "liveness", "speechiness", "valence")


class FakeReccoBeats(Server):
    """Knows the tracks it is told of."""

    def __init__(self) -> None:
        super().__init__()
        self.known: list[dict[str, Any]] = []

    def knows(self, spotify_id: str, isrc: str | None = None, **values: float) -> None:
        chance = random.Random(f"{spotify_id} {isrc}")
        row = {name: round(chance.random(), 4) for name in NUMBERS}
        row |= {"key": chance.randrange(12), "mode": chance.randrange(2), "loudness": -chance.uniform(3, 20)}
        row |= {"tempo": chance.uniform(60, 180), **values}
        there = f"https://open.spotify.com/track/{spotify_id}"
        self.known.append({"id": f"recco-{spotify_id}", "href": there, "isrc": isrc, **row})

    def routes(self) -> list[web.AbstractRouteDef]:
        return [web.get("/v1/audio-features", self._features)]

    async def _features(self, request: web.Request) -> web.Response:
        asked = [one for one in request.query.get("ids", "").split(",") if one]
        if not 1 <= len(asked) <= 40:
            return web.json_response({"error": "ids: between 1 and 40"}, status=400)
        found = [
            row
            for row in self.known
            if row["href"].rsplit("/", 1)[1] in asked or row["isrc"] in asked or row["id"] in asked
        ]
        random.Random(7).shuffle(found)
        return web.json_response({"content": found})
