"""After an erase, nothing of the person is in any file or log, looked for as bytes."""

import json
from pathlib import Path
from typing import Any

import pytest

from bot.safe.zstd import zstd
from storage.backup import backup, restore
from tests.end_to_end.people import button, eventually, playlist_csv, words
from tests.end_to_end.test_running import Stand, stand

pytestmark = pytest.mark.slow
SECRET = "Zanzibarbershop"  # the artist whom only Ada has


async def everything(s: Stand) -> None:
    """Let Ada do all that leaves something: playlist, ratings, model, picture, prediction, public card, session."""
    file = ("mix.csv", playlist_csv(30, seed=77, artist=SECRET))
    await s.human.slash("Ada", "general", "playlist link", {}, attachments={"file": file})

    async def open_card() -> Any:
        shown = await s.human.slash("Ada", "general", "rate start", {})
        return shown if shown.get("components") else None

    card = await eventually(open_card, 20)
    for n in range(12):
        card = await s.human.click("Ada", card, button(card, "rate", n % 10 + 1))
    for command, options in (
        ("retrain", {}),
        ("predict track", {"track": "Piece 77-3"}),
        ("rate start", {"public": True}),
        ("session start", {"name": f"{SECRET} night"}),
        ("account export", {}),
        ("predict track", {"track": f"{SECRET} that nobody knows"}),
    ):
        await s.human.slash("Ada", "general", command, options)


async def erase(s: Stand) -> None:
    opened = await s.human.slash("Ada", "general", "account erase", {})
    field = opened["modal"]["components"][0]["component"]["custom_id"]
    answer = await s.human.modal("Ada", opened, {field: "ERASE"})

    def said() -> bool:
        seen = [m for m in s.human.messages("Ada", "general") if m["id"] == answer["id"]]
        return bool(seen) and "is erased" in words(seen[0])

    await eventually(said, 20)


def stored(folder: Path) -> bytes:
    return b"\n".join(file.read_bytes() for file in sorted(folder.rglob("*")) if file.is_file())


async def test_nothing_of_an_erased_person_is_in_files_backups_or_logs(tmp_path: Path, unused_port: int):
    data, backups = tmp_path / "data", tmp_path / "backups"
    async with stand(data, unused_port, EARMARK_LOG_FORMAT="json") as s:
        person = int(s.human.member("Ada").id)
        traces = (str(person).encode(), person.to_bytes(8, "big"), SECRET.encode(), SECRET.lower().encode())
        await everything(s)
        before = stored(data)
        assert [trace in before for trace in traces] == [False, True, True, True], "so a search would find her"
        older = backup(data / "earmark.db", backups).file
        await erase(s)
        left = stored(data)  # the database and its log, while the bot runs
        newer = backup(data / "earmark.db", backups).file
        assert await s.bot.end() == 0
        log = "\n".join(s.bot.lines)
        assert len(s.bot.lines) >= 2
        assert all(json.loads(line) for line in s.bot.lines)
    await restore(older, data / "earmark.db")
    restored = stored(data)
    for trace in traces:
        assert trace not in left
        assert trace not in zstd.decompress(newer.read_bytes())
        assert trace not in restored
    for word in (str(person), SECRET, "Piece 77", "Ada"):
        assert word not in log
