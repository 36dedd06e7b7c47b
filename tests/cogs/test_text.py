import dataclasses
import logging
import re
from typing import Any, cast

import discord
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain import errors
from bot.domain.features import FEATURES
from bot.domain.taste import Effect, Metrics, Prediction, Reason, TasteReport, WhatIf
from bot.domain.tracks import LinkedPlaylist, Playlist, Track
from cogs.ui import cards, text, text_errors, text_link, text_predict, text_retrain, text_sounds
from cogs.ui.errors import expected, sentence

HOSTILE = "**b** @everyone <@1> [x](https://evil.example) \u202eabc # h `c` ||s|| " + "z" * 5000


def test_discord_s_own_failures_are_expected_and_said_in_words(caplog: pytest.LogCaptureFixture):
    class Answer:
        status, reason = 503, "Service Unavailable"

    failed = discord.DiscordServerError(cast("Any", Answer()), "upstream connect error")
    assert expected(failed)
    assert sentence(failed) == text_errors.discord_failed()
    assert not [record for record in caplog.records if record.levelno >= logging.ERROR]
    assert not expected(ValueError())


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


@given(st.text(alphabet="\\*_~`|[]<>#(a)http:/ -", max_size=60))
def test_every_sign_is_escaped_once(name: str):
    shown = text.plain(name).replace(":\u200b//", "://")
    # As Discord reads it: a backslash makes a sign of the next one.
    assert re.sub(r"\\([\\*_~`|\[\]<>#-])", r"\1", shown) == " ".join(name.split())
    assert not set(re.sub(r"\\.", "", shown)) & set("\\*_~`|[]<>#")


def test_a_link_is_not_escaped_twice():
    assert text.plain("[a](http://x)") == r"\[a\](http:" + "\u200b//x)"


def test_signs_that_turn_or_hide_are_left_out():
    hidden = "\u00ad\u061c\u200b\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2060\u2066\u2067\u2068\u2069\ufeff"
    assert text.plain(f"a{hidden}b") == text.bare(f"a{hidden}b") == "ab"
    assert text.bare(hidden) == "–"
    assert text.plain("👩‍👩‍👧") == "👩‍👩‍👧", "what joins letters stays"


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
    said = text_predict.prediction_lines(prediction(reasons=(Reason("Toccata", "Bach", 9, 0.7),)))
    assert "7.4 (5.9-8.8)" in said
    assert "like *Toccata*, which you gave 9" in said


def test_a_track_is_not_called_like_itself():
    own, other = Reason("Air", "Bach", 7, 1.2), Reason("Toccata", "Bach", 2, -0.4, alike=False)
    said = text_predict.prediction_lines(prediction(reasons=(own, other), rated=7))
    assert "like *Air*" not in said
    assert "It is unlike *Toccata*, which you gave 2 (that lowers it)." in said
    assert "learned from your own rating" in said


def test_reasons_are_in_peoples_words():
    why = (
        Effect("acousticness", 0.01, 0.71, 0.2),
        Effect("speechiness", 0.026, -0.42, 0.1),
        Effect("key", 5.0, -0.31),
        Effect("tempo", 150.0, 0.2, 0.9),
    )
    unlike = Reason("Noise", "Bach", 2, 0.3, alike=False)
    said = text_predict.prediction_lines(prediction(effects=why, reasons=(Reason("Toccata", "Bach", 9, 0.7), unlike)))
    assert "Why: electric (+0.7 stars), sparing with words (-0.4), in F (-0.3)." in said
    assert "It is like *Toccata*, which you gave 9, and unlike *Noise*, which you gave 2 (that lifts it)." in said
    lowered = dataclasses.replace(unlike, stars=9, weight=-0.3)
    assert "which you gave 9 (that lowers it)" in text_predict.prediction_lines(prediction(reasons=(lowered,)))


@pytest.mark.parametrize(("effect", "words"), [
    (Effect("tempo", 72.0, 1, 0.1), "slow"),
    (Effect("tempo", 130.0, 1, 0.1), "slower than most"),
    (Effect("tempo", 96.0, 1, 0.9), "faster than most"),
    (Effect("tempo", 110.0, 1, 0.5), "as fast as most"),
    (Effect("acousticness", 0.3, 1, 0.95), "more acoustic than most"),
    (Effect("mean_mode", 0.5, 1, 0.5), "as much in major as most"),
    (Effect("mode", 0.0, 1, 0.2), "in minor"),
    (Effect("key", 1.0, 1), "in C♯"),
    (Effect("time_signature", 3.0, 1, 0.1), "with 3 beats a bar"),
    (Effect("timbre", None, 1), "its timbre"),
])  # fmt: skip
def test_a_value_sounds_like_something(effect: Effect, words: str):
    assert text_sounds.sounding(effect) == words


@pytest.mark.parametrize(("change", "offered", "heading", "same"), [
    (WhatIf("tempo", 90, 140, 5.9), "faster (140 bpm)", "At 140 bpm", "The same at 140 bpm"),
    (WhatIf("mode", 0, 1, 5.9), "in major", "In major", "The same in major"),
    (WhatIf("acousticness", 0.5, 0.03, 5.9), "less acoustic (0.03)", "Less acoustic (0.03)",
     "The same, less acoustic (0.03)"),
    (WhatIf("duration_ms", 90_000, 187_000, 5.9), "longer (3:07)", "Longer (3:07)", "The same, longer (3:07)"),
])  # fmt: skip
def test_a_change_is_asked_for_and_answered_in_words(change: WhatIf, offered: str, heading: str, same: str):
    assert text_sounds.beside(change) == offered
    assert text_predict.answered(prediction(), change) == f"{heading}: **5.9** instead of 7.4"
    assert text_predict.answered(prediction(stars=5.94), change) == f"{heading}: still **5.9**"
    assert f"{same}: 5.9." in text_predict.prediction_lines(prediction(what_if=change))


def test_every_known_feature_has_words():
    for feature in FEATURES:
        low, high = (
            Effect(feature.name, value, 0.5, place) for value, place in ((feature.low, 0.0), (feature.high, 1.0))
        )
        for effect in (low, high):
            words = text_sounds.sounding(effect)
            assert "_" not in words
            assert feature.name not in words or feature.name.startswith(("pitch", "timbre")), words


def test_a_menu_holds_what_discord_takes_and_a_card_no_more_answers_than_it_can_show():
    many = tuple(WhatIf("tempo", 90.0, 91.0 + i, 6.0) for i in range(40))
    card = cards.prediction_card(prediction(changes=many), 7, many[0])
    for asked in many[1:12]:
        card = cards.prediction_card(prediction(changes=many), 7, asked, card["embed"])
    (menu,) = card["view"].children
    assert len(menu.options) == 25
    told = [f"At {bpm} bpm: **6.0** instead of 7.4" for bpm in range(97, 103)]
    assert card["embed"].fields[0].value == "\n".join(told)
    again = cards.prediction_card(prediction(changes=many), 7, many[8], card["embed"])
    assert again["embed"].fields[0].value == "\n".join([*told[:2], *told[3:], told[2]]), "each once"
    learned = cards.prediction_card(prediction(changes=many, stars=5.0), 7, many[0], card["embed"])
    assert learned["embed"].fields[0].value == "At 91 bpm: **6.0** instead of 5.0", "answers of another model go"
    for without in (
        prediction(changes=many, verdict="unknown"),
        prediction(),
        prediction(track=Track(0, "Heard"), changes=many),
    ):
        assert cards.prediction_card(without, 7)["view"] is None


def test_thin_evidence_is_said():
    assert "I don't know you yet" in text_predict.prediction_lines(prediction(verdict="unknown"))
    assert "cannot say" in text_predict.prediction_lines(prediction(stars=None, low=None, high=None))


UNKNOWN = Metrics(skill=-0.01, r2=-0.01, mae=2.0, spearman=0.0, order=0.5)
LUCK = TasteReport(
    ratings=12,
    without_features=3,
    held_out=UNKNOWN,
    training=dataclasses.replace(UNKNOWN, skill=0.6),
    coverage=0.8,
    mean=5.5,
    p_value=0.6,
    verdict="unknown",
    more_ratings=20,
    actual=(),
    predicted=(),
)


def test_the_report_is_honest_about_chance():
    said = text_retrain.report_lines(LUCK)
    assert "cannot tell your taste from chance" in said
    assert "20 more ratings" in said
    assert "I look 60 % better: all of that I merely memorised" in said, (
        "where nothing was learned, the gap matters most"
    )
    assert "3 rated tracks left out" in said
    assert "drawn by lot" not in said
    many = dataclasses.replace(LUCK, ratings=10_000, learned=1500)
    assert "I learned from 1,500 of them" in text_retrain.report_lines(many)
    assert text_retrain.report_title(LUCK) == "I don't know you yet"


def test_what_was_memorised_is_a_difference_not_a_share():
    known = dataclasses.replace(UNKNOWN, skill=0.35)
    report = dataclasses.replace(LUCK, held_out=known, training=dataclasses.replace(known, skill=0.85), verdict="fair")
    assert "it is 85 % less; the difference, 50 points, I merely memorised" in text_retrain.report_lines(report)


@pytest.mark.parametrize(("seen", "rated", "trained", "step"), [
    (0, 0, False, "/playlist link"),
    (1, 3, False, "7 more"),
    (1, 12, False, "/retrain"),
    (1, 12, True, "/predict playlist"),
])  # fmt: skip
def test_help_knows_the_next_step(seen: int, rated: int, trained: bool, step: str):
    assert step in text.next_step(seen, rated, trained)
    assert len(text.help_()) < 4000
