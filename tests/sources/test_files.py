import json
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain import errors
from bot.domain.tracks import PlaylistSource
from bot.sources.files import MAX_ROWS, read_lines, read_playlist, read_playlists
from tests.examples import examples

ID = "4uLU6hMCjMI75M1A2tKUQC"
OTHER = "7ouMYWpwJ422jRcDASZB7P"

EXPORTIFY_NET = f"""\
Track URI,Track Name,Album Name,Artist Name(s),Release Date,Duration (ms),Popularity,Explicit,Added By,Added At,Genres,\
Record Label,Danceability,Energy,Key,Loudness,Mode,Speechiness,Acousticness,Instrumentalness,Liveness,Valence,Tempo,\
Time Signature
spotify:track:{ID},"Air, on the G string",Suites,J. S. Bach;Somebody Else,1731-01-01,300000,50,false,me,2024,baroque,L,\
0.3,0.2,2,-20.5,1,0.04,0.95,0.9,0.1,0.3,66.5,4
spotify:track:{OTHER},Badinerie,Suites,J. S. Bach,1739,90000,50,false,me,2024,,L,,,,,,,,,,,,
"""
EXPORTIFY_APP_GERMAN = f"""\
Titel-URI,Titelname,Künstler-URI(s),Künstlername(n),Album-URI,Albumname,Titeldauer (ms),ISRC,Hinzugefügt von
spotify:track:{ID},Air\\, lang,spotify:artist:1,J. S. Bach,spotify:album:1,Suites,300000,DEF056230101,me
"""
TUNEMYMUSIC = f"""\
Track name,Artist name,Album,Playlist name,Type,ISRC,Spotify - id
Air,Bach,Suites,Mine,Playlist,DEF056230101,{ID}
A talk,Somebody,Show,Mine,Podcast,,
"""
SOUNDIIZ = """\
title;artist;album;isrc;addedDate;duration;url
Air;Bach;Suites;DE-F05-62-30101;2024-01-01;300;https://www.deezer.com/track/1
"""
OWN = "track_id,name,artist,rating,tempo,energy,pitch_0\nx,Air,Bach,9,66,0.2,0.7\nx2,Gigue,Bach,3,166,12,0.1\n"
ACCOUNT = {
    "playlists": [
        {
            "name": "One",
            "items": [{"track": {"trackName": "Air", "artistName": "Bach", "trackUri": f"spotify:track:{ID}"}}],
        },
        {
            "name": "One",
            "items": [{"track": {"trackName": "Gigue", "artistName": "Bach"}}, {"episode": {}, "track": None}],
        },
        {"name": "Empty", "items": []},
    ]
}


def test_exportify_net_brings_names_ids_and_features():
    playlist = read_playlist("My_Mix.csv", EXPORTIFY_NET.encode())
    assert (playlist.name, playlist.kind) == ("My Mix", "exportify")
    air, badinerie = playlist.tracks
    assert (air.title, air.artist, air.spotify_id) == ("Air, on the G string", "J. S. Bach, Somebody Else", ID)
    assert air.url == f"https://open.spotify.com/track/{ID}"
    assert air.features["tempo"] == 66.5
    assert air.features["key"] == 2
    assert air.features["year"] == 1731
    assert "tempo" not in badinerie.features


def test_exportify_app_in_another_language():
    (track,) = read_playlist("Musik.csv", EXPORTIFY_APP_GERMAN.encode()).tracks
    assert (track.title, track.artist, track.spotify_id, track.isrc) == ("Air, lang", "J. S. Bach", ID, "DEF056230101")


def test_tunemymusic_and_soundiiz():
    mine = read_playlist("a.csv", TUNEMYMUSIC.encode())
    assert (mine.kind, len(mine.tracks), mine.skipped) == ("tunemymusic", 1, 1)
    assert (mine.tracks[0].spotify_id, mine.tracks[0].isrc) == (ID, "DEF056230101")
    (air,) = read_playlist("b.csv", SOUNDIIZ.encode()).tracks
    assert (air.title, air.isrc, air.url) == ("Air", "DEF056230101", None)


def test_any_csv_with_our_columns():
    playlist = read_playlist("c.csv", OWN.encode())
    assert [dict(track.features) for track in playlist.tracks] == [
        {"tempo": 66.0, "energy": 0.2, "pitch_0": 0.7},
        {"tempo": 166.0, "pitch_0": 0.1},
    ]
    assert playlist.bad_cells == 1


def test_spotify_account_data():
    one, two = read_playlists("Playlist1.json", json.dumps(ACCOUNT).encode())
    assert (one.name, two.name, two.skipped) == ("One", "One 2", 1)
    assert one.tracks[0].spotify_id == ID
    plays = [{"endTime": "x", "trackName": "Gigue", "artistName": "Bach"}] * 3
    plays.append({"endTime": "x", "trackName": "Air", "artistName": "Bach"})
    history = read_playlist("StreamingHistory_music_0.json", json.dumps(plays).encode())
    assert [track.title for track in history.tracks] == ["Gigue", "Air"], "the most played first"
    extended = [{"master_metadata_track_name": "Air", "spotify_track_uri": f"spotify:track:{ID}", "ip_addr": "1.2.3.4"}]
    read = read_playlist("Streaming_History_Audio_2024.json", json.dumps(extended).encode())
    assert read.tracks[0].spotify_id == ID
    assert "1.2.3.4" not in repr(read)


def test_pasted_lines():
    text = f"1. Bach - Air\n- Bach – Gigue\nhttps://open.spotify.com/track/{ID}?si=x\nspotify:track:{ID}\nnonsense\n\n"
    playlist = read_lines(text)
    assert [(t.artist, t.title) for t in playlist.tracks[:2]] == [("Bach", "Air"), ("Bach", "Gigue")]
    assert playlist.tracks[2].spotify_id == ID
    assert (len(playlist.tracks), playlist.duplicates, playlist.skipped) == (3, 1, 1)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "cp1252"])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_encodings_and_line_ends(encoding: str, end: str):
    data = "name,artist,tempo\nPrélude,Dvořák,66\nAir,Händel,77\n".replace("ř", "r").replace("\n", end).encode(encoding)
    playlist = read_playlist("x.csv", data)
    assert [track.title for track in playlist.tracks] == ["Prélude", "Air"]
    assert playlist.tracks[1].artist == "Händel"


@pytest.mark.parametrize(
    ("data", "error"),
    [
        (b"", errors.EmptyFile),
        (b"\xef\xbb\xbf \n", errors.EmptyFile),
        (b"PK\x03\x04" + bytes(50), errors.UnreadableFile),
        (bytes(range(1, 32)) * 20, errors.UnreadableFile),
        (b"hello there", errors.NoTracks),
        (b"{}", errors.NoTracks),
        (b"{oops", errors.UnreadableFile),
        (b"name,artist\n,\n", errors.NoTracks),
        (b"https://music.example/playlist/1", errors.LinkNotSupported),
        (b"https://open.spotify.com/playlist/37i9dQZF1DXcBWIGoYBM5M", errors.LinkNotSupported),
        (b"x" * 10_000_001, errors.FileTooLarge),
        (b"name,artist\n" + b"".join(b"t%d,a\n" % i for i in range(MAX_ROWS + 1)), errors.FileTooLarge),
    ],
)
def test_bad_files_have_names_for_what_is_wrong(data: bytes, error: type[Exception]):
    with pytest.raises(error):
        read_playlist("x.csv", data)


def sound(playlist: PlaylistSource) -> None:
    assert 1 <= len(playlist.tracks) <= MAX_ROWS
    assert 1 <= len(playlist.name) <= 80
    for track in playlist.tracks:
        assert 1 <= len(track.title) <= 300
        assert not any(ord(letter) < 32 or letter in "\u202e\u2066\u2067" for letter in track.title + track.artist)
        assert track.url is None or track.url.startswith("https://open.spotify.com/track/")


SEEDS = [EXPORTIFY_NET, EXPORTIFY_APP_GERMAN, TUNEMYMUSIC, SOUNDIIZ, OWN, json.dumps(ACCOUNT), "Bach - Air\n"]


@given(st.one_of(st.binary(max_size=400), st.text(max_size=400).map(str.encode)))
@examples(400)
def test_whatever_the_bytes_the_outcome_is_sound(data: bytes):
    try:
        playlists = read_playlists("x.csv", data)
    except errors.LinkError:
        return
    for playlist in playlists:
        sound(playlist)


@given(st.sampled_from(SEEDS), st.data())
@examples(400)
def test_damaged_files_are_read_or_refused(seed: str, data: st.DataObject):
    raw = bytearray(seed.encode())
    for _ in range(data.draw(st.integers(1, 6))):
        place = data.draw(st.integers(0, len(raw) - 1))
        raw[place : place + data.draw(st.integers(0, 5))] = data.draw(st.binary(max_size=6))
        if not raw:
            return
    try:
        playlists = read_playlists("\u202e../x.csv", bytes(raw))
    except errors.LinkError:
        return
    for playlist in playlists:
        sound(playlist)


@pytest.mark.clock
def test_the_largest_file_is_read_in_time():
    row = ",".join(["0.5"] * 12)
    names = (
        "danceability,energy,key,loudness,mode,speechiness,acousticness,instrumentalness,liveness,valence,tempo,year"
    )
    data = f"name,artist,{names}\n" + "".join(f"Track {i},Artist {i % 99},{row}\n" for i in range(MAX_ROWS))
    began = time.perf_counter()
    assert len(read_playlist("big.csv", data.encode()).tracks) == MAX_ROWS
    assert time.perf_counter() - began < 10, "linear in the rows; about a second on an idle machine"
