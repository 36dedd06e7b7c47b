"""The catalogue: 100 pieces that can be heard, with features that are what is heard."""

import multiprocessing
import re
from pathlib import Path

import pytest
import soundfile

from bot.domain.features import clean
from bot.domain.names import name_key
from bot.sources import bach
from bot.sources.bach_build import heard
from bot.sources.synth import INSTRUMENTS


def test_the_catalogue_is_complete_and_right():
    pieces, playlist = bach.pieces(), bach.catalogue()
    assert len(pieces) == len(playlist.tracks) == int(bach.NAME.split()[1]) == 100
    assert len({piece.bwv for piece in pieces}) == 100
    assert len({name_key(track.artist, track.title) for track in playlist.tracks}) == 100
    titles = [piece.title for piece in pieces]
    assert "Wie schön leuchtet der Morgenstern in F major, BWV 1/6" in titles
    assert "Jesu, meine Freude in E minor, BWV 227/1" in titles
    assert all(re.search(r" in [A-G](-flat|-sharp)? (major|minor), BWV \d+(/\d+)?$", title) for title in titles)


def test_every_piece_is_in_four_voices_and_says_where_it_is_from():
    for piece in bach.pieces():
        assert piece.source.startswith("music21 "), piece.bwv
        assert "permission" not in piece.notice or piece.notice.startswith("PDF"), piece.bwv
        assert len(piece.lines()) == 4
        ends = [line[-1][0] + line[-1][1] for line in piece.lines()]
        assert max(ends) - min(ends) < 4, piece.bwv
        lowest = piece.lines()[3][-1][2]
        assert lowest % 12 == piece.key, piece.bwv


def test_the_licence_page_counts_right():
    text = Path(bach.__file__).with_name("bach.md").read_text("utf-8")
    notices = [piece.notice for piece in bach.pieces()]
    for words, count in (
        ("nothing", sum(not notice for notice in notices)),
        ("www.jsbchorales.net`", sum("www" in notice for notice in notices)),
        ("used by permission`", sum("permission" in notice for notice in notices)),
    ):
        assert re.search(rf"\| .*{re.escape(words)} \| {count} \|", text), words


def test_tastes_can_differ_in_instrument_and_tempo():
    pieces = bach.pieces()
    for instrument in INSTRUMENTS:
        own = [piece.bpm for piece in pieces if piece.instrument is instrument]
        assert len(own) == 20
        assert min(own) < 65
        assert max(own) > 105


def test_features_are_known_and_in_range():
    for track in bach.catalogue().tracks:
        kept, bad = clean(track.features)
        assert bad == 0
        assert kept == pytest.approx(dict(track.features))
        assert len(kept) >= 28, track.title
        assert track.measured_by == "audio"


def test_the_analysis_hears_what_is_played():
    pieces, table = bach.pieces(), bach.features()
    keys = [(table[piece.bwv].get("key"), table[piece.bwv].get("mode")) == (piece.key, piece.mode) for piece in pieces]
    tempi = [abs(table[piece.bwv].get("tempo", 0) / piece.bpm - 1) < 0.04 for piece in pieces]
    assert sum(keys) >= 80
    assert sum(tempi) >= 85


def matches(piece: bach.Piece) -> None:
    fresh, stored = heard(piece), bach.features()[piece.bwv]
    assert fresh.keys() == stored.keys()
    for name, value in fresh.items():
        assert stored[name] == pytest.approx(value, rel=0.005, abs=0.02), (piece.bwv, name)


@pytest.mark.parametrize("place", range(0, 100, 13))
def test_the_table_is_what_the_analysis_hears(place: int):
    matches(bach.pieces()[place])


@pytest.mark.slow
def test_the_whole_table_is_what_the_analysis_hears():
    for piece in bach.pieces():
        matches(piece)


def test_a_clip_is_rendered_once_small_and_playable(tmp_path: Path):
    piece = bach.pieces()[0]
    path = bach.clip(piece, tmp_path / "clips")
    assert path.stat().st_size < 400_000
    info = soundfile.info(path)
    assert info.format == "MP3"
    assert info.duration == pytest.approx(bach.features()[piece.bwv]["duration_ms"] / 1000, abs=0.1)
    before = path.stat().st_mtime_ns
    assert bach.clip(piece, tmp_path / "clips") == path
    assert path.stat().st_mtime_ns == before
    assert [file.name for file in path.parent.iterdir()] == [path.name]


def rendered(folder: str) -> bytes:
    return bach.clip(bach.pieces()[7], Path(folder)).read_bytes()


def test_several_processes_may_ask_for_one_clip_at_once(tmp_path: Path):
    with multiprocessing.get_context("spawn").Pool(3) as pool:
        files = pool.map(rendered, [str(tmp_path)] * 3, chunksize=1)
    assert len(set(files)) == 1
    assert len(list(tmp_path.iterdir())) == 1


def test_a_clip_that_fails_leaves_nothing_behind(tmp_path: Path):
    folder = tmp_path / "file"
    folder.write_text("in the way")
    with pytest.raises(OSError):
        bach.clip(bach.pieces()[0], folder)
    assert folder.read_text() == "in the way"
