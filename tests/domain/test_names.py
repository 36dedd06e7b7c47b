"""When two names are one, what a name is found by, and what is left of a hostile one."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.names import fold, name_key, search_fold, tidy

HINDI = ["दिल", "दाल", "दूल", "दल", "तेरा", "तेरी", "तेरे", "मेरा", "मेरी"]
THAI = ["รัก", "รก", "เพื่อน", "เพอน"]
TAMIL = ["காதல்", "கோதல்", "கதல்"]
PERSIAN = "می\u200cخواهم"  # with the ZWNJ that every Persian keyboard has a key for


def test_names_that_differ_in_vowel_signs_are_different_names():
    names = HINDI + THAI + TAMIL
    assert len({name_key("Arijit", name) for name in names}) == len(names)
    assert len({search_fold(name) for name in names}) == len(names)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("İstanbul", "istanbul"),
        ("İSTANBUL", "ISTANBUL"),
        ("Cafe\u0301", "CAFÉ"),
        ("Ｈａｌｏ", "halo"),
        ("Radio Ga-Ga", "radio ga ga"),
        ("I ❤️ U", "I ❤ U"),
        ("STRASSE", "Straße"),
        ("Stuck with U", "Stuck with U (with Justin Bieber)"),
        ("Song (feat. A)", "Song ft. B"),
    ],
)
def test_spellings_of_one_name_have_one_key(one: str, other: str):
    assert name_key("A", one) == name_key("A", other)


@pytest.mark.parametrize(
    ("one", "other"),
    [("Live", "Live with Me"), ("Beyonce", "Beyoncé"), ("???", "!!!"), (PERSIAN, PERSIAN.replace("\u200c", ""))],
)
def test_names_that_are_spelled_differently_have_different_keys(one: str, other: str):
    assert name_key("A", one) != name_key("A", other)
    assert name_key(one, "A") != name_key(other, "A")


@pytest.mark.parametrize(
    ("stored", "typed"),
    [
        ("Beyoncé", "beyonce"),
        ("Işık", "ışık"),
        ("Işık", "IŞIK"),
        ("İstanbul", "istanbul"),
        ("Sigur Rós", "sigur ros"),
        ("Đorđe Mørk", "dorde mork"),
        (PERSIAN, "میخواهم"),
        ("Ёлка", "елка"),
    ],
)
def test_a_name_is_found_by_whoever_types_no_accents(stored: str, typed: str):
    assert search_fold(stored) == search_fold(typed)


@given(st.text(st.characters(categories=("L", "M", "N", "P", "S", "Z", "Cf"))))
def test_folding_again_changes_nothing(text: str):
    assert fold(fold(text)) == fold(text)
    assert search_fold(search_fold(text)) == search_fold(text)
    assert fold(unicodedata.normalize("NFD", text)) == fold(text)


def test_joiners_stay_within_words_and_go_where_nothing_is_joined():
    assert tidy(PERSIAN) == PERSIAN
    assert tidy("क्‍ष") == "क्‍ष"
    assert tidy("\u200d \u200cA\u200d \u200d") == "A"
    assert tidy("\u200d\u200c") == ""
