"""Catalogues of a made-up translation, for tests: compiled by Babel from the template, as translators do it."""

import re
from collections.abc import Mapping
from pathlib import Path

from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

INNERMOST = re.compile("⟦[^⟦⟧]*⟧")
TEMPLATE = Path(__file__).parents[1] / "bot" / "locale" / "earmark.pot"


def marked(folder: Path, code: str = "de") -> Path:
    """Write a catalogue in which each sentence stands in ⟦brackets⟧, so that what was not looked up can be seen."""
    with TEMPLATE.open("rb") as file:
        messages = [message.id for message in read_po(file) if message.id]
    said = {message if isinstance(message, str) else message[0]: message for message in messages}
    return catalogue(
        folder,
        code,
        {
            key: f"⟦{words}⟧" if isinstance(words, str) else tuple(f"⟦{form}⟧" for form in words)
            for key, words in said.items()
        },
    )


def unmarked(words: str) -> str:
    """What of a text is in no brackets."""
    while (less := INNERMOST.sub("", words)) != words:
        words = less
    return words


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
