"""Whatever is uploaded or typed: tracks, or an error with a sentence, and nothing that misbehaves where it is shown.

`pytest tests/sources/test_hostile_inputs.py --hypothesis-profile long` tries 10,000 inputs for each importer and field;
recordings are in `test_audio_rough.py`.
"""

import json
import re
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.domain.errors import EarmarkError, LinkError, NoRedirect
from bot.domain.names import tidy
from bot.domain.tracks import PlaylistSource
from bot.flow.connect import brought_back
from bot.flow.link import NAME_LENGTH
from bot.sources.files import MAX_ROWS, read_lines, read_playlists
from bot.sources.spotify_links import parse
from cogs.ui.text import plain
from cogs.ui.text_errors import error

NASTY = st.one_of(
    st.text(max_size=40),
    st.sampled_from([
        "=cmd|' /C calc'!A0", "@everyone", "<@1>", "`" * 5, "[x](http://evil.example)", "../../etc/passwd", "\x00",
        "\u202e",
        "'; DROP TABLE ratings;--", "{{7*7}}", "NaN", "inf", "-1", "1e400", "9" * 400, '"', ",", "\r", "\u2028",
        "💥" * 9,
        "spotify:track:4uLU6hMCjMI75M1A2tKUQC", "https://open.spotify.com/track/x", "a" * 5000,
    ]),
)  # fmt: skip
HEADERS = {
    "exportify.csv": "Track URI,Track Name,Artist Name(s),Album Name,Duration (ms),Danceability,Energy,Tempo",
    "tunemymusic.csv": "Track name,Artist name,Album,Playlist name,Type,ISRC",
    "soundiiz.csv": "title;artist;album;isrc;addedDate;duration;url",
    "features.csv": "name,artist,danceability,tempo,pitch_0,timbre_1,rating",
}
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | NASTY,
    lambda inside: st.lists(inside, max_size=4) | st.dictionaries(NASTY, inside, max_size=4),
    max_leaves=8,
)
KEYS = st.sampled_from(["trackName", "artistName", "trackUri", "episodeName", "track", "artist", "name", "items", "uri",
                        "endTime", "msPlayed", "tracks", "playlists", "master_metadata_track_name"])  # fmt: skip
ITEMS = st.dictionaries(KEYS, VALUES, max_size=5)


def sound(playlists: list[PlaylistSource]) -> None:
    """What every reader owes to whoever stores and shows what it found."""
    assert sum(len(playlist.tracks) for playlist in playlists) <= MAX_ROWS
    for playlist in playlists:
        assert playlist.name
        for track in playlist.tracks:
            assert track.title.strip()
            assert len(track.title) < 1000
            assert not {"\x00", "\n", "\r", "\u202e"} & {*track.title, *track.artist, *playlist.name}
            assert all(abs(value) < 1e12 for value in track.features.values()), "a finite number"
            json.dumps(dict(track.features), allow_nan=False)


def read(name: str, data: bytes) -> None:
    try:
        sound(read_playlists(name, data))
    except LinkError as problem:
        error(problem)


@pytest.mark.parametrize("name", HEADERS)
@given(rows=st.lists(st.lists(NASTY, max_size=9), max_size=6), junk=st.binary(max_size=30), tail=st.booleans())
@settings(suppress_health_check=[HealthCheck.too_slow])
def test_tables(name: str, rows: list[list[str]], junk: bytes, tail: bool):
    separator = ";" if ";" in HEADERS[name] else ","
    lines = [HEADERS[name], *(separator.join(row) for row in rows)]
    data = "\n".join(lines).encode(errors="surrogatepass")
    read(name, data + junk if tail else junk + data)


@pytest.mark.parametrize("name", ["Playlist1.json", "YourLibrary.json", "StreamingHistory0.json", "endsong_0.json"])
@given(items=st.lists(ITEMS, max_size=4), whole=VALUES, shape=st.integers(0, 3))
@settings(suppress_health_check=[HealthCheck.too_slow])
def test_accounts(name: str, items: list[Any], whole: Any, shape: int):
    data = (whole, items, {"tracks": items}, {"playlists": [{"name": whole, "items": items}]})[shape]
    read(name, json.dumps(data).encode())


@given(name=st.sampled_from(["x.csv", "x.json", "x.txt", "x", "x.zip"]), data=st.binary(max_size=300))
def test_rubbish(name: str, data: bytes):
    read(name, data)


@given(st.lists(NASTY, max_size=8).map("\n".join))
def test_what_is_pasted_into_the_form(pasted: str):
    try:
        sound([read_lines(pasted)])
    except LinkError as problem:
        error(problem)


@given(NASTY)
def test_a_name_that_is_typed(typed: str):
    named = tidy(typed, NAME_LENGTH)
    assert len(named) <= NAME_LENGTH
    assert not {"\x00", "\n", "\r", "\u202e"} & {*named}
    shown = plain(named)
    assert "@everyone" not in shown
    assert "<@1>" not in shown
    assert "[x](http" not in shown


LINKS = st.lists(
    st.one_of(
        NASTY,
        st.sampled_from([
            "https://", "http:", "//", "spotify:", "user:", "playlist", "track", "album", ":", "/", "?", "#", "@",
            "[", "]",
            "open.spotify.com", "spotify.link", "intl-de", "embed", "collection/tracks", "37i9dQZF1DXcBWIGoYBM5M",
            "127.0.0.1:1/callback", "state=", "code=", "error=", "&", "%00", "%", "<", ">",
        ]),
    ),
    max_size=9,
).map("".join)  # fmt: skip


@given(LINKS)
def test_a_link_that_is_typed(typed: str):
    try:
        outcome = parse(typed).key
    except EarmarkError as problem:
        outcome = error(problem)
        assert "@everyone" not in outcome
    else:
        assert re.fullmatch(r"(playlist|album|track):[0-9A-Za-z]{22}|liked:", outcome)


@given(LINKS)
def test_the_address_that_is_pasted_after_spotify(pasted: str):
    try:
        state, code = brought_back(pasted)
    except NoRedirect as problem:
        error(problem)
        return
    assert state
    assert not {*state, *code} & set(" \n")


@given(st.sampled_from(EarmarkError.__subclasses__()), NASTY)
def test_every_error_of_ours_crosses_processes(kind: type[EarmarkError], words: str):
    import dataclasses
    import pickle

    fields = [words for _ in dataclasses.fields(kind)] if dataclasses.is_dataclass(kind) else []
    again = pickle.loads(pickle.dumps(kind(*fields)))
    assert vars(again) == vars(kind(*fields))
