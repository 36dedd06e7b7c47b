"""The machine's clock jumps under a running bot, forward and back: nothing is lost, everything comes to its end."""

import os
import sqlite3
import time
from contextlib import closing
from pathlib import Path

import pytest

from bot.domain.tracks import PlaylistSource, TrackSource
from bot.serving.schedule import _age
from storage.backup import backup, backups
from storage.database import Database
from storage.features import Features
from storage.playlists import Playlists
from tests.end_to_end.people import button, eventually, playlist_csv, track_of, words
from tests.end_to_end.processes import HttpHuman, program
from tests.end_to_end.test_running import stand
from tests.end_to_end.test_session_killed import Group, vote

DAY = 86_400


class Clock:
    """The clock of programs that are started with `env`; `jump` sets it, from the right time on."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self.env = {"PYTHONPATH": str(Path(__file__).parent / "clock"), "EARMARK_TEST_CLOCK": str(file)}

    def jump(self, seconds: float) -> None:
        self._file.write_text(str(seconds), "ascii")


@pytest.mark.slow
async def test_it_jumps_a_month_on_and_two_back_while_a_member_rates(tmp_path: Path, unused_port: int):
    clock = Clock(tmp_path / "clock.txt")
    async with stand(tmp_path, unused_port, **clock.env) as s:
        card = await s.card()
        given: dict[int, int] = {}
        for number, days in enumerate([0, 0, 30, 30, -60, -60, 0, 0, 5, 5, -5, 0]):
            clock.jump(days * DAY)
            stars = 1 + number * 4 % 10
            given[track_of(card)] = stars
            card = await s.human.click("Ada", card, button(card, "rate", stars))
        assert s.stars() == given
        with closing(sqlite3.connect(tmp_path / "earmark.db")) as database:
            dates = [at for (at,) in database.execute("SELECT rated_at FROM ratings")]
        assert max(dates) - min(dates) > 80 * DAY, "the program's clock did jump"
        # Undo takes back the newest verdict, whatever its date.
        last = list(given)[-1]
        clock.jump(-90 * DAY)
        card = await s.human.click("Ada", card, button(card, "undo"))
        assert s.stars() == {track: stars for track, stars in given.items() if track != last}
        for command, days, options, sign in (
            ("rate history", -9, {}, "**Your ratings** · 11"),
            ("retrain", 3, {}, "11 ratings"),
            ("predict track", -70, {"track": f"#{last}"}, "# "),
            ("taste show", 20, {}, "From 11 ratings"),
        ):
            clock.jump(days * DAY)
            answer = await s.human.slash("Ada", "general", command, options)

            async def told(shown: str = answer["id"], sign: str = sign) -> bool:
                return any(m["id"] == shown and sign in words(m) for m in s.human.messages("Ada", "general"))

            await eventually(told, 60)
        assert await s.healthy()
        assert await s.bot.end() == 0
        assert not [line for line in s.bot.lines if "unexpected error" in line or "Traceback" in line]


@pytest.mark.slow
async def test_a_round_ends_in_its_time_though_the_clock_is_set_back_and_the_bot_killed(tmp_path: Path):
    clock = Clock(tmp_path / "clock.txt")
    async with program("sandbox", "--port", "0", "--no-browser", "--members", "5") as sandbox:
        url, token = await sandbox.said("Sandbox ready: "), await sandbox.said("Bot token: ")
        async with HttpHuman.connect(url) as human:
            group = Group(human, url, token, tmp_path, **clock.env)
            await group.start()
            await human.slash("Ada", "playlist link", file=("mix.csv", playlist_csv(30)))
            await group.seen("30 tracks")
            await human.slash("Ada", "playlist share", playlist="mix")
            await human.slash("Ada", "session start", name="Friday", rounds=2, seconds=15)
            lobby = await group.seen("Friday", "1 member")
            await group.press("Ben", lobby, ":join:")
            lobby = await group.seen("Friday", "2 members")
            await group.press("Ada", lobby, ":begin:")
            shown = await group.seen("Round 1 of 2")
            await vote(group, shown, "Ada", 9)
            clock.jump(-3 * DAY)
            await group.kill()
            began = time.monotonic()
            shown = await group.seen("Round 2 of 2")
            clock.jump(3600)
            await vote(group, shown, "Ben", 4)
            reveal = await group.seen("What everybody thought", seconds=40)
            assert time.monotonic() - began < 60
            assert f"<@{human.members['Ada']}> 9" in words(reveal)
            assert f"<@{human.members['Ben']}> 4" in words(reveal)
            await group.stop()


async def test_backups_that_a_wrong_clock_dated_ahead_neither_stop_the_schedule_nor_drive_out_others(tmp_path: Path):
    file, folder = tmp_path / "earmark.db", tmp_path / "backups"
    await (await Database.open(file)).close()
    ahead = []
    for number in range(3):
        made = backup(file, folder).file
        ahead.append(made.rename(folder / f"earmark-2099010{number + 1}-000000-000000000.db.zst"))
        os.utime(ahead[-1], (time.time() + 70 * 365 * DAY,) * 2)
    assert _age(folder) == float("inf"), "one is due now, not in seventy years"
    kept = [backup(file, folder, keep=3).file for _ in range(3)]
    assert backups(folder) == kept
    assert 0 <= _age(folder) < 60
    os.utime(kept[-1], (time.time() + 2,) * 2)  # a disk whose clock is a little ahead
    assert _age(folder) == 0


async def test_what_was_asked_in_a_wrong_future_is_asked_again(tmp_path: Path):
    database = await Database.open(tmp_path / "earmark.db")
    sources = [TrackSource(f"Piece {i}", "Bach", spotify_id=f"{i:022d}") for i in range(2)]
    linked = await Playlists(database).link(1, PlaylistSource("Mix", "csv", sources))
    features = Features(database)
    known, missed = await Playlists(database).tracks(linked.playlist.id)
    await features.keep("reccobeats", {known.id: {"energy": 0.5}}, [missed.id])
    assert await features.lacking("reccobeats", 1, playlist_id=linked.playlist.id) == []
    with closing(sqlite3.connect(tmp_path / "earmark.db")) as stranger, stranger:
        stranger.execute("UPDATE track_values SET at = at + ? WHERE source = 'reccobeats'", (30 * DAY,))
        stranger.execute("UPDATE feature_misses SET at = at + ?", (30 * DAY,))
    asked = await features.lacking("reccobeats", 1, playlist_id=linked.playlist.id)
    assert {one.track_id for one in asked} == {known.id, missed.id}
    await database.close()
