"""Sentences in other languages."""

import asyncio
from pathlib import Path

import pytest

from bot.i18n import ENGLISH, Languages, format_number, speak, speaking
from cogs.ui import text
from tests.catalogues import catalogue

TRANSLATED = {
    "{tracks} track, features for {features}": ("{tracks} Stück, Klang von {features}", "{tracks} Stücke, {features}"),
    "Stopped at {rated} rating; all saved.": ("Schluss bei {rated} Bewertung.", "Schluss bei {rated} Bewertungen."),
    "Go on with `/rate start` when you like.": "Weiter mit `/rate start`.",
    "`/retrain` teaches me what they say.": "`/retrain` bringt sie mir bei.",
}


@pytest.fixture
def languages(tmp_path: Path) -> Languages:
    return Languages(catalogue(tmp_path, "de", TRANSLATED))


def test_sentences_plurals_and_numbers_are_those_of_the_language(languages: Languages):
    with speaking(languages.of("de")):
        assert text.stopped(1) == "Schluss bei 1 Bewertung. Weiter mit `/rate start`."
        assert text.stopped(1234) == "Schluss bei 1.234 Bewertungen. `/retrain` bringt sie mir bei."
        assert format_number(1234.56, 1) == "1.234,6"
    assert text.stopped(1234) == "Stopped at 1,234 ratings; all saved. `/retrain` teaches me what they say."
    assert format_number(1234.56, 1) == "1,234.6"


def test_a_language_without_catalogue_is_english(languages: Languages, tmp_path: Path):
    for locale in ("fr", "en-GB", "en-US", None, "", "../de", "de/LC_MESSAGES"):
        assert languages.of(locale) is ENGLISH
    assert languages.of("de").code == "de"
    assert not Languages().any, "English is the only language that ships"


def test_a_region_falls_back_to_its_language(tmp_path: Path):
    languages = Languages(catalogue(tmp_path, "pt", {"Go on with `/rate start` when you like.": "Adiante."}))
    with speaking(languages.of("pt-BR")):
        assert text.stopped(2).endswith("Adiante.")
        assert format_number(1234.5, 1) == "1.234,5"


async def test_each_task_speaks_its_own_language(languages: Languages):
    async def heard(locale: str) -> str:
        speak(languages.of(locale))
        await asyncio.sleep(0)
        return text.stopped(1)

    german, english = await asyncio.gather(heard("de"), heard("en-US"))
    assert german.startswith("Schluss")
    assert english.startswith("Stopped")
    assert text.stopped(1).startswith("Stopped")
