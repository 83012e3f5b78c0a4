"""Light on a height map: shading, highlights and cast shadows all follow from the heights and the lamp."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from .noise import Map, Rng


@dataclass(frozen=True)
class Lamp:
    """A far lamp: the direction in the picture plane from which it shines, and its height, in radians."""

    azimuth: float
    elevation: float

    @classmethod
    def anywhere(cls, rng: Rng) -> Lamp:
        """From any side, low enough for relief to show."""
        return cls(rng.uniform(0, 2 * np.pi), rng.uniform(0.45, 1.05))

    @property
    def direction(self) -> tuple[float, float, float]:
        flat = np.cos(self.elevation)
        return flat * np.cos(self.azimuth), flat * np.sin(self.azimuth), np.sin(self.elevation)


def _normals(height: Map) -> tuple[Map, Map, Map]:
    x = -cv2.Sobel(height, cv2.CV_32F, 1, 0, ksize=3, scale=1 / 8)
    y = -cv2.Sobel(height, cv2.CV_32F, 0, 1, ksize=3, scale=1 / 8)
    z = 1 / np.sqrt(x * x + y * y + 1)
    return x * z, y * z, z


def shadow(height: Map, lamp: Lamp, reach: float, taps: int = 7) -> Map:
    """1 where something up to `reach` pixels away stands before the lamp, 0 in full light."""
    x, y, up = lamp.direction
    slope = up / np.hypot(x, y)
    rows, columns = height.shape
    dark = np.zeros_like(height)
    for tap in range(1, taps + 1):
        step = reach * tap / taps
        towards = np.array([[1, 0, -step * np.cos(lamp.azimuth)], [0, 1, -step * np.sin(lamp.azimuth)]])
        seen = cv2.warpAffine(height, towards, (columns, rows), borderMode=cv2.BORDER_REPLICATE)
        dark = np.maximum(dark, seen - height - step * slope)
    return cv2.GaussianBlur(np.clip(dark, 0, 1), (0, 0), 1.0)


def shade(height: Map, lamp: Lamp, *, gloss: Map | float, sharpness: float, ambient: float = 0.35) -> tuple[Map, Map]:
    """Diffuse light and highlights (both H x W) on a height map in pixels: Lambert's and Blinn's laws.

    `gloss` is how much of a mirror each pixel is; `sharpness` is Blinn's exponent.
    """
    nx, ny, nz = _normals(height)
    lx, ly, lz = lamp.direction
    lit = 1 - 0.8 * shadow(height, lamp, reach=12.0)
    diffuse = np.maximum(nx * lx + ny * ly + nz * lz, 0)
    hx, hy, hz = np.array([lx, ly, lz + 1]) / np.sqrt(lx * lx + ly * ly + (lz + 1) ** 2)
    towards_eye = np.maximum(nx * hx + ny * hy + nz * hz, 0)
    return ambient + (1 - ambient) * 1.25 * diffuse * lit, gloss * towards_eye**sharpness * lit
