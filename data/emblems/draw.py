"""Photographs of tokens with one of ten emblems on them: the task on which the coins' net is trained first."""

from __future__ import annotations

import numpy as np
from photo.files import Drawn, jpeg
from photo.table import MATERIALS, photograph

from .emblem import EMBLEMS, token

COUNTS = {"train": 3000, "test": 300}


def draw(seed: int, part: int, index: int) -> Drawn:
    """Photograph `index` of a part (0 train, 1 test): the same for the same three numbers."""
    rng = np.random.default_rng((seed, part, index))
    kind = list(EMBLEMS)[index % len(EMBLEMS)]
    relief, outline = token(rng, kind)
    return {
        f"{kind}/{index:04d}.jpg": jpeg(
            photograph(rng, relief, outline, str(rng.choice(list(MATERIALS))), turn=0.24, shift=0.04)
        )
    }
