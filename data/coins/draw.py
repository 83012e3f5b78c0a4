"""Photographs of coins whose heads face left or right; held-out coins are other designs than those to train on."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from photo.files import Drawn, jpeg
from photo.table import photograph

from .coin import FACINGS, Coin

COUNTS = {"train": 2000, "test": 400}
PHOTOS_OF_EACH = 2  # of one design: one facing left, one facing right


@lru_cache(maxsize=4)
def _design(*seed: int) -> Coin:
    return Coin(np.random.default_rng(seed))


def draw(seed: int, part: int, index: int) -> Drawn:
    """Photograph `index` of a part (0 train, 1 test): the same for the same three numbers."""
    coin = _design(seed, part, index // PHOTOS_OF_EACH)
    facing = FACINGS[index % 2]
    rng = np.random.default_rng((seed, part, 1, index))
    photo = photograph(rng, coin.relief(facing), coin.outline, coin.metal, turn=0.3, shift=0.06)
    return {f"{facing}/{index:04d}.jpg": jpeg(photo)}
