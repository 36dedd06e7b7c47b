"""Names of artists, tracks and playlists: made harmless, compared, searched for, and turned into keys."""

import re
import unicodedata
from collections.abc import Collection
from functools import lru_cache
from itertools import chain, count, pairwise

MAX_NAME = 300  # characters of a title or an artist
# Marks that would turn the direction of what follows, or hide something in a name.
INVISIBLE = re.compile("[\u00ad\u061c\u180e\u200b\u200e\u200f\u202a-\u202e\u2060-\u2069\ufeff]")
JOINERS = "\u200c\u200d"  # ZWNJ and ZWJ: invisible, but Persian and the Indic scripts spell with them
VARIATION_SELECTORS = re.compile("[\u180b-\u180d\ufe00-\ufe0f\U000e0100-\U000e01ef]")  # how a letter is drawn
ACCENTS = re.compile("[\u0300-\u036f]")
SAME_WITHOUT_ACCENT = str.maketrans(
    {"ı": "i", "ø": "o", "ł": "l", "đ": "d", "æ": "ae", "œ": "oe", **dict.fromkeys(JOINERS)}
)
# Whoever sings along: "(feat. A)", "[with B]", "featuring C". Outside brackets, "with" is a word of the title, and
# inside them it is one where it goes on like a line of a song. Something has to come before.
GUESTS = re.compile(
    r"(?<=.)(?:[(\[（【](?:feat|ft|featuring|with(?!\s+(?:me|my|you|your|u|us|her|him|it|them)\b))|(?<=\s)(?:feat|ft|featuring))"
    r"\b[^)\]）】]*[)\]）】]?",
    re.IGNORECASE | re.DOTALL,
)
VERSION_START = re.compile(r"\s[-–(\[]")
VERSION = re.compile(r"\b(?:remaster|remastered|version|edit|mono|stereo|live|mix)\b", re.IGNORECASE)
ARTISTS_END = re.compile("[;,]")


def tidy(text: str, limit: int = MAX_NAME) -> str:
    """Make a name of somebody's text: no control characters, no marks that turn its direction, not too long."""
    text = INVISIBLE.sub("", text[: limit * 4])
    text = "".join(" " if unicodedata.category(x)[0] == "C" and x not in JOINERS else x for x in text)
    words = " ".join(filter(None, (word.strip(JOINERS) for word in text.split())))
    return words[:limit].strip(f" {JOINERS}")


def printable(text: str) -> str:
    """Text for a terminal: no control characters, which could move its cursor, and nothing that cannot be encoded."""
    return "".join(x if x == "\n" or unicodedata.category(x)[0] != "C" else "\ufffd" for x in text)


def fold(text: str) -> str:
    """Fold case, encodings, punctuation and spaces, so that spellings of one name agree; marks that spell are kept."""
    text = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text).casefold())
    if not text.isascii():
        # The capital of the Turkish i has a dot of its own, which its small letter has anyway.
        text = VARIATION_SELECTORS.sub("", text.replace("i\u0307", "i"))
    kept: list[str] = []
    for letter in text:
        if letter.isalnum():
            kept.append(letter)
        elif not letter.isascii() and (letter in JOINERS or unicodedata.category(letter)[0] == "M"):
            kept.append(letter if kept and kept[-1] != " " else " ")  # a mark needs a letter before it
        else:
            kept.append(" ")
    return " ".join(word.rstrip(JOINERS) for word in "".join(kept).split())


def search_fold(text: str) -> str:
    """Fold accents as well, as people type who have no such keys; vowel signs of other scripts stay."""
    folded = fold(text)
    if folded.isascii():
        return folded
    bare = ACCENTS.sub("", unicodedata.normalize("NFD", folded)).translate(SAME_WITHOUT_ACCENT)
    return unicodedata.normalize("NFC", bare)


def without_guests(name: str) -> str:
    """A title or an artist without those who sing along, unless nothing else is left."""
    return " ".join(GUESTS.sub(" ", name).split()) or name


def without_version(title: str) -> str:
    """A title without "- Remastered 2011", "(Live)" and the like."""
    starts = [start.start() for start in VERSION_START.finditer(title)]
    for start, end in pairwise([*starts, len(title)]):
        if start and VERSION.search(title, start, end):
            return title[:start]
    return title


@lru_cache(2000)  # a list that is linked asks for each name several times
def name_key(artist: str, title: str) -> str:
    """The key under which an artist and a title are one recording; guests named in either do not count."""
    first = ARTISTS_END.split(artist, maxsplit=1)[0]
    return f"{_key(without_guests(first))}|{_key(without_guests(title))}"


def search_key(artist: str, title: str) -> str:
    """The words by which a track is searched for: all artists, a bar, and the whole title."""
    return f"{search_fold(artist)}|{search_fold(title)}"


def _key(name: str) -> str:
    """A folded name; one that is all signs stands for itself."""
    return fold(name) or name.strip()


def free_name(name: str, taken: Collection[str]) -> str:
    """The name itself, or the first of "name 2", "name 3" ... that is not taken."""
    numbered = (f"{name} {number}" for number in count(2))
    return next(candidate for candidate in chain([name], numbered) if candidate not in taken)
