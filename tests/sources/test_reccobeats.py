"""Features from a ReccoBeats on loopback."""

import time

import pytest

from bot.sources.queue import Closed, NoAnswer
from bot.sources.reccobeats import ReccoBeats
from tests.fakes.reccobeats import FakeReccoBeats
from tests.fakes.spotify import isrc, spotify_id


async def test_answers_are_joined_by_what_they_name_and_never_by_place(recco: FakeReccoBeats, reccobeats: ReccoBeats):
    for i in range(0, 100, 2):
        recco.knows(spotify_id(i), isrc(i), energy=i / 100, key=-1)
    found = await reccobeats.by_spotify_id([spotify_id(i) for i in range(100)])
    assert {name: values["energy"] for name, values in found.items()} == {
        spotify_id(i): i / 100 for i in range(0, 100, 2)
    }
    assert "key" not in found[spotify_id(0)], "-1 is unknown"
    assert recco.asked() == 3
    assert all(len(one.query["ids"].split(",")) <= 40 for one in recco.exchanges)


async def test_one_recording_may_bring_several_rows(recco: FakeReccoBeats, reccobeats: ReccoBeats):
    recco.knows(spotify_id(2), isrc(1), energy=0.2)
    recco.knows(spotify_id(1), isrc(1), energy=0.1)
    found = await reccobeats.by_isrc([isrc(1), isrc(3)])
    lowest = min(recco.known, key=lambda row: row["id"])
    assert found[isrc(1)]["energy"] == lowest["energy"]
    assert found.keys() == {isrc(1)}


async def test_values_out_of_range_stay_unknown(recco: FakeReccoBeats, reccobeats: ReccoBeats):
    recco.knows(spotify_id(1), None, energy=7.0, tempo="fast")
    found = await reccobeats.by_spotify_id([spotify_id(1)])
    assert "energy" not in found[spotify_id(1)]
    assert "tempo" not in found[spotify_id(1)]
    assert "valence" in found[spotify_id(1)]


async def test_it_waits_as_long_as_it_is_told(recco: FakeReccoBeats, reccobeats: ReccoBeats):
    recco.knows(spotify_id(1))
    recco.faults.add("429", retry_after="1")
    started = time.monotonic()
    assert await reccobeats.by_spotify_id([spotify_id(1)])
    assert time.monotonic() - started >= 1
    recco.faults.add("429", retry_after="36000")
    with pytest.raises(Closed):
        await reccobeats.by_spotify_id([spotify_id(1)])


@pytest.mark.parametrize("kind", ["500", "truncated", "garbage", "cut"])
async def test_a_failing_service_is_asked_thrice_then_left_alone(
    recco: FakeReccoBeats, reccobeats: ReccoBeats, kind: str
):
    recco.knows(spotify_id(1))
    recco.faults.add(kind)
    assert await reccobeats.by_spotify_id([spotify_id(1)])
    recco.faults.add(kind, times=9)
    with pytest.raises(NoAnswer):
        await reccobeats.by_spotify_id([spotify_id(1)])
    asked = recco.asked()
    with pytest.raises(NoAnswer):
        await reccobeats.by_spotify_id([spotify_id(1)])
    assert recco.asked() == asked


@pytest.mark.parametrize("kind", ["hang", "drip"])
async def test_a_slow_service_holds_nobody_up(recco: FakeReccoBeats, reccobeats: ReccoBeats, kind: str):
    recco.knows(spotify_id(1))
    recco.faults.add(kind, times=9)
    started = time.monotonic()
    with pytest.raises(NoAnswer):
        await reccobeats.by_spotify_id([spotify_id(1)])
    assert time.monotonic() - started < 6
