"""Languages: sentences are English in the code, and are looked up in the catalogue of whoever is spoken to.

`_` and `ngettext` look up at once, `N_` marks a sentence that is looked up where it is used. Which catalogue they use
is a matter of context: `speak` sets it for the task at hand, once for each interaction, and `speaking` for a while.
Catalogues are GNU gettext's: `<language>/LC_MESSAGES/earmark.mo`, beside the template `earmark.pot`.
"""

import gettext
from collections.abc import Generator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from pathlib import Path

DOMAIN = "earmark"
CATALOGUES = Path(__file__).with_name("locale")


@dataclass(frozen=True, slots=True)
class Language:
    """A catalogue, and how numbers are written with it.

    Attributes:
        code: as gettext and Babel spell it, "pt_BR"; None is English, the language of the code.

    """

    code: str | None = None
    catalogue: gettext.NullTranslations = field(default_factory=gettext.NullTranslations, repr=False)

    def format(self, value: float, digits: int = 0) -> str:
        if self.code is None:
            return f"{value:,.{digits}f}"
        from babel.numbers import format_decimal  # noqa: PLC0415 - costs time at the start, and English does without

        fraction = f".{'0' * digits}" if digits else ""
        return format_decimal(value, format=f"#,##0{fraction}", locale=self.code)


ENGLISH = Language()
_spoken: ContextVar[Language] = ContextVar("language", default=ENGLISH)


class Languages:
    """The languages in which there are catalogues; each is read when somebody first speaks it."""

    def __init__(self, folder: Path = CATALOGUES) -> None:
        self._folder = folder
        self._known: dict[str, Language] = {}
        self.any = any(folder.glob(f"*/LC_MESSAGES/{DOMAIN}.mo"))

    def of(self, locale: object) -> Language:
        """The language of one of Discord's locales, "pt-BR" say; English where it has no catalogue."""
        name = str(locale or "")
        if name not in self._known:
            if len(self._known) > 100:  # Discord has about thirty
                return ENGLISH
            self._known[name] = self._read(name.replace("-", "_"))
        return self._known[name]

    def _read(self, code: str) -> Language:
        if not code or code.split("_", maxsplit=1)[0] == "en" or not code.replace("_", "").isalnum():
            return ENGLISH
        try:
            return Language(code, gettext.translation(DOMAIN, self._folder, [code]))
        except FileNotFoundError:
            return ENGLISH


def speak(language: Language) -> None:
    """Speak this language from here on in the task at hand, and in those that it starts."""
    _spoken.set(language)


@contextmanager
def speaking(language: Language) -> Generator[None]:
    """Speak another language for a while: the server's, in what everybody reads."""
    token = _spoken.set(language)
    try:
        yield
    finally:
        _spoken.reset(token)


def _(message: str) -> str:
    return _spoken.get().catalogue.gettext(message)


def ngettext(singular: str, plural: str, number: int) -> str:
    return _spoken.get().catalogue.ngettext(singular, plural, number)


def pgettext(context: str, message: str) -> str:
    """Look up a word whose meaning needs a hint."""
    return _spoken.get().catalogue.pgettext(context, message)


def N_(message: str) -> str:  # noqa: N802 - the name by which gettext's tools know it
    """Mark a sentence for translation where it is too early to look it up."""
    return message


def ngettext_noop(singular: str, plural: str) -> tuple[str, str]:
    """Mark a sentence and its plural, likewise."""
    return singular, plural


def format_number(value: float, digits: int = 0) -> str:
    """A number as the language at hand writes it, with thousands parted and so many decimals."""
    return _spoken.get().format(value, digits)
