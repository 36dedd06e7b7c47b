"""What is said of predictions, tastes, lists, Spotify and sound, and the words on pictures, in another language."""

import dataclasses
from collections.abc import Iterator
from pathlib import Path

import pytest

from bot.charts.ratings import report_figure
from bot.charts.taste import PICTURES
from bot.charts.text import FEATURES, LABELS, feature, label, report_alt
from bot.domain import errors
from bot.domain.features import NAMES
from bot.domain.taste import (
    ByOthers,
    Comparison,
    Effect,
    Glance,
    InCommon,
    Metrics,
    Reason,
    TasteReport,
    WhatIf,
)
from bot.domain.tracks import AudioAnalysis, Coverage, LinkedPlaylist, Track
from bot.flow.match import Matched
from bot.flow.taste import Look
from bot.flow.upload import Uploaded
from bot.flow.workers import Workers
from bot.i18n import Languages, format_number, format_percent, format_short, speaking
from cogs.ui import text_audio, text_link, text_predict, text_retrain, text_sounds, text_spotify, text_taste
from cogs.ui.text import VERDICTS
from tests.catalogues import catalogue, marked
from tests.charts.test_taste import record, taste
from tests.cogs.test_text import LUCK, all_errors, playlist, prediction
from tests.test_i18n import untranslated

AIR = Track(1, "⟦Air⟧", "⟦Bach⟧")


@pytest.fixture(autouse=True)
def in_brackets(tmp_path: Path) -> Iterator[None]:
    with speaking(Languages(marked(tmp_path)).of("de")):
        yield


def test_predictions_are_translated():
    why = tuple(Effect(name, 0.9, 0.5, place) for name in text_sounds.SOUNDS for place in (0.1, 0.5, 0.9))
    reasons = (Reason("⟦Toccata⟧", "⟦Bach⟧", 9, 0.7), Reason("⟦Noise⟧", "⟦Bach⟧", 2, 0.3, alike=False))
    change = WhatIf("tempo", 90, 140, 5.9)
    full = prediction(track=AIR, rated=3, reasons=reasons, what_if=change, others=ByOthers(2, 0.5))
    parts = [text_predict.prediction_lines(dataclasses.replace(full, effects=(effect,))) for effect in why]
    parts += [
        text_predict.prediction_lines(dataclasses.replace(full, **changed))
        for changed in (
            {"stars": None},
            {"verdict": "unknown"},
            {"verdict": "unknown", "others": None},
            {"others": ByOthers(7, 0.5), "reasons": reasons[1:]},
        )
    ]
    for name in (*text_sounds.SOUNDS, "mode", "key", "time_signature"):
        for value in (0.0, 11.0):
            turn = WhatIf(name, 5.0, value, 6.0)
            parts += [text_predict.answered(full, turn), text_sounds.the_same(turn), text_sounds.beside(turn)]
    parts += [text_predict.ranked("⟦Mine⟧", [full], 0, 2, 30, verdict) for verdict in VERDICTS]
    parts.append(text_predict.ranked("⟦Mine⟧", [prediction(track=AIR, stars=None)], 0, 2, 30, "fair"))
    assert untranslated(*parts, text_predict.what_if(), text_predict.what_if_title()) == set()


def test_reports_and_tastes_are_translated():
    known = Metrics(skill=0.3, r2=0.3, mae=1.2, spearman=0.5, order=0.7)
    reports = [
        LUCK,
        dataclasses.replace(LUCK, held_out=known, p_value=0.001, learned=5, other_scale=2),
        *(dataclasses.replace(LUCK, verdict=verdict) for verdict in ("hunch", "fair", "sure")),
    ]
    parts = [said(report) for report in reports for said in (text_retrain.report_lines, text_retrain.report_title)]
    parts += [report_alt(report) for report in reports]
    seen = taste(40)
    sure = [dataclasses.replace(leaning, sure=True) for leaning in seen.leanings]
    for one in (
        seen,
        dataclasses.replace(seen, verdict="unknown", leanings=()),
        dataclasses.replace(seen, leanings=sure),
    ):
        parts.append(text_taste.glance(Look(one, [*record(True), *record(False, seen=True)], (), 40, 3)))
    common = [InCommon(AIR, 9, 2), InCommon(AIR, 5, 5)]
    loved = [prediction(track=AIR)]
    for rho in (0.8, 0.4, 0.0, -0.5):
        both = Comparison(common, 2.0, rho, 9, rho, loved, loved, (1, 2), (1, 2))
        parts.append(text_taste.comparison(both, 1, 2))
    parts.append(text_taste.comparison(Comparison((), None, None, 0, None, (), (), (), ()), 1, 2))
    parts += [text_taste.studying(1, 9, left, 1.0) for left in (30, 300)]
    parts += [text_taste.studied(), text_taste.study_stopped(), text_taste.study_interrupted(), text_taste.title()]
    parts += [text_taste.no_study(), text_taste.study_begins(), text_retrain.after_training()]
    assert untranslated(*parts) == set()


def test_spotify_lists_and_sound_are_translated():
    kinds = [kind for kind in all_errors() if issubclass(kind, errors.SpotifyError)]
    parts: list[str] = []
    for kind in kinds:
        fields = dataclasses.fields(kind) if dataclasses.is_dataclass(kind) else ()
        values = {"str": "⟦x⟧", "SpotifyError": errors.SpotifyDown(503)}
        made = kind(**{field.name: values.get(str(getattr(field.type, "__name__", field.type)), 3) for field in fields})
        parts += [text_spotify.error(made), text_spotify.as_files([], made)]
    parts += [text_spotify.disconnected(gone) for gone in (None, 0, 1, 2)]
    parts += [text_spotify.waiting(seconds) for seconds in (5, 500, 50_000)]
    parts += [text_spotify.written("<x>", 3, left) for left in (0, 2)]
    parts += [text_spotify.reading_spotify(0, 0), text_spotify.reading_spotify(3, 9), text_spotify.measuring(2)]
    parts += [text_spotify.connected("⟦Ada⟧"), text_spotify.connect("x"), text_spotify.probably(0.8)]
    said = Coverage(tracks=9, unknown=2, by_source={"file": 3, "audio": 4}, titles=("⟦A⟧",), unanswered="busy")
    outcome = LinkedPlaylist(
        playlist(name="⟦Mine⟧"), 1, 2, 3, relinked=True, local=1, episodes=2, gone=3, coverage=said
    )
    parts.append(text_link.linked([outcome], [Matched(3, (), 2, 1)]))
    bare = playlist(name="⟦Mine⟧", with_features=0)
    other = LinkedPlaylist(bare, 0, 0, 0, relinked=False, namesake=bare)
    parts += [text_link.linked([other]), text_link.linked([dataclasses.replace(outcome, unchanged=True)])]
    parts += [text_link.replace_it(bare), text_link.replaced(bare), text_link.which(), text_link.matching(1, 2)]
    parts.append(text_link.confirmed(1, 2))
    parts += [text_audio.no_files(), text_audio.listening(2), text_audio.lend(AIR), text_audio.lent(AIR)]
    heard = AudioAnalysis(90_000, -9, 5, 120, 1, 1, 2, 5, 0, 1, 1, None, None, None, None, None, None)
    parts.append(text_audio.uploaded(Uploaded(outcome, [(AIR, heard)], [errors.EmptyFile("⟦x⟧")], [(1, AIR)])))
    assert untranslated(*parts) == set()


def test_every_label_of_a_picture_is_translated():
    words = [*map(label, LABELS), *map(feature, FEATURES), *map(feature, NAMES)]
    assert untranslated(*words) == set()
    assert set(FEATURES) == {name for name in NAMES if not name.startswith(("pitch_", "timbre_"))}
    report = TasteReport(2, 0, LUCK.held_out, LUCK.training, 0.8, 3.0, 0.1, "fair", None, [2.0, 4.0], [3.0, 3.0])
    for axes in report_figure(report).axes:
        assert untranslated(axes.get_title(), axes.get_xlabel(), axes.get_ylabel()) == set()
    seen = taste(40)
    for one in (seen, dataclasses.replace(seen, weaker=3), Glance("unknown", 0, (), (), (), (), (), (), ())):
        for _, _, alt in PICTURES:
            assert untranslated(alt(one, record(True))) == set()


def spoken_label() -> str:
    return f"{label('stars')} {format_number(1.5, 1)}"


async def test_the_language_goes_along_to_other_processes():
    workers = Workers.processes(1)
    try:
        assert await workers.run(spoken_label) == "⟦stars⟧ 1,5"
    finally:
        workers.close()


def test_numbers_are_those_of_the_language(tmp_path: Path):
    assert format_percent(0.255, signed=True).replace("\u00a0", " ") == "+26 %"
    assert format_number(-0.25, 2, signed=True) == "-0,25"
    with speaking(Languages().of("en-GB")):
        assert format_percent(0.5) == "50 %"
        assert format_number(0.3, 1, signed=True) == "+0.3"
    assert [format_short(value) for value in (1234.0, 9.46, 0.031, 0.5, 3.0)] == ["1.234", "9,5", "0,031", "0,5", "3"]
    assert text_sounds.exact("year", 1999.0) == "1999", "a year is no amount"


@pytest.mark.parametrize(("header", "code"), [
    ("de-AT,de;q=0.9,en;q=0.8", "de_AT"),
    ("fr, de;q=0.5", "de"),
    ("en-US,en;q=0.9,de;q=0.8", None),
    ("", None),
    ("*;q=0.1", None),
    ("../../de", None),
])  # fmt: skip
def test_a_browser_is_answered_in_the_first_language_that_it_accepts(tmp_path: Path, header: str, code: str | None):
    assert Languages(catalogue(tmp_path / "other", "de", {})).accepted(header).code == code
