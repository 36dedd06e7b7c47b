"""Bach's chorales as notes, read from the corpus that comes with the music21 package (group `bench` only)."""

import functools
import re
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

STEPS = {"C": 0, "D": 2, "E": 4, "F": 5, "G": 7, "A": 9, "B": 11}
# Chorales whose tune the list of music21 does not name, or misspells.
TUNES = {
    "1.6": "Wie schön leuchtet der Morgenstern",
    "7.7": "Christ, unser Herr, zum Jordan kam",
    "12.7": "Was Gott tut, das ist wohlgetan",
    "31.9": "Wenn mein Stündlein vorhanden ist",
    "52.6": "In dich hab ich gehoffet, Herr",
    "59.3": "Komm, Heiliger Geist, Herre Gott",
    "66.6": "Christ ist erstanden",
    "70.7": "Freu dich sehr, o meine Seele",
    "72.6": "Was mein Gott will, das g'scheh allzeit",
    "79.6": "Nun lasst uns Gott, dem Herren",
    "92.9": "Was mein Gott will, das g'scheh allzeit",
    "95.7": "Wenn mein Stündlein vorhanden ist",
    "97.9": "O Welt, ich muss dich lassen",
    "99.6": "Was Gott tut, das ist wohlgetan",
    "111.6": "Was mein Gott will, das g'scheh allzeit",
    "116.6": "Du Friedefürst, Herr Jesu Christ",
    "119.9": "Herr Gott, dich loben wir",
    "120.6": "Herr Gott, dich loben wir",
    "124.6": "Meinen Jesum lass ich nicht",
    "125.6": "Mit Fried und Freud ich fahr dahin",
    "128.5": "O Gott, du frommer Gott",
    "130.6": "Herr Gott, dich loben alle wir",
    "137.5": "Lobe den Herren, den mächtigen König der Ehren",
    "139.6": "Mach's mit mir, Gott, nach deiner Güt",
    "146.8": "Werde munter, mein Gemüte",
    "149.7": "Herzlich lieb hab ich dich, o Herr",
    "157.5": "Meinen Jesum lass ich nicht",
    "162.6": "Alle Menschen müssen sterben",
    "165.6": "Nun lasst uns Gott, dem Herren",
    "175.7": "Komm, Heiliger Geist, Herre Gott",
    "178.7": "Wo Gott der Herr nicht bei uns hält",
    "185.6": "Ich ruf zu dir, Herr Jesu Christ",
    "188.6": "Auf meinen lieben Gott",
    "195.6": "Lobt Gott, ihr Christen, allzugleich",
    "227.3": "Jesu, meine Freude",
    "244.17": "Herzlich tut mich verlangen",
    "244.29": "Meinen Jesum lass ich nicht",
    "245.5": "Vater unser im Himmelreich",
    "248.9": "Vom Himmel hoch, da komm ich her",
    "248.17": "Vom Himmel hoch, da komm ich her",
    "248.23": "Vom Himmel hoch, da komm ich her",
    "248.42": "Hilf, Herr Jesu, lass gelingen",
    "248.64": "Herzlich tut mich verlangen",
    "2.6": "Ach Gott, vom Himmel sieh darein",
}
VOICES = ("Soprano", "Alto", "Tenor", "Bass")


@dataclass(frozen=True)
class Chorale:
    """One chorale: its notes are (onset, duration, MIDI pitch, voice 0..3), times in quarter notes."""

    file: str
    bwv: str
    title: str
    key: int
    mode: int
    clear: bool  # key signature and last bass note agree on one key
    notice: str  # what the file says of rights, word by word
    notes: tuple[tuple[float, float, int, int], ...]


def corpus() -> Path:
    import music21

    return Path(music21.__file__).parent / "corpus" / "bach"


def all_chorales() -> Iterator[Chorale]:
    """Every chorale of four voices that music21 can read, in the order of file names."""
    for path in sorted((path for path in corpus().glob("bwv*") if path.suffix in {".xml", ".mxl"}), key=_order):
        found = read(path)
        if found is not None:
            yield found


def analysed() -> dict[str, tuple[int, int]]:
    """Read the key that a person gave to each of the 20 analysed chorales: file name to pitch class and mode."""
    keys: dict[str, tuple[int, int]] = {}
    for path in sorted((corpus() / "choraleAnalyses").glob("*.rntxt")):
        text = path.read_text("utf-8", "replace")
        bwv = re.search(r"^BWV:\s*(\S+)", text, re.MULTILINE)
        first = re.search(r"(?:^|\s)([A-Ga-g])([#b-]*):", text.split("Form:")[-1])
        if bwv and first:
            shift = first[2].count("#") - first[2].count("b") - first[2].count("-")
            name = re.sub(r"(\d+)\(\d\)\.(\d+)", r"\1.\2-2", bwv[1]).rstrip("s")
            keys[name] = ((STEPS[first[1].upper()] + shift) % 12, int(first[1].isupper()))
    return keys


def read(path: Path) -> Chorale | None:
    """Read one file; None where it is not in four voices or has no plain beginning of a key."""
    from music21 import converter

    text = _xml(path)
    score = converter.parse(path)
    parts = list(score.parts)
    if len(parts) > 4:  # with instruments: only what is sung
        parts = [next((p for p in parts if str(p.id).startswith(voice)), None) for voice in VOICES]
        if None in parts:
            return None
    if len(parts) != 4:
        return None
    notes: list[tuple[float, float, int, int]] = []
    for voice, part in enumerate(parts):
        for note in part.stripTies().flatten().notes:
            if note.duration.isGrace:
                continue
            notes.extend((float(note.offset), float(note.quarterLength), pitch.midi, voice) for pitch in note.pitches)
    if not notes:
        return None
    signature = re.search(r"<fifths>(-?\d+)</fifths>", text)
    fifths = int(signature[1]) if signature else 0
    last = min((n for n in notes if n[3] == 3), key=lambda n: -n[0], default=None)
    if last is None:
        return None
    tonic = last[2] % 12
    major, minor = (7 * fifths) % 12, (7 * fifths + 9) % 12
    return Chorale(
        file=path.name,
        bwv=path.name.removeprefix("bwv").rsplit(".", 1)[0],
        title=_title(path),
        key=tonic,
        mode=int(tonic == major),
        clear=tonic in {major, minor},
        notice=_notice(text),
        notes=tuple(sorted(notes)),
    )


def _order(path: Path) -> tuple[int, ...]:
    return tuple(int(number) for number in re.findall(r"\d+", path.stem))


def _xml(path: Path) -> str:
    if path.suffix == ".xml":
        return path.read_text("utf-8", "replace")
    with zipfile.ZipFile(path) as archive:
        names = [name for name in archive.namelist() if "META-INF" not in name]
        return archive.read(names[0]).decode("utf-8", "replace")


def _notice(text: str) -> str:
    found = re.findall(r"[^<>\n]*(?:©|[Cc]opyright|\([cC]\)|by permission)[^<>]*", text)
    return "; ".join(dict.fromkeys(" ".join(words.split()) for words in found))


def _title(path: Path) -> str:
    """The chorale's first line, by music21's list of the two usual editions."""
    number = path.stem.removeprefix("bwv").split("-")[0]
    return TUNES.get(number) or _titles().get(number, "")


@functools.cache
def _titles() -> dict[str, str]:
    from music21.corpus.chorales import ChoraleList, ChoraleListRKBWV

    known = [*ChoraleList().byBWV.items(), *ChoraleListRKBWV().byBWV.items()]
    return {str(number): " ".join(str(entry["title"]).replace("’", "'").split()) for number, entry in known}
