"""Writes bot/sources/bach.jsonl: the notes of 100 chorales, from the corpus of the music21 package.

    uv run --group bench python -m tests.bench.extract_bach

What is taken is what Bach wrote, pitches and durations, and nothing of an encoder's page: no layout, no text, no
fingering. See bot/sources/bach.md for where it comes from and for what is left out, and why.
"""

import json
import re
from fractions import Fraction
from pathlib import Path

import music21

from tests.bench.chorales import Chorale, all_chorales

TARGET = Path(__file__).resolve().parents[2] / "bot" / "sources" / "bach.jsonl"
COUNT = 100
TICKS = 24  # a quarter note: sixteenths are 6, triplets of eighths 8
SHORTEST, LONGEST = 24, 120  # quarter notes


def main() -> None:
    wanted: list[tuple[tuple[int, int], Chorale, list[str]]] = []
    seen: set[str] = set()
    for place, chorale in enumerate(all_chorales()):
        voices = lines(chorale)
        length = max(onset + duration for onset, duration, _, _ in chorale.notes)
        number = re.sub(r"-.*", "", chorale.bwv).replace(".", "/")
        if number in seen:  # another version of the same
            continue
        if voices and chorale.clear and chorale.title and SHORTEST <= length <= LONGEST:
            seen.add(number)
            wanted.append(((reserve(chorale.notice), place), chorale, voices))
    wanted.sort(key=lambda found: found[0])
    # Those without a notice first; of one tune not more than two.
    chosen: list[tuple[tuple[int, int], Chorale, list[str]]] = []
    for found in wanted:
        if len(chosen) < COUNT and sum(c.title == found[1].title for _, c, _ in chosen) < 2:
            chosen.append(found)
    with TARGET.open("w", encoding="utf-8") as file:
        for (_, _), chorale, voices in sorted(chosen, key=lambda found: found[0][1]):
            row = {
                "bwv": re.sub(r"-.*", "", chorale.bwv).replace(".", "/"),
                "title": chorale.title,
                "key": chorale.key,
                "mode": chorale.mode,
                "source": f"music21 {music21.VERSION_STR}: bach/{chorale.file}",
                "notice": chorale.notice,
                "voices": voices,
            }
            file.write(json.dumps(row, ensure_ascii=False) + "\n")
    print(f"{len(chosen)} of {len(wanted)} chorales; {sum(not c.notice for _, c, _ in chosen)} without any notice")


def reserve(notice: str) -> int:
    """Rank what is said of rights: nothing, something about the page picture, a permission for it."""
    return 2 if "permission" in notice else 1 if notice else 0


def lines(chorale: Chorale) -> list[str] | None:
    """Each voice as `pitch.ticks`, a rest as `r.ticks`; None where a voice is no single line on the grid."""
    voices: list[str] = []
    for voice in range(4):
        now, tokens = 0, []
        for onset, duration, pitch, _ in sorted(note for note in chorale.notes if note[3] == voice):
            start, length = (
                Fraction(onset).limit_denominator(48) * TICKS,
                Fraction(duration).limit_denominator(48) * TICKS,
            )
            if start < now or start.denominator > 1 or length.denominator > 1:
                return None
            if start > now:
                tokens.append(f"r.{int(start) - now}")
            if length > 0:
                tokens.append(f"{pitch}.{int(length)}")
            now = int(start + length)
        if not tokens:
            return None
        voices.append(" ".join(tokens))
    return voices


if __name__ == "__main__":
    main()
