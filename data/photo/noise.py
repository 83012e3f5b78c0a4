"""Smooth noise, the raw stuff of every texture here; arrays are float32, H x W, values about 0 to 1."""

from __future__ import annotations

import cv2
import numpy as np
import numpy.typing as npt

Map = npt.NDArray[np.float32]
Rng = np.random.Generator


def smooth(rng: Rng, height: int, width: int, cells_y: float, cells_x: float | None = None) -> Map:
    """Noise with about `cells_y` by `cells_x` bumps over the picture, cubic between them."""
    across = cells_y if cells_x is None else cells_x
    grid = rng.random((max(2, round(cells_y) + 1), max(2, round(across) + 1)), dtype=np.float32)
    return np.clip(cv2.resize(grid, (width, height), interpolation=cv2.INTER_CUBIC), 0, 1)


def octaves(rng: Rng, height: int, width: int, cells: float, count: int = 4, fade: float = 0.55) -> Map:
    """Noise on several scales, each twice as fine and `fade` as strong as the one before."""
    total = np.zeros((height, width), np.float32)
    weight, sum_of_weights = 1.0, 0.0
    for octave in range(count):
        total += weight * smooth(rng, height, width, cells * 2**octave)
        sum_of_weights += weight
        weight *= fade
    return total / sum_of_weights


def grain(rng: Rng, height: int, width: int) -> Map:
    """White noise, mean 0, standard deviation 1."""
    return rng.standard_normal((height, width), dtype=np.float32)
