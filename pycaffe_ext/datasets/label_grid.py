"""Where the pixels of a net's output lie over its input, so that a label map can be sampled there."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from ..errors import DataError
from .label_maps import Labels, scale_down

Pair = tuple[float, float]  # along the height, along the width
Grid = Callable[[str, Labels], Labels]
"""Makes of a label map, which messages call by a name, the one that is stored. Raises DataError."""


@dataclass(frozen=True)
class Divided:
    """Label maps at 1/divisor of the images' size."""

    divisor: int = 1

    def __call__(self, name: str, labels: Labels) -> Labels:
        return scale_down(name, labels, self.divisor) if self.divisor > 1 else labels


@dataclass(frozen=True)
class NetGrid:
    """Label maps at the size and places of a blob: its place y lies over place scale * y + shift of the image.

    `size_of`: the blob's height and width, by the image's. `outside`: the label where a place lies outside of the
    image; None: that of the nearest pixel.
    """

    blob: str
    scale: Pair
    shift: Pair
    size_of: Callable[[tuple[int, int]], tuple[int, int]]
    outside: int | None = None

    def __call__(self, name: str, labels: Labels) -> Labels:
        height, width = labels.shape
        size = self.size_of((height, width))
        if min(size) < 1:
            raise DataError(f"{name}: size {height}x{width} gives blob '{self.blob}' of {size[0]}x{size[1]}")
        # to the nearest pixel, halves up: as `sample` does at scale 1/N
        rows, columns = (
            np.floor(scale * np.arange(count) + shift + 0.5).astype(int)
            for scale, shift, count in zip(self.scale, self.shift, size, strict=True)
        )
        sampled: Labels = labels[rows.clip(0, height - 1)[:, None], columns.clip(0, width - 1)]
        if self.outside is not None:
            sampled[(rows < 0) | (rows >= height)] = self.outside
            sampled[:, (columns < 0) | (columns >= width)] = self.outside
        return sampled
