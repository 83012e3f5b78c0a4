"""Pictures cut into tiles that change places: the texture stays, the shape goes."""

from __future__ import annotations

import numpy as np

from ...errors import OptionError
from ..photographs import Pixels


def scrambled(pixels: Pixels, tiles: int, rng: np.random.Generator) -> Pixels:
    """The picture H x W x 3 with its `tiles` x `tiles` tiles in an order drawn at random; tiles are not turned.

    Where a side does not divide, the few pixels left over (fewer than `tiles`) are cut off evenly and the edge is
    repeated in their place. Raises OptionError for tiles smaller than a pixel.
    """
    if not 1 <= tiles <= min(pixels.shape[:2]):
        raise OptionError(f"{pixels.shape[0]} x {pixels.shape[1]} pixels cannot be cut into {tiles} x {tiles} tiles")
    height, width = pixels.shape[0] // tiles, pixels.shape[1] // tiles
    top, left = (pixels.shape[0] - tiles * height) // 2, (pixels.shape[1] - tiles * width) // 2
    middle = pixels[top : top + tiles * height, left : left + tiles * width]
    cut = middle.reshape(tiles, height, tiles, width, -1).swapaxes(1, 2).reshape(tiles * tiles, height, width, -1)
    mixed = cut[rng.permutation(len(cut))].reshape(tiles, tiles, height, width, -1).swapaxes(1, 2)
    margins = [(top, pixels.shape[0] - tiles * height - top), (left, pixels.shape[1] - tiles * width - left), (0, 0)]
    return np.pad(mixed.reshape(middle.shape), margins, mode="edge")
