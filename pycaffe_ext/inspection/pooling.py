"""Vectors of bounded length for a linear classifier: maps are averaged over an even grid."""

from __future__ import annotations

from math import isqrt, prod
from typing import Any

import numpy as np
import numpy.typing as npt


def pooled(values: npt.NDArray[Any], most: int) -> npt.NDArray[np.float32]:
    """N x C x h x w (or any N x ...) as N x D, with D <= `most` where maps can be averaged down to that.

    Maps too large are averaged over g x g cells, g the largest that fits (at least 1); cell i of h covers rows
    floor(i h / g) to ceil((i + 1) h / g), so that mirrored maps give mirrored cells.
    """
    count = len(values)
    if values.ndim == 4 and prod(values.shape[1:]) > most:
        import torch

        side = max(1, isqrt(most // values.shape[1]))
        cells = (min(side, values.shape[2]), min(side, values.shape[3]))
        maps = torch.from_numpy(np.ascontiguousarray(values, np.float32))
        values = torch.nn.functional.adaptive_avg_pool2d(maps, cells).numpy()
    return np.asarray(values, np.float32).reshape(count, -1)
