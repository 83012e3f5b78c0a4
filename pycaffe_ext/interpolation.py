"""Resizing as pycaffe's io does it, which is scikit-image's, without scikit-image.

Follows scikit-image 0.18 (`transform.resize` with mode "constant"), the one that Debian's pycaffe runs on:
shrinking blurs first, pixels beyond the edges count as 0, and everything is computed in the image's own
float type.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
from scipy import ndimage

Array = npt.NDArray[Any]
Size = tuple[int, int]  # height, width


def resize(image: Array, size: Size, order: int) -> Array:
    """An H x W x K float image at another size: float, height x width x K.

    `order`: 0 nearest, 1 bilinear, 3 bicubic (Catmull-Rom), 2, 4, 5 splines. Except for nearest the result
    stays within the range of the (blurred) image.
    """
    factors = [image.shape[axis] / size[axis] for axis in (0, 1)]
    sigmas = [max(0.0, (factor - 1) / 2) for factor in factors]
    image = ndimage.gaussian_filter(image, (*sigmas, 0), mode="constant")
    if order in _TAPS:
        kind = image.dtype.type
        resized = _along(image, 1, factors[1], size[1], order, kind)
        resized = _along(resized, 0, factors[0], size[0], order, kind).astype(kind, copy=False)
    else:
        places = [factors[axis] * (np.arange(size[axis]) + 0.5) - 0.5 for axis in (0, 1)]
        places.append(np.arange(image.shape[2]))
        resized = ndimage.map_coordinates(image, np.meshgrid(*places, indexing="ij"), order=order, mode="constant")
    return resized if order == 0 else _clipped(resized, image)


def zoom(image: Array, size: Size, order: int) -> Array:
    """An H x W x K array at another size with its corner pixels in the corners, by splines of that order."""
    scale = [size[axis] / image.shape[axis] for axis in (0, 1)]
    zoomed: Array = ndimage.zoom(image, (*scale, 1), order=order)
    return zoomed


def _nearest(_: Array, taps: list[Array]) -> Array:
    return taps[0]


def _linear(x: Array, taps: list[Array]) -> Array:
    mixed: Array = (1 - x.astype(np.float64)) * taps[0] + x * taps[1]  # as scikit-image has it
    return mixed


def _cubic(x: Array, taps: list[Array]) -> Array:
    """Catmull-Rom: Keys 1981, a = -1/2."""
    a, b, c, d = taps
    cubic: Array = b + 0.5 * x * (c - a + x * (2 * a - 5 * b + 4 * c - d + x * (3 * (b - c) + d - a)))
    return cubic


# per order: how far before the base pixel the first tap lies, the number of taps, and what they give
_TAPS = {0: (0, 1, _nearest), 1: (0, 2, _linear), 3: (1, 4, _cubic)}


def _along(image: Array, axis: int, factor: float, count: int, order: int, kind: Any) -> Array:
    """Interpolates at `count` places along one axis; the places are rounded to the float type `kind`."""
    place = kind(factor) * np.arange(count, dtype=kind) + kind(factor * 0.5 - 0.5)
    base = np.trunc(place + np.copysign(kind(0.5), place)) if order == 0 else np.floor(place)
    before, taps, formula = _TAPS[order]
    lines = [_lines(image, axis, base.astype(int) - before + tap) for tap in range(taps)]
    x = (place - base).reshape([-1 if a == axis else 1 for a in range(image.ndim)])
    return formula(x, lines)


def _lines(image: Array, axis: int, indices: Array) -> Array:
    """The lines of those indices; lines beyond the edges are 0."""
    count = image.shape[axis]
    found = image.take(indices.clip(0, count - 1), axis)
    outside = (indices < 0) | (indices >= count)
    np.moveaxis(found, axis, 0)[outside] = 0
    return found


def _clipped(resized: Array, image: Array) -> Array:
    """Within the image's range, but for zeros, which are what lies beyond its edges."""
    low, high = image.min(), image.max()
    clipped: Array = np.clip(resized, low, high)
    if not low <= 0 <= high:
        clipped[resized == 0] = 0
    return clipped
