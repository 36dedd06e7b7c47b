"""What other members' ratings of a track would add: `uv run python -m tests.bench.bench_item FILE.csv ...`

A listener has rated n tracks; K others have rated all they have. A track's item effect is the mean of the others'
ratings, each less that rater's mean, shrunk towards 0 as if three more had found it average. How far a listener follows
it is learned from his own n ratings, shrunk towards not at all, and the model learns what is left. Paired, on the same
draws: the model on features, the two together, and the item effect alone.
"""

import argparse
import csv
from pathlib import Path

import numpy as np

from bot.domain import MAX_STARS, MIN_STARS
from bot.taste.features import NAMES, clean, matrix
from bot.taste.regressor import TasteRegressor

UNSEEN = 3.0  # as if so many more raters had found each track average
UNFOLLOWED = 4.0  # as if so many more ratings had not followed the others


def read(file: Path) -> tuple[np.ndarray, np.ndarray]:
    """Ratings (raters, tracks), 1..10, NaN unknown, and the tracks' features."""
    ratings: dict[str, dict[str, float]] = {}
    features: dict[str, dict[str, float]] = {}
    with file.open(encoding="utf-8-sig", newline="") as lines:
        for row in csv.DictReader(lines):
            if row["rating_norm"]:
                share = float(row["rating_norm"])
                ratings.setdefault(row["user_id"], {})[row["track_id"]] = MIN_STARS + (MAX_STARS - MIN_STARS) * share
                features[row["track_id"]] = clean({name: row.get(name) for name in NAMES if name in row})[0]
    tracks = sorted(track for track in features if features[track])
    table = np.array([[own.get(track, np.nan) for track in tracks] for _, own in sorted(ratings.items())])
    return table, matrix([features[track] for track in tracks])


def item_effect(ratings: np.ndarray) -> np.ndarray:
    residuals = ratings - np.nanmean(ratings, axis=1, keepdims=True)
    return np.nansum(residuals, axis=0) / ((~np.isnan(residuals)).sum(axis=0) + UNSEEN)


def skills(table: np.ndarray, X: np.ndarray, n: int, others: int, draw: int) -> tuple[float, float, float] | None:
    """Skill of the model, of model and item effect, and of the item effect alone, on tracks left out."""
    rng = np.random.default_rng((n, others, draw))
    me = draw % len(table)
    item = item_effect(table[rng.permutation([rater for rater in range(len(table)) if rater != me])[:others]])
    order = rng.permutation(np.flatnonzero(~np.isnan(table[me])))
    train, test = order[:n], order[n : n + 500]
    if len(test) < 8:
        return None
    y, truth = table[me, train], table[me, test]
    against = np.mean((truth - y.mean()) ** 2)
    around = item - item[train].mean()
    followed = around[train] @ (y - y.mean()) / (around[train] @ around[train] + UNFOLLOWED * item.var() + 1e-9)
    told = np.clip(followed, 0, 2) * around
    alone = TasteRegressor(low=MIN_STARS, high=MAX_STARS).fit(X[train], y).predict(X[test])
    both = TasteRegressor().fit(X[train], y - told[train]).predict(X[test]) + told[test]
    answers = (alone, both, y.mean() + told[test])
    one, two, three = (
        1 - np.mean((truth - np.clip(answer, MIN_STARS, MAX_STARS)) ** 2) / against for answer in answers
    )
    return float(one), float(two), float(three)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("files", nargs="+", type=Path)
    parser.add_argument("--ratings", default="10,15,20,60")
    parser.add_argument("--others", default="1,2,5,12,50,200")
    parser.add_argument("--draws", type=int, default=100)
    options = parser.parse_args()
    for file in options.files:
        table, X = read(file)
        for n in map(int, options.ratings.split(",")):
            for others in (int(count) for count in options.others.split(",") if int(count) < len(table)):
                found = np.array([one for draw in range(options.draws) if (one := skills(table, X, n, others, draw))])
                if len(found) > 1:
                    gain = found[:, 1] - found[:, 0]
                    print(
                        f"{file.stem[:24]:24} n {n:>3} others {others:>3}: model {found[:, 0].mean():+.3f}, with them "
                        f"{found[:, 1].mean():+.3f}, they alone {found[:, 2].mean():+.3f}; gain {gain.mean():+.3f} "
                        f"± {gain.std(ddof=1) / len(gain) ** 0.5:.3f}",
                        flush=True,
                    )


if __name__ == "__main__":
    main()
