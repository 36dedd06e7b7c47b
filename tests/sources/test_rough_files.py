"""Files as careless programs and members write them; each of these once lost tracks, names or time."""

import contextlib
import json
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.domain import errors
from bot.sources.decoding import MAX_BYTES
from bot.sources.files import MAX_ROWS, read_lines, read_playlist, read_playlists

ID = "4uLU6hMCjMI75M1A2tKUQC"
OTHER = "7ouMYWpwJ422jRcDASZB7P"
APP_COLUMNS = (
    "Titel-URI,Titelname,Künstler-URI(s),Künstlername(n),Album-URI,Albumtitel,Albumkünstler-URI(s),Albumkünstler,"
    "Erschienen,Bild,CD,Nummer,Titeldauer (ms),Vorschau,Anstößig,Beliebtheit,ISRC,Von,Am"
)
# Letters of names that no reader may lose: separators and quotes are quoted where they stand in a table.
NAMES = st.text(st.sampled_from("abc\\,;\"'|=@- é日"), min_size=1, max_size=12).filter(lambda name: name.strip())


def test_backslashes_are_letters():
    playlist = read_playlist("x.csv", b'name,artist\nBack\\Slash,AC\\DC\n"Ends in\\",Bob\nLast,Ann\n')
    assert [(track.title, track.artist) for track in playlist.tracks] == [
        ("Back\\Slash", "AC\\DC"),
        ("Ends in\\", "Bob"),
        ("Last", "Ann"),
    ]


@given(st.lists(st.tuples(NAMES, NAMES), min_size=1, max_size=6))
@settings(max_examples=200, deadline=None)
def test_what_a_table_quotes_comes_back_as_it_was(names: list[tuple[str, str]]):
    quoted = ['"' + cell.replace('"', '""') + '"' for pair in names for cell in pair]
    lines = [",".join(quoted[place : place + 2]) for place in range(0, len(quoted), 2)]
    read = {track.title for track in read_playlist("x.csv", "\n".join(["name,artist", *lines]).encode()).tracks}
    assert {" ".join(title.split()).casefold() for title, _ in names} == {title.casefold() for title in read}


def test_exportify_app_translated_keeps_album_year_and_duration_by_place():
    row = (
        f"spotify:track:{ID},Fugue\\, short,spotify:artist:1,J. S. Bach\\, Gould,spotify:album:1,Das Klavier,"
        "spotify:artist:1,J. S. Bach,1722-05-01,https://i.example/x,1,1,200000,,false,5,DEF056230101,me,2024"
    )
    (track,) = read_playlist("Musik.csv", f"{APP_COLUMNS}\n{row}\n".encode()).tracks
    assert (track.title, track.artist, track.album) == ("Fugue, short", "J. S. Bach, Gould", "Das Klavier")
    assert (track.duration_ms, dict(track.features)) == (200_000, {"year": 1722.0, "duration_ms": 200_000.0})


def test_soundiiz_counts_seconds():
    playlist = read_playlist("x.csv", b"title;artist;album;isrc;addedDate;duration;url\nAir;Bach;Suites;;2024;201;\n")
    assert (playlist.tracks[0].duration_ms, playlist.bad_cells) == (201_000, 0)


def test_a_bare_id_names_a_track_that_has_no_title():
    playlist = read_playlist("x.csv", f"track_id,name,artist,tempo\n{ID},,,120\n".encode())
    assert (playlist.tracks[0].spotify_id, playlist.tracks[0].features["tempo"]) == (ID, 120)


@pytest.mark.parametrize("start", ["  \n\n", "sep=,\n", "\ufeff\nSEP=, \n \n"])
def test_what_stands_before_the_header_is_passed_over(start: str):
    assert read_playlist("x.csv", f"{start}name,artist\nAir,Bach\n".encode()).tracks[0].title == "Air"


def test_podcasts_take_no_tracks_place_in_a_history():
    plays = [{"episodeName": "A talk"}] * (MAX_ROWS + 5) + [{"trackName": f"No. {i}"} for i in range(50)]
    history = read_playlist("StreamingHistory0.json", json.dumps(plays).encode())
    assert (len(history.tracks), history.skipped) == (50, MAX_ROWS + 5)


def test_an_unclosed_quote_costs_no_other_row():
    data = 'name,artist\n"Heroes,David Bowie\nAir,Bach\n"Two\nlines",Ann\nThe 12" Mix,Bob\n"Last,Eve\n'
    titles = [track.title for track in read_playlist("x.csv", data.encode()).tracks]
    assert titles == ["Heroes,David Bowie", "Air", "Two lines", 'The 12" Mix', "Last,Eve"]


@given(st.integers(0, 30), st.sampled_from(['"', '""', 'a"', '"a', '",', 'x"y"']))
def test_quotes_astray_cost_at_most_their_own_row(place: int, astray: str):
    rows = [f"Song {number},Artist {number}" for number in range(30)]
    rows.insert(place, astray)
    titles = {track.title for track in read_playlist("x.csv", "\n".join(["name,artist", *rows]).encode()).tracks}
    assert {f"Song {number}" for number in range(30)} <= titles


def test_every_playlist_of_an_account_is_read():
    item = {"track": {"trackName": "Air", "artistName": "Bach", "trackUri": f"spotify:track:{ID}"}}
    data = {"playlists": [{"name": f"List {number}", "items": [item]} for number in range(150)]}
    assert len(read_playlists("Playlist1.json", json.dumps(data).encode())) == 150


def test_a_library_that_is_too_long_says_so():
    tracks = [{"track": f"Song {number}", "artist": "Ann"} for number in range(MAX_ROWS + 1)]
    with pytest.raises(errors.FileTooLarge):
        read_playlist("YourLibrary.json", json.dumps({"tracks": tracks}).encode())


def test_several_links_in_a_line():
    playlist = read_lines(f"https://open.spotify.com/track/{ID} https://open.spotify.com/intl-de/track/{OTHER}?si=1")
    assert [track.spotify_id for track in playlist.tracks] == [ID, OTHER]
    assert len(read_lines(f"spotify:track:{ID},spotify:track:{OTHER}").tracks) == 2


@pytest.mark.parametrize("link", ["https://evil.example/open.spotify.com", "https://evilopen.spotify.com"])
def test_other_hosts_are_not_the_service(link: str):
    with pytest.raises(errors.LinkNotSupported):
        read_lines(f"{link}/track/{ID}")


@pytest.mark.parametrize(
    "data",
    [
        b"\n" * (MAX_BYTES - 1) + b"x",
        b"name,artist" + b",x" * 4_000_000 + b"\nAir,Bach\n",
        b" - " * 3_300_000,
        (b"a" + b" " * 1998 + b"b\n") * 4900,
        b"https://" * 1_200_000,
        b'"' * (MAX_BYTES - 1),
        b"[" * (MAX_BYTES - 1),
        b"name,artist\n" + b"\\," * 4_000_000,
    ],
    ids=["line ends", "columns", "dashes", "blanks", "links", "quotes", "brackets", "escapes"],
)
@pytest.mark.clock
def test_the_worst_ten_megabytes_end_in_time(data: bytes):
    began = time.process_time()
    with contextlib.suppress(errors.LinkError):
        read_playlist("x.csv", data)
    assert time.process_time() - began < 5, "a second or two; quadratic would be minutes"
