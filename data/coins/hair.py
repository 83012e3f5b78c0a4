"""Hair and head-dress for heads in profile that face right: outlines, and the relief within them.

A drawing returns outlines (units as in `photo.shapes`) and a height map, 0 to 1, of which only what lies inside
the outlines counts.
"""

from __future__ import annotations

from collections.abc import Callable

import cv2
import numpy as np
import numpy.typing as npt
from photo.noise import Map, Rng, smooth
from photo.shapes import Plate, ellipse, moved, spline

Outline = npt.NDArray[np.float64]
Drawing = tuple[list[Outline], Map]


def scalp(rng: Rng, thick: float) -> Outline:
    """Where hair grows: from the brow over the crown to the nape, and back past the ear."""
    line = rng.normal(0, 0.02)
    return spline(
        [
            (0.215 + line, -0.47),
            (0.10, -0.575 - thick),
            (-0.06, -0.625 - thick),
            (-0.25, -0.57 - thick),
            (-0.41 - thick, -0.39),
            (-0.46 - thick, -0.15),
            (-0.41 - thick, 0.07),
            (-0.31, 0.26),
            (-0.18, 0.20),
            (-0.13, 0.06),
            (-0.01, -0.02),
            (0.045, -0.20),
            (0.12 + line, -0.33),
        ]
    )


def combed(rng: Rng, plate: Plate) -> Map:
    """Ridges that fan out from a point, a little wavy."""
    x, y = plate.grid()
    fan = np.arctan2(y - rng.uniform(-0.1, 0.25), x - rng.uniform(-0.15, 0.25)) * rng.integers(11, 20)
    wave = smooth(rng, plate.size, plate.size, 6) * rng.uniform(2, 9)
    return (0.5 + 0.5 * np.sin(fan + wave)).astype(np.float32)


def curled(rng: Rng, plate: Plate) -> Map:
    """Rings around scattered points."""
    count = rng.integers(120, 320)
    seeds = np.full((plate.size, plate.size), 255, np.uint8)
    seeds[tuple(rng.integers(0, plate.size, (2, count)))] = 0
    distance = cv2.distanceTransform(seeds, cv2.DIST_L2, 5) / plate.size * np.sqrt(count)
    return (0.55 + 0.45 * np.cos(distance * 9)).astype(np.float32)


def falling(rng: Rng, plate: Plate) -> Map:
    """Strands that hang down in waves."""
    x, y = plate.grid()
    wave = rng.uniform(0.02, 0.06) * np.sin(y * rng.uniform(6, 12) + rng.uniform(0, 6))
    return (0.5 + 0.5 * np.sin((x + wave) * rng.uniform(40, 65))).astype(np.float32)


def _short(rng: Rng, plate: Plate) -> Drawing:
    texture = curled if rng.random() < 0.6 else combed
    return [scalp(rng, rng.uniform(0, 0.04))], texture(rng, plate)


def _bun(rng: Rng, plate: Plate) -> Drawing:
    turn, size = rng.uniform(-0.9, 0.5), rng.uniform(0.10, 0.16)
    bun = ellipse(-0.05 - 0.46 * np.cos(turn), -0.16 + 0.46 * np.sin(turn), size, size * 0.85)
    return [scalp(rng, 0.01), bun], combed(rng, plate)


def _long(rng: Rng, plate: Plate) -> Drawing:
    end, out = rng.uniform(0.40, 0.62), rng.uniform(0.44, 0.54)
    fall = spline([(-0.30, -0.35), (-out, 0.05), (-out - 0.02, end), (-0.25, end + 0.04), (-0.10, 0.25), (-0.05, -0.1)])
    return [scalp(rng, 0.03), fall], falling(rng, plate)


def _tail(rng: Rng, plate: Plate) -> Drawing:
    y, drop = rng.uniform(-0.25, 0.1), rng.uniform(0.25, 0.45)
    outer = [(-0.36, y - 0.05), (-0.55, y), (-0.60, y + drop)]
    tail = spline([*outer, (-0.52, y + drop + 0.1), (-0.48, y + 0.1), (-0.38, y + 0.08)])
    return [scalp(rng, 0.0), tail], combed(rng, plate)


def _bald(rng: Rng, plate: Plate) -> Drawing:
    back = [(-0.40, -0.22), (-0.47, -0.10), (-0.42, 0.08), (-0.31, 0.24)]
    return [spline([*back, (-0.18, 0.18), (-0.14, 0.02), (-0.22, -0.12)])], curled(rng, plate)


HAIR: tuple[Callable[[Rng, Plate], Drawing], ...] = (_short, _short, _bun, _long, _tail, _bald)


def _laurel(rng: Rng, plate: Plate) -> Drawing:
    """Leaves from the brow to the nape, and sometimes the ribbon that ties them."""
    path = spline([(0.22, -0.45), (0.02, -0.46), (-0.22, -0.34), (-0.40, -0.08)], closed=False, steps=4)
    leaves = []
    for step, (x, y) in enumerate(path[:-1]):
        along = np.arctan2(*(path[step + 1] - path[step])[::-1])
        leaves.append(ellipse(x, y, 0.10, 0.032, along + (0.7 if step % 2 else -0.7)))
    if rng.random() < 0.6:
        end = rng.uniform(0.2, 0.35)
        leaves.append(spline([(-0.40, -0.08), (-0.48, end / 2), (-0.46, end), (-0.41, end), (-0.43, end / 2)]))
    mask = plate.fill(*leaves)
    return leaves, 0.8 + 0.2 * plate.soft(mask, 0.02)


def _crown(rng: Rng, plate: Plate) -> Drawing:
    """A ring about the head with points on it."""
    points, height = int(rng.integers(4, 8)), rng.uniform(0.12, 0.24)
    x = np.linspace(-0.33, 0.33, 2 * points + 1)
    top = np.where(np.arange(2 * points + 1) % 2, -height, -0.03)
    outline = np.concatenate([np.stack([x, top], 1), [[0.33, 0.07], [-0.33, 0.07]]])
    placed = moved(outline, x=-0.075, y=-0.45, turn=rng.uniform(-0.32, -0.12))
    rim = plate.stroke(placed[-2:], width=0.05)
    return [placed], 0.75 + 0.25 * rim


def _band(rng: Rng, plate: Plate) -> Drawing:
    """A ribbon or diadem round the head, with or without a jewel over the brow."""
    drop = rng.uniform(-0.1, 0.12)
    line = spline([(0.25, -0.42), (0.02, -0.47 + drop / 2), (-0.24, -0.36 + drop), (-0.45, -0.22 + drop)], closed=False)
    wide = rng.uniform(0.03, 0.06)
    band = np.concatenate([moved(line, y=-wide), moved(line[::-1], y=wide)])
    jewel = ellipse(0.20, -0.47, 0.06, 0.09) if rng.random() < 0.5 else band
    return [band, jewel], np.full((plate.size, plate.size), 0.9, np.float32)


def _helmet(rng: Rng, plate: Plate) -> Drawing:
    visor, height, guard = rng.uniform(0.0, 0.10), rng.uniform(0.05, 0.2), rng.uniform(0.05, 0.3)
    top = [(0.26 + visor, -0.35), (0.22, -0.52), (-0.06, -0.68), (-0.34, -0.58), (-0.50, -0.25), (-0.47, guard - 0.1)]
    bowl = spline([*top, (-0.52, guard), (-0.28, guard - 0.03), (-0.10, -0.08), (0.02, -0.27)])
    if rng.random() < 0.3:
        return [bowl], np.full((plate.size, plate.size), 0.9, np.float32)
    outer = [(0.16, -0.58), (0.05, -0.66 - height), (-0.30, -0.62 - height), (-0.56, -0.35)]
    crest = spline([*outer, (-0.58, rng.uniform(-0.1, 0.25)), (-0.46, -0.25), (-0.2, -0.55)])
    feathers = combed(rng, plate) * (1 - plate.soft(plate.fill(bowl), 0.01))
    return [bowl, crest], 0.85 - 0.35 * feathers


def _cap(rng: Rng, plate: Plate) -> Drawing:
    """A soft cap that falls forwards or backwards."""
    fore = rng.uniform(-1, 1)
    front = [(0.26, -0.37), (0.28, -0.46), (0.12 + 0.12 * fore, -0.70)]
    back = [(-0.18 + 0.1 * fore, -0.74), (-0.46 + 0.08 * fore, -0.56), (-0.48, -0.30), (-0.43, -0.14), (-0.1, -0.27)]
    fold = plate.stroke(spline([(0.27, -0.42), (-0.1, -0.33), (-0.45, -0.2)], closed=False), width=0.05)
    return [spline(front + back)], 0.75 + 0.25 * plate.soft(fold, 0.02)


DRESS: tuple[Callable[[Rng, Plate], Drawing], ...] = (_laurel, _laurel, _crown, _band, _helmet, _cap)
