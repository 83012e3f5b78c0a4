"""Shapes of COCO's annotations to masks."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

Mask = npt.NDArray[np.bool_]


_FINE = 5  # outlines are drawn on a grid so many times finer than the pixels
_FARTHEST = 100_000  # pixels: outlines that go beyond would take all memory


def fill_polygons(polygons: Sequence[Sequence[float]], shape: tuple[int, int]) -> Mask:
    """The pixels (H x W) of polygons x0 y0 x1 y1 ..., the very ones that COCO's own mask API takes; the polygons of
    one thing join, and within one the even-odd rule holds.

    The outline is rounded to the finer grid. Where it steps between the two fine columns in the middle of a pixel's
    column, the pixels below it, from the one whose middle is not above it on, change sides.
    Raises ValueError for a polygon of fewer than three points, or one that goes far beyond the image.
    """
    height, width = shape
    mask = np.zeros(shape, np.bool_)
    for polygon in polygons:
        points = np.asarray(polygon, np.float64).reshape(-1, 2)
        if len(points) < 3 or not (np.abs(points) <= _FARTHEST).all():
            raise ValueError(f"a polygon has at least three points, none of them beyond {_FARTHEST}")
        x, y = _outline(np.trunc(_FINE * points + 0.5).astype(np.int64))
        left = np.minimum(x[1:], x[:-1])
        column = left // _FINE
        crosses = (x[1:] != x[:-1]) & (left % _FINE == _FINE // 2) & (column >= 0) & (column < width)
        row = np.ceil((np.minimum(y[1:], y[:-1])[crosses] + 0.5) / _FINE - 0.5).clip(0, height).astype(np.int64)
        changes = np.bincount(column[crosses] * height + row, minlength=height * width + 1)[:-1]
        mask |= (np.cumsum(changes) % 2 == 1).reshape(width, height).T
    return mask


def _outline(corners: npt.NDArray[np.int64]) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """x and y of the points of a closed outline, one for each step along the longer side of each edge.

    An edge is followed from its lower end on that axis, so that it is the same whichever way round a polygon goes.
    """
    found = []
    for start, end in zip(corners, np.roll(corners, -1, axis=0), strict=True):
        long = 0 if abs(end[0] - start[0]) >= abs(end[1] - start[1]) else 1
        low, high = (start, end) if start[long] <= end[long] else (end, start)
        steps = np.arange(high[long] - low[long] + 1)
        slope = (high[1 - long] - low[1 - long]) / max(1, high[long] - low[long])
        points = np.empty((len(steps), 2), np.int64)
        points[:, long] = low[long] + steps
        points[:, 1 - long] = np.trunc(low[1 - long] + slope * steps + 0.5)
        found.append(points if low is start else points[::-1])
    x, y = np.concatenate(found).T
    return x, y


def run_length_mask(counts: Any, size: Sequence[int], shape: tuple[int, int]) -> Mask:
    """The mask of COCO's run lengths: zeros, ones, zeros, ... down the columns; a list, or its compressed text.

    Raises ValueError where they do not fit the image.
    """
    if tuple(size) != shape:
        raise ValueError(f"size {tuple(size)} of run lengths, for an image of {shape}")
    runs = np.asarray(_from_text(counts) if isinstance(counts, str) else counts, np.int64)
    if (runs < 0).any() or runs.sum() != shape[0] * shape[1]:
        raise ValueError(f"run lengths of {runs.sum()} pixels, for an image of {shape}")
    values = np.arange(len(runs)) % 2 == 1
    mask: Mask = np.repeat(values, runs).reshape(shape[::-1]).T
    return mask


def _from_text(text: str) -> list[int]:
    """Numbers in groups of 5 bits, the lowest first, each a character from "0" on; 32 says that more follow, and 16
    of the last one the sign. From the fourth on each is the difference to the one two before."""
    numbers: list[int] = []
    value = shift = 0
    for character in text:
        group = ord(character) - 48
        value |= (group & 31) << shift
        shift += 5
        if not group & 32:
            if group & 16:
                value -= 1 << shift
            numbers.append(value + numbers[-2] if len(numbers) > 2 else value)
            value = shift = 0
    if shift:
        raise ValueError("run lengths end within a number")
    return numbers
