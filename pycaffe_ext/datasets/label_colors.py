"""Colours for labels in pictures: from a palette file, or each as different from those before as can be."""

from __future__ import annotations

from functools import cache

import numpy as np
import numpy.typing as npt

from .palettes import Palette

Colors = npt.NDArray[np.uint8]

# Okabe and Ito's colours, which the colour-blind tell apart; label 0 is black, as backgrounds are.
_FIRST = (
    (0, 0, 0),
    (86, 180, 233),
    (230, 159, 0),
    (0, 158, 115),
    (204, 121, 167),
    (240, 228, 66),
    (213, 94, 0),
    (0, 114, 178),
)
_LEVELS = np.linspace(0, 255, 8).astype(np.int64)  # of red, green and blue in all other colours
_WHITE = 255  # the label that is to be ignored, by custom


def label_colors(palette: Palette | None = None) -> Colors:
    """Colours of the labels 0 to 255, 256 x 3 (red, green, blue)."""
    table = _distinct()
    if palette is not None:
        table = table.copy()
        packed = palette.colors.astype(np.int64)
        table[palette.labels] = np.stack([packed >> 16, packed >> 8 & 255, packed & 255], axis=1)
    return table


@cache
def _distinct() -> Colors:
    grid = np.stack(np.meshgrid(_LEVELS, _LEVELS, _LEVELS), axis=-1).reshape(-1, 3)
    colors = [np.array(color) for color in (*_FIRST, (255, 255, 255))]
    distance = np.min([((grid - color) ** 2).sum(axis=1) for color in colors], axis=0)
    while len(colors) < 256:
        farthest = grid[distance.argmax()]
        colors.append(farthest)
        distance = np.minimum(distance, ((grid - farthest) ** 2).sum(axis=1))
    colors.insert(_WHITE, colors.pop(len(_FIRST)))
    return np.array(colors, np.uint8)
