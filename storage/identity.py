"""When two descriptions mean the same recording."""

import re
import unicodedata
from functools import lru_cache

_FEATURED = re.compile(r"[\(\[]?\b(?:feat|ft|featuring)\b\.?[^)\]]*[\)\]]?", re.IGNORECASE)


def fold(text: str) -> str:
    """Fold case, accents' encodings, punctuation and spaces, so that spellings of one name agree."""
    text = unicodedata.normalize("NFKC", text).casefold()
    kept = "".join(letter if letter.isalnum() else " " for letter in text)
    return " ".join(kept.split())


@lru_cache(2000)  # a list that is linked asks for each name several times
def name_key(artist: str, title: str) -> str:
    """The key under which an artist and a title are found; guests named in either do not count."""
    first = re.split(r"[;,]", artist, maxsplit=1)[0]
    folded = fold(_FEATURED.sub(" ", title)) or fold(title) or title.strip()
    return f"{fold(_FEATURED.sub(' ', first))}|{folded}"
