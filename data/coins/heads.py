"""Heads in profile as height maps, no two alike. All face right; units as in `photo.shapes`."""

from __future__ import annotations

import numpy as np
from photo.noise import Map, Rng
from photo.shapes import Plate, ellipse, spline

from .hair import DRESS, HAIR, Drawing, Outline, curled


def _face(rng: Rng, beard: float) -> list[tuple[float, float]]:
    """From the hairline over forehead, nose, lips and chin down to the throat."""
    nose, hump, tip = rng.uniform(0.08, 0.155), rng.normal(0, 0.018), rng.normal(0, 0.02)
    brow, chin, lips = rng.normal(0, 0.015), rng.normal(0.01, 0.02) + 0.06 * beard, rng.normal(0, 0.01)
    slope = rng.uniform(-0.01, 0.06)
    return [
        (0.10 - slope, -0.53 + rng.normal(0, 0.015)),
        (0.235 - slope, -0.42),
        (0.285 - slope / 2, -0.29),
        (0.305 + brow, -0.19),
        (0.270, -0.125 + rng.normal(0, 0.01)),
        (0.30 + nose * 0.35 + hump, -0.045),
        (0.285 + nose, 0.028 + tip),
        (0.285 + nose * 0.95, 0.062 + tip),
        (0.285 + nose * 0.5, 0.085 + tip / 2),
        (0.282, 0.098),
        (0.318 + lips, 0.140),
        (0.270, 0.172),
        (0.306 + lips, 0.205),
        (0.266 + 0.04 * beard, 0.245),
        (0.285 + chin, 0.310 + 0.06 * beard),
        (0.215 + chin * 0.7, 0.375 + 0.14 * beard),
        (0.110 + 0.05 * beard, 0.395 + 0.14 * beard),
        (0.095, 0.50 + 0.05 * beard),
    ]


def _bust(rng: Rng) -> list[tuple[float, float]]:
    """From the throat round the cut of the neck or the shoulders, up the nape and over the skull."""
    wide, back = rng.uniform(0, 1), rng.normal(0, 0.02)
    return [
        (0.12 + 0.14 * wide, 0.62 + rng.normal(0, 0.015)),
        (0.14 + 0.20 * wide, 0.71),
        (-0.08, 0.77 + rng.uniform(-0.04, 0.02)),
        (-0.32 - 0.14 * wide, 0.70),
        (-0.31 - 0.06 * wide, 0.58),
        (-0.285, 0.42),
        (-0.300, 0.24),
        (-0.385 + back, 0.06),
        (-0.435 + back, -0.16),
        (-0.385 + back, -0.38),
        (-0.235, -0.545),
        (-0.055, -0.595),
    ]


def _features(rng: Rng, plate: Plate, beard: float) -> Map:
    """Cheek, eye, brow, mouth, nostril and jaw: what rises above the bare dome of the face, or is cut into it."""

    def spot(outline: Outline, blur: float) -> Map:
        return plate.soft(plate.fill(outline), blur)

    def line(*points: tuple[float, float], width: float, blur: float) -> Map:
        return plate.soft(plate.stroke(spline(points, closed=False), width=width), blur)

    lid = rng.uniform(-0.1, 0.2)
    return (
        0.12 * spot(ellipse(0.12, 0.08, 0.13, 0.12), 0.09)
        - 0.14 * spot(ellipse(0.20, -0.12, 0.075, 0.055), 0.03)
        + 0.16 * spot(ellipse(0.205, -0.105, 0.045, 0.024, lid), 0.012)
        + 0.12 * line((0.12, -0.165), (0.20, -0.20), (0.29, -0.18), width=0.03, blur=0.015)
        - 0.18 * line((0.29, 0.172), (0.24, 0.174), (0.18, 0.184), width=0.02, blur=0.01)
        - 0.12 * line((0.30, 0.055), (0.265, 0.04), (0.255, 0.085), width=0.018, blur=0.012)
        - (1 - beard) * 0.18 * line((-0.09, 0.10), (-0.04, 0.28), (0.10, 0.37), (0.2, 0.37), width=0.05, blur=0.03)
    )


def _ear(plate: Plate) -> Map:
    shell = plate.soft(plate.fill(ellipse(-0.06, -0.02, 0.05, 0.085, 0.2)), 0.012)
    return 0.25 * shell - 0.25 * plate.soft(plate.fill(ellipse(-0.05, -0.015, 0.022, 0.05, 0.2)), 0.012)


def _laid_on(relief: Map, plate: Plate, drawing: Drawing, height: float, texture: float) -> Map:
    outlines, pattern = drawing
    area = plate.fill(*outlines)
    body = area * (height * plate.soft(plate.dome(area, 0.14), 0.02) + 0.1) + texture * area * (pattern - 0.4)
    under = area * plate.soft(relief, 0.12)  # what is covered shows as a bulge, not in its detail
    return relief * (1 - area) + np.maximum(under, body)


def head(rng: Rng, plate: Plate) -> Map:
    """A head that faces right: 0 is the coin's field, the highest points are about 1."""
    beard = float(rng.uniform(0.4, 1)) if rng.random() < 0.3 else 0.0
    skin = plate.fill(spline(_face(rng, beard) + _bust(rng)))
    relief = skin * (0.1 + 0.6 * plate.soft(plate.dome(skin, rng.uniform(0.2, 0.35)), 0.03))
    relief += skin * _features(rng, plate, beard)
    if beard:
        front = [(0.02, -0.02), (0.08, 0.10), (0.2, 0.13), (0.30, 0.13), (0.5, 0.3), (0.4, 0.6), (0.1, 0.62)]
        growth = plate.soft(plate.fill(spline([*front, (-0.05, 0.35)])) * skin, 0.01)
        relief += 0.22 * growth * (curled(rng, plate) - 0.3)
    relief = _laid_on(relief, plate, HAIR[rng.integers(len(HAIR))](rng, plate), 0.65, 0.28)
    relief += _ear(plate)
    if rng.random() < 0.6:
        relief = _laid_on(relief, plate, DRESS[rng.integers(len(DRESS))](rng, plate), 0.25, 0.8)
    return np.clip(relief, 0, 1.3).astype(np.float32)
