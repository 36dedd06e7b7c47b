"""What other members' ratings of a track add: `uv run python -m tests.bench.bench_item FILE.csv ...`

A listener has rated n tracks; K others have rated all they have. Measured on tracks left out, with what the bot does
(`bot/taste/others.py`): the model on features, the same with what the others gave laid on it, and the item effect
alone; all paired, on the same draws. Last, how often a rating fell into the 80 % range, with the others and without.
With `--openly` the others share openly, so that their ratings count as they are.
"""

import argparse
import csv
from pathlib import Path

import numpy as np

from bot.domain.features import NAMES, clean
from bot.domain.ratings import MAX_STARS, MIN_STARS
from bot.domain.taste import SharedRating
from bot.taste.matrices import matrix
from bot.taste.others import Following, Others, item_effects
from bot.taste.regressor import TasteRegressor


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


def effects_of(ratings: np.ndarray, secret: bytes, openly: bool) -> np.ndarray:
    """Of each track, NaN where nothing is said of it."""
    means = np.nanmean(ratings, axis=1)
    gave = [
        SharedRating(int(track), int(who), ratings[who, track], means[who], openly)
        for who, track in zip(*np.nonzero(~np.isnan(ratings)), strict=True)
    ]
    found = item_effects(gave, secret)
    return np.array([found[track].stars if track in found else np.nan for track in range(ratings.shape[1])])


def skills(table: np.ndarray, X: np.ndarray, n: int, others: int, draw: int, openly: bool) -> tuple[float, ...] | None:
    """Skill of the model, with the others, and of these alone on tracks left out; coverage without and with them."""
    rng = np.random.default_rng((n, others, draw))
    me = draw % len(table)
    heard = table[rng.permutation([rater for rater in range(len(table)) if rater != me])[:others]]
    item = effects_of(heard, rng.bytes(32), openly)
    order = rng.permutation(np.flatnonzero(~np.isnan(table[me])))
    train, test = order[:n], order[n : n + 500]
    if len(test) < 8 or np.isnan(item[train]).all():
        return None
    y, truth = table[me, train], table[me, test]
    model = TasteRegressor(low=MIN_STARS, high=MAX_STARS).fit(X[train], y)
    following = Following.of(model, Others(item[train].tolist(), y.tolist(), item[test].tolist()))
    both, low, high, _ = following.predict(model, X[test], item[test])
    alone, (below, above) = model.predict(X[test]), model.interval(X[test])
    around = np.nan_to_num(following.share * (item[test] - following.centre))
    against = np.mean((truth - y.mean()) ** 2)
    skill = [1 - np.mean((truth - answer) ** 2) / against for answer in (alone, both, y.mean() + around)]
    held = [np.mean((down <= truth) & (truth <= up)) for down, up in ((below, above), (low, high))]
    return *map(float, skill), *map(float, held)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("files", nargs="+", type=Path)
    parser.add_argument("--ratings", default="10,15,20,60")
    parser.add_argument("--others", default="1,2,5,12,50,200")
    parser.add_argument("--draws", type=int, default=100)
    parser.add_argument("--openly", action="store_true")
    options = parser.parse_args()
    for file in options.files:
        table, X = read(file)
        for n in map(int, options.ratings.split(",")):
            for others in (int(count) for count in options.others.split(",") if int(count) < len(table)):
                draws = [skills(table, X, n, others, draw, options.openly) for draw in range(options.draws)]
                found = np.array([one for one in draws if one])
                if len(found) > 1:
                    gain = found[:, 1] - found[:, 0]
                    print(
                        f"{file.stem[:24]:24} n {n:>3} others {others:>3}: model {found[:, 0].mean():+.3f}, with them "
                        f"{found[:, 1].mean():+.3f}, they alone {found[:, 2].mean():+.3f}; gain {gain.mean():+.3f} "
                        f"± {gain.std(ddof=1) / len(gain) ** 0.5:.3f}; ranges hold {found[:, 3].mean():.0%}, "
                        f"with them {found[:, 4].mean():.0%}",
                        flush=True,
                    )


if __name__ == "__main__":
    main()
