"""Sentences in other languages."""

import asyncio
import dataclasses
import re
from collections.abc import Iterator
from pathlib import Path

import discord
import pytest

from bot.domain import errors
from bot.domain.session import Phase
from bot.domain.taste import Consent
from bot.domain.tracks import Track
from bot.flow.reveal import Standing
from bot.i18n import ENGLISH, Languages, format_number, speak, speaking
from cogs.account import EraseModal
from cogs.link import LinkModal, UploadModal
from cogs.ui import session_cards, text, text_account, text_errors, text_session
from cogs.ui.items import LastingView
from tests.catalogues import catalogue, marked, unmarked
from tests.cogs.test_text import all_errors
from tests.flow.test_session import IN_PHASE

WORD = re.compile(r"[^\W\d_]{2,}")
NO_WORDS = re.compile(r"`[^`]*`|<[^>]*>|\]\([^)]*\)")

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


@pytest.fixture
def in_brackets(tmp_path: Path) -> Iterator[None]:
    """Speak a language in which each sentence stands in brackets."""
    with speaking(Languages(marked(tmp_path)).of("de")):
        yield


def untranslated(*texts: str | None) -> set[str]:
    """Words that were not looked up; commands, mentions, links and dates are no words."""
    return {word for text in texts for word in WORD.findall(NO_WORDS.sub("", unmarked(text or "")))}


@pytest.mark.usefixtures("in_brackets")
def test_every_error_is_translated():
    for kind in all_errors():
        if issubclass(kind, errors.SpotifyError):
            continue
        fields = dataclasses.fields(kind) if dataclasses.is_dataclass(kind) else ()
        values = {"str": "train", "tuple": ("Send Messages",)}
        made = kind(**{field.name: values.get(str(getattr(field.type, "__name__", field.type)), 3) for field in fields})
        assert untranslated(text_errors.error(made)) == set(), kind
    for phase in Phase:
        wrong = errors.WrongPhase(event="Join", phase=phase, allowed=frozenset())
        assert untranslated(text_errors.error(wrong)) == set(), phase


@pytest.mark.usefixtures("in_brackets")
@pytest.mark.parametrize("phase", Phase)
def test_every_card_of_a_session_is_translated(phase: Phase):
    session = IN_PHASE[phase]()
    shown = session_cards.card(session, {}, {1: 3}, None)
    embed, view = shown["embed"], shown["view"]
    parts = [
        embed.description,
        embed.footer.text,
        *(part for field in embed.fields for part in (field.name, field.value)),
    ]
    parts += [item.label if isinstance(item, discord.ui.Button) else item.placeholder for item in view.children]
    for round_ in session.rounds:
        shown = session_cards.round_card(session, round_, Track(10, "⟦Air⟧"))
        parts += [shown["embed"].description, *(item.label for item in (shown["view"] or LastingView()).children)]
    for member in session.members:
        shown = session_cards.membership(session, member)
        parts += [shown["content"], *(item.label for item in shown["view"].children)]
    parts += [
        text_session.settings(session.settings),
        text_session.picture_alt(session, {}),
        text_session.debts({1: 2.5}),
    ]
    parts += [text_session.season("⟦x⟧", [Standing(1, 8.5, 2, 7.0, -0.5)]), text_session.muted(session)]
    assert untranslated(*parts) <= {"Friday"}


@pytest.mark.usefixtures("in_brackets")
def test_help_privacy_and_what_is_stored_are_translated():
    parts = [text.help_(), text.hello(), text_account.privacy(), text_account.erased(settled=False)]
    parts += [text_account.holdings(1, dict.fromkeys([*text_account.KEPT, "new"], 2), learn) for learn in (None, True)]
    for scope in ("off", "server", "everywhere"):
        parts += [text_account.sharing(Consent(scope, 3, openly)) for openly in (False, True)]
    parts += [text.next_step(*state) for state in ((0, 0, False), (1, 3, False), (1, 12, True))]
    parts += [text.playlists([], []), text.all_rated(3), text.all_rated(30), text.history([], 0, 1, 0)]
    assert untranslated(*parts) == set()


@pytest.mark.usefixtures("in_brackets")
async def test_forms_are_in_the_language_of_whoever_opens_them():
    for form in (LinkModal(), UploadModal(), EraseModal()):
        labels = [child for child in form.children if isinstance(child, discord.ui.Label)]
        texts = [form.title, *(text for label in labels for text in (label.text, label.description))]
        assert untranslated(*texts) == set(), texts
        assert all(len(text or "") <= 45 for text in (form.title, *(label.text for label in labels)))
