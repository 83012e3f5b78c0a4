"""Outlines, and the masks and mouldings made of them.

Outlines are N x 2 arrays of (x, y) in units of which a `Plate` shows -1 to 1 in both directions, x to the right
and y down. Masks and heights are float32 H x W; a mask holds how much of each pixel is covered, 0 to 1.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from .noise import Map

Points = Sequence[Sequence[float]] | npt.NDArray[np.floating]
_FRACTION_BITS = 6


def spline(points: Points, *, closed: bool = True, steps: int = 8) -> npt.NDArray[np.float64]:
    """A smooth curve (Catmull-Rom) through all points, `steps` to a segment."""
    p = np.asarray(points, np.float64)
    padded = np.vstack([p[-1:], p, p[:2]]) if closed else np.vstack([p[:1], p, p[-1:]])
    before, start, end, after = (padded[i : len(padded) - 3 + i, None] for i in range(4))
    t = (np.arange(steps) / steps)[None, :, None]
    curve = (
        2 * start
        + (end - before) * t
        + (2 * before - 5 * start + 4 * end - after) * t**2
        + (3 * start - before - 3 * end + after) * t**3
    ) / 2
    flat = curve.reshape(-1, 2)
    return flat if closed else np.vstack([flat, p[-1:]])


def ellipse(x: float, y: float, rx: float, ry: float, turn: float = 0.0, count: int = 40) -> npt.NDArray[np.float64]:
    """An ellipse's outline, turned by `turn` radians."""
    t = np.linspace(0, 2 * np.pi, count, endpoint=False)
    cos, sin = np.cos(turn), np.sin(turn)
    a, b = rx * np.cos(t), ry * np.sin(t)
    return np.stack([x + a * cos - b * sin, y + a * sin + b * cos], axis=1)


def moved(points: Points, x: float = 0.0, y: float = 0.0, scale: float = 1.0, turn: float = 0.0) -> npt.NDArray:
    """The points scaled and turned about the origin, then shifted."""
    cos, sin = scale * np.cos(turn), scale * np.sin(turn)
    return np.asarray(points, np.float64) @ np.array([[cos, sin], [-sin, cos]]) + (x, y)


@dataclass(frozen=True)
class Plate:
    """A square of `size` pixels on which outlines become masks."""

    size: int

    def _pixels(self, points: Points) -> npt.NDArray[np.int32]:
        # drawn twice as large and shrunk: cv2's own anti-aliasing is uneven on thin shapes
        pixels = (np.asarray(points, np.float64) + 1) * self.size - 0.5
        return np.round(pixels * 2**_FRACTION_BITS).astype(np.int32)

    def _shrunk(self, large: npt.NDArray[np.uint8]) -> Map:
        return cv2.resize(large, (self.size, self.size), interpolation=cv2.INTER_AREA).astype(np.float32) / 255

    def fill(self, *outlines: Points) -> Map:
        """What is inside at least one of the outlines."""
        large = np.zeros((2 * self.size, 2 * self.size), np.uint8)
        for outline in outlines:
            cv2.fillPoly(large, [self._pixels(outline)], 255, cv2.LINE_AA, _FRACTION_BITS)
        return self._shrunk(large)

    def stroke(self, *lines: Points, width: float, closed: bool = False) -> Map:
        """Lines of a given width."""
        large = np.zeros((2 * self.size, 2 * self.size), np.uint8)
        thickness = max(1, round(width * self.size))
        pixels = [self._pixels(line) for line in lines]
        cv2.polylines(large, pixels, closed, 255, thickness, cv2.LINE_AA, _FRACTION_BITS)
        return self._shrunk(large)

    def soft(self, mask: Map, radius: float) -> Map:
        """The mask with its edges smoothed over `radius`."""
        return cv2.GaussianBlur(mask, (0, 0), max(0.3, radius * self.size / 2))

    def dome(self, mask: Map, reach: float) -> Map:
        """0 at the mask's edge, rising like a quarter circle to 1 at `reach` inside it."""
        inside = (mask > 0.5).astype(np.uint8)
        depth = cv2.distanceTransform(inside, cv2.DIST_L2, 5) / (reach * self.size / 2)
        rise = 1 - np.minimum(depth, 1)
        return np.sqrt(1 - rise * rise) * mask

    def grid(self) -> tuple[Map, Map]:
        """The x and y of every pixel."""
        axis = ((np.arange(self.size, dtype=np.float32) + 0.5) / self.size) * 2 - 1
        x, y = np.meshgrid(axis, axis)
        return x, y
