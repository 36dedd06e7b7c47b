import dataclasses

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot import errors
from bot.domain import LinkedPlaylist, Metrics, Playlist, Prediction, Reason, TasteReport, Track
from cogs.ui import text, text_errors, text_link

HOSTILE = "**b** @everyone <@1> [x](https://evil.example) \u202eabc # h `c` ||s|| " + "z" * 5000


def all_errors(kind: type[errors.EarmarkError] = errors.EarmarkError) -> list[type[errors.EarmarkError]]:
    below = [deeper for child in kind.__subclasses__() for deeper in all_errors(child)]
    return [
        *([kind] if dataclasses.is_dataclass(kind) or kind in {errors.NothingToUndo, errors.NobodyToCompare} else []),
        *below,
    ]


@pytest.mark.parametrize("kind", all_errors())
def test_every_error_has_a_sentence_of_its_own(kind: type[errors.EarmarkError]):
    values = {"str": "HOSTILE", "int": 3, "tuple": ("Send Messages", "Embed Links")}
    fields = dataclasses.fields(kind) if dataclasses.is_dataclass(kind) else ()
    made = kind(**{field.name: values.get(str(getattr(field.type, "__name__", field.type)), 3) for field in fields})
    said = text_errors.error(made)
    assert said.endswith((".", "`")), said
    assert said != text_errors.unexpected("-"), f"{kind.__name__} has no sentence"
    assert len(said) <= 300


@given(st.text(max_size=400))
def test_names_are_harmless(name: str):
    said = text.plain(name)
    assert "\n" not in said
    assert "@everyone" not in said
    assert "://" not in said
    assert "](" not in said
    assert len(said) < 400


def test_hostile_name():
    said = text.plain(HOSTILE)
    assert "\\*\\*b" in said
    assert "<@1>" not in said
    assert "https://" not in said


def test_right_to_left_names_keep_their_direction_to_themselves():
    assert text.plain("שלום") == "\u2068שלום\u2069"


def playlist(**changes: object) -> Playlist:
    return dataclasses.replace(Playlist(1, 2, "Mine", "csv", tracks=98, with_features=91), **changes)


def test_linking_says_what_was_linked_and_left_out():
    said = text_link.linked([LinkedPlaylist(playlist(), duplicates=1, skipped=2, bad_cells=3, relinked=False)])
    assert "98 tracks, features for 91" in said
    assert "1 duplicate, 2 rows without a track, 3 values out of range" in said
    assert "/rate start" in said


def test_a_long_list_fits_a_message():
    many = [playlist(id=i, name=f"{i}" + "x" * 100) for i in range(200)]
    said = text.playlists(many, [])
    assert len(said) <= 2000
    assert said.splitlines()[-1].startswith("… and ")


def test_empty_states_say_what_to_do():
    assert "/playlist link" in text.playlists([], [])
    assert "/rate start" in text.history([], 0, 1, 0)
    assert "/playlist link" in text_errors.error(errors.NoPlaylist())


def prediction(**changes: object) -> Prediction:
    given = Prediction(Track(1, "Air", "Bach"), stars=7.44, low=5.9, high=8.8, verdict="fair")
    return dataclasses.replace(given, **changes)


def test_a_prediction_shows_number_range_and_reason():
    said = text.prediction_lines(prediction(reasons=(Reason("Toccata", "Bach", 9, 0.7),)))
    assert "7.4 (5.9-8.8)" in said
    assert "like *Toccata*, which you gave 9" in said


def test_a_track_is_not_called_like_itself():
    own, other = Reason("Air", "Bach", 7, 1.2), Reason("Toccata", "Bach", 2, -0.4, alike=False)
    said = text.prediction_lines(prediction(reasons=(own, other), rated=7))
    assert "like *Air*" not in said
    assert "It is unlike *Toccata*, which you gave 2." in said
    assert "learned from your own rating" in said


def test_thin_evidence_is_said():
    assert "I don't know you yet" in text.prediction_lines(prediction(verdict="unknown"))
    assert "cannot say" in text.prediction_lines(prediction(stars=None, low=None, high=None))


def test_the_report_is_honest_about_chance():
    metrics = Metrics(skill=-0.01, r2=-0.01, mae=2.0, spearman=0.0, order=0.5)
    report = TasteReport(
        ratings=12,
        without_features=3,
        held_out=metrics,
        training=dataclasses.replace(metrics, skill=0.6),
        coverage=0.8,
        mean=5.5,
        p_value=0.6,
        verdict="unknown",
        more_ratings=20,
        actual=(),
        predicted=(),
        titles=(),
    )
    said = text.report_lines(report)
    assert "cannot tell your taste from chance" in said
    assert "20 more ratings" in said
    assert "I look 60 % better: all of that I merely memorised" in said, (
        "where nothing was learned, the gap matters most"
    )
    assert "3 rated tracks left out" in said
    assert "drawn by lot" not in said
    many = dataclasses.replace(report, ratings=10_000, learned=1500)
    assert "I learned from 1,500 of them" in text.report_lines(many)
    assert text.report_title(report) == "I don't know you yet"


@pytest.mark.parametrize(("seen", "rated", "trained", "step"), [
    (0, 0, False, "/playlist link"),
    (1, 3, False, "7 more"),
    (1, 12, False, "/retrain"),
    (1, 12, True, "/predict playlist"),
])  # fmt: skip
def test_help_knows_the_next_step(seen: int, rated: int, trained: bool, step: str):
    assert step in text.next_step(seen, rated, trained)
    assert len(text.HELP) < 4000
