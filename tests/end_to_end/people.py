"""What people do on the way through the bot, for tests."""

import asyncio
import csv
import io
import random
from typing import Any

FEATURES = ("danceability", "energy", "key", "loudness", "mode", "acousticness", "valence", "tempo")


def playlist_csv(tracks: int = 40, seed: int = 1, artist: str = "Composer") -> bytes:
    """A playlist of invented tracks with features, as a CSV file."""
    chance = random.Random(seed)
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(["Track Name", "Artist Name(s)", *FEATURES])
    for i in range(tracks):
        numbers = [chance.random(), chance.random(), chance.randrange(12), -chance.uniform(3, 30), chance.randrange(2)]
        numbers += [chance.random(), chance.random(), chance.uniform(60, 180)]
        writer.writerow([f"Piece {seed}-{i}", f"{artist} {i % 9}", *(f"{number:.4g}" for number in numbers)])
    return out.getvalue().encode()


def custom_ids(message: dict[str, Any], enabled: bool = True) -> list[str]:
    return [
        child["custom_id"]
        for row in message.get("components", [])
        for child in row.get("components", [])
        if not (enabled and child.get("disabled"))
    ]


def button(message: dict[str, Any], action: str, stars: int | None = None) -> str:
    """The custom id of a card's button."""
    for custom_id in custom_ids(message):
        if custom_id.startswith(f"earmark:{action}:") and (stars is None or custom_id.endswith(f":{stars}")):
            return custom_id
    raise AssertionError(f"no {action} among {custom_ids(message)}")


def track_of(card: dict[str, Any]) -> int:
    custom_id = next(i for i in custom_ids(card) if i.startswith(("earmark:rate:", "earmark:vote:")))
    return int(custom_id.split(":")[3 if custom_id.startswith("earmark:rate") else 2])


def words(message: dict[str, Any]) -> str:
    """All that a message says."""
    embeds = message.get("embeds", [])
    parts = [message.get("content") or ""]
    for embed in embeds:
        parts += [
            embed.get("title") or "",
            embed.get("description") or "",
            (embed.get("footer") or {}).get("text") or "",
        ]
    return "\n".join(parts)


async def eventually(check: Any, seconds: float = 20.0) -> Any:
    """Wait until `check()` gives something true (or awaits to it)."""
    async with asyncio.timeout(seconds):
        while True:
            value = check()
            value = await value if asyncio.iscoroutine(value) else value
            if value:
                return value
            await asyncio.sleep(0.02)
