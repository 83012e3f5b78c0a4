"""The ten crops of a picture."""

from __future__ import annotations

from typing import Any

import numpy.typing as npt

from ...errors import OptionError

Pixels = npt.NDArray[Any]


def ten_crops(pixels: Pixels, height: int, width: int) -> list[Pixels]:
    """Four corners and the middle of a picture H x W x C, then these mirrored, in the order of caffe.io.oversample.

    Raises OptionError where the picture is smaller than a crop.
    """
    below, right = pixels.shape[0] - height, pixels.shape[1] - width
    if below < 0 or right < 0:
        raise OptionError(f"crops of {height}x{width} need a picture as large, not {pixels.shape[0]}x{pixels.shape[1]}")
    places = [(0, 0), (0, right), (below, 0), (below, right), (below // 2, right // 2)]
    crops = [pixels[y : y + height, x : x + width] for y, x in places]
    return crops + [crop[:, ::-1] for crop in crops]
