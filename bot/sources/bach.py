"""A catalogue to start with: instrumental works of J. S. Bach, with what every edition says of them - key, mode, year.

Source: the Bach-Werke-Verzeichnis, whose numbers and keys are facts. The year is that of the collection's fair copy or
print. How a recording of a work sounds is not said: no other feature is known.
"""

from collections.abc import Iterator

from bot.domain import PlaylistSource, TrackSource

NAME = "Bach, 118 works"
COMPOSER = "Johann Sebastian Bach"
PITCH_CLASSES = {"C": 0, "D": 2, "E": 4, "F": 5, "G": 7, "A": 9, "B": 11}
CHROMATIC = "C c C# c# D d Eb d# E e F f F# f# G g Ab g# A a Bb bb B b"
INVENTIONS = "C c D d Eb E e F f G g A a Bb b"

# (collection, first number of the catalogue, year, keys in order: small letters are minor)
COLLECTIONS: tuple[tuple[str, int, int, str], ...] = (
    ("Invention No. {n}", 772, 1723, INVENTIONS),
    ("Sinfonia No. {n}", 787, 1723, INVENTIONS),
    ("English Suite No. {n}", 806, 1715, "A a g F e d"),
    ("French Suite No. {n}", 812, 1722, "d c b Eb G E"),
    ("Partita No. {n}", 825, 1731, "Bb c a D G e"),
    ("Prelude and Fugue No. {n}, Book I,", 846, 1722, CHROMATIC),
    ("Prelude and Fugue No. {n}, Book II,", 870, 1742, CHROMATIC),
    ("Violin Solo No. {n}", 1001, 1720, "g b a d C E"),
    ("Cello Suite No. {n}", 1007, 1720, "G d C Eb c D"),
    ("Brandenburg Concerto No. {n}", 1046, 1721, "F F G G D Bb"),
    ("Orchestral Suite No. {n}", 1066, 1725, "C b D D"),
)


def catalogue() -> PlaylistSource:
    """All works, in the order of their numbers."""
    return PlaylistSource(NAME, "bach", tuple(_works()))


def _works() -> Iterator[TrackSource]:
    for title, first, year, keys in COLLECTIONS:
        for place, key in enumerate(keys.split()):
            name = f"{title.format(n=place + 1)} in {_spelled(key)}, BWV {first + place}"
            features = {"key": float(_pitch_class(key)), "mode": float(key[0].isupper()), "year": float(year)}
            yield TrackSource(name, COMPOSER, features=features)


def _pitch_class(key: str) -> int:
    shift = {"#": 1, "b": -1}.get(key[1:], 0)
    return (PITCH_CLASSES[key[0].upper()] + shift) % 12


def _spelled(key: str) -> str:
    accidental = {"#": "-sharp", "b": "-flat"}.get(key[1:], "")
    return f"{key[0].upper()}{accidental} {'major' if key[0].isupper() else 'minor'}"
