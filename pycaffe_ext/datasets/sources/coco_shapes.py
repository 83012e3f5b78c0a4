"""Shapes of COCO's annotations to masks."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

Mask = npt.NDArray[np.bool_]


def fill_polygons(polygons: Sequence[Sequence[float]], shape: tuple[int, int]) -> Mask:
    """The pixels (H x W) whose centre is inside a polygon x0 y0 x1 y1 ...; the polygons of one thing join.

    A pixel (x, y) has its centre at (x + 1/2, y + 1/2); within one polygon the even-odd rule holds.
    Raises ValueError for a polygon of fewer than three points.
    """
    height, width = shape
    mask = np.zeros(shape, np.bool_)
    for polygon in polygons:
        points = np.asarray(polygon, np.float64).reshape(-1, 2)
        if len(points) < 3 or not np.isfinite(points).all():
            raise ValueError("a polygon has at least three points")
        x0, y0 = points.T
        x1, y1 = np.roll(points, -1, axis=0).T
        for row in range(max(0, int(y0.min())), min(height, int(y0.max()) + 1)):
            y = row + 0.5
            crosses = (y0 <= y) != (y1 <= y)
            at = x0[crosses] + (y - y0[crosses]) * (x1[crosses] - x0[crosses]) / (y1[crosses] - y0[crosses])
            ends = np.clip(np.ceil(np.sort(at) - 0.5), 0, width).astype(int)
            for start, end in zip(ends[::2], ends[1::2], strict=True):
                mask[row, start:end] = True
    return mask


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
