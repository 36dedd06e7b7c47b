"""Lots that are drawn once and for all, and ratings that are blurred by them before anybody else may see what follows.

Whoever may ask as often as they like, and choose what about, learns each blurred value in the end. So it is the values
that must not tell what was given; a lot that is drawn anew at each look could be averaged out. Source: Erlingsson and
others, RAPPOR (2014).
"""

import hashlib
from collections.abc import Sequence
from statistics import NormalDist

NOISE = 3.5  # stars, one standard deviation: guesses err by .7 of guessing the mean, where 1 to 10 are given alike


def lot(secret: bytes, *about: int) -> float:
    """Draw a number of (0, 1), always the same for the same secret and the same ints."""
    key = ":".join(map(str, about)).encode()
    return (int.from_bytes(hashlib.blake2b(key, key=secret, digest_size=8).digest()[:6], "big") + 0.5) / 2**48


def blurred(listener_id: int, track_ids: Sequence[int], stars: Sequence[int], secret: bytes) -> list[float]:
    """Add normal noise to a member's ratings, for models whose predictions others see.

    The stars have a part in the lot: else whoever learns one rating of a track, as by a public vote, could take its
    noise from another. The noise is as wide for everybody and always: of two widths of one lot, the stars follow.
    """
    normal = NormalDist()
    pairs = zip(track_ids, stars, strict=True)
    return [given + NOISE * normal.inv_cdf(lot(secret, listener_id, track, given)) for track, given in pairs]
