"""Catalogues of a made-up translation, for tests: compiled by Babel from the template, as translators do it."""

from collections.abc import Mapping
from pathlib import Path

from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

TEMPLATE = Path(__file__).parents[1] / "bot" / "locale" / "earmark.pot"


def catalogue(folder: Path, code: str, translated: Mapping[str, str | tuple[str, ...]]) -> Path:
    """Write `code`'s catalogue below a folder; raises KeyError where the template lacks a sentence."""
    with TEMPLATE.open("rb") as file:
        messages = read_po(file, locale=code)
    missing = [sentence for sentence in translated if messages.get(sentence) is None]
    if missing:
        raise KeyError(missing)
    for sentence, words in translated.items():
        messages[sentence].string = words
    path = folder / code / "LC_MESSAGES" / "earmark.mo"
    path.parent.mkdir(parents=True)
    with path.open("wb") as file:
        write_mo(file, messages)
    return folder
