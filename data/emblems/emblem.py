"""Ten kinds of emblem on tokens of metal, clay, wax and stone; which way they look says nothing about their kind."""

from __future__ import annotations

from collections.abc import Callable

import cv2
import numpy as np
from photo.noise import Map, Rng, octaves, smooth
from photo.shapes import Plate, ellipse, moved, spline

PLATE = Plate(160)


def _body(mask: Map, reach: float = 0.25) -> Map:
    return mask * (0.15 + 0.7 * PLATE.soft(PLATE.dome(mask, reach), 0.02))


def _anchor(rng: Rng) -> Map:
    wide, low = rng.uniform(0.36, 0.55), rng.uniform(0.10, 0.25)
    arms = spline([(-wide, low), (-wide * 0.75, 0.45), (0, 0.58), (wide * 0.75, 0.45), (wide, low)], closed=False)
    bar = rng.uniform(0.2, 0.34)
    lines = PLATE.stroke([(0, -0.36), (0, 0.56)], arms, [(-bar, -0.25), (bar, -0.25)], width=rng.uniform(0.07, 0.12))
    ring = PLATE.stroke(ellipse(0, -0.47, 0.10, 0.10), width=0.06, closed=True)
    flukes = [moved([(0.14, 0.1), (-0.14, 0.1), (0, -0.16)], side * wide, low, turn=side * 0.35) for side in (-1, 1)]
    return _body(np.maximum(np.maximum(lines, ring), PLATE.fill(*flukes)), 0.06)


def _bird(rng: Rng) -> Map:
    head, lift = rng.uniform(0.12, 0.17), rng.uniform(-0.25, 0.1)
    torso = spline(
        [(0.34, -0.30), (0.38, -0.02), (0.18, 0.24), (-0.16, 0.24), (-0.40, 0.04), (-0.10, -0.12), (0.14, -0.34)]
    )
    tail = spline([(-0.25, 0.02), (-0.62, -0.05 + lift), (-0.66, 0.14 + lift), (-0.25, 0.18)])
    beak = [(0.36, -0.42), (0.56, -0.34 + rng.uniform(-0.05, 0.05)), (0.36, -0.30)]
    legs = PLATE.stroke(
        [(0.02, 0.2), (0.04, 0.46), (0.14, 0.48)], [(0.14, 0.2), (0.16, 0.46), (0.26, 0.48)], width=0.035
    )
    mask = PLATE.fill(torso, tail, beak, ellipse(0.27, -0.38, head, head))
    wing = PLATE.fill(spline([(0.16, -0.14), (0.10, 0.10), (-0.22, 0.13), (-0.46, 0.02 + lift / 2), (-0.12, -0.12)]))
    x, y = PLATE.grid()
    feathers = wing * (0.2 + 0.1 * np.sin((x + 1.5 * y) * rng.uniform(30, 60)))
    eye = PLATE.soft(PLATE.fill(ellipse(0.30, -0.41, 0.035, 0.035)), 0.01)
    return np.maximum(_body(mask), 0.4 * legs) + feathers - 0.4 * eye


def _crown(rng: Rng) -> Map:
    spikes, tall = int(rng.integers(3, 6)), rng.uniform(0.3, 0.55)
    x = np.linspace(-0.5, 0.5, 2 * spikes - 1)
    inner = np.arange(2 * spikes - 1) % 2 == 1
    top = np.where(inner, -0.05, -tall) - 0.1 * (1 - np.abs(x))
    outline = np.concatenate([np.stack([x * 1.15, top], 1), [[0.46, 0.36], [-0.46, 0.36]]])
    balls = [ellipse(a * 1.15, b - 0.03, 0.06, 0.06) for a, b, low in zip(x, top, inner, strict=True) if not low]
    jewels = PLATE.fill(*[ellipse(a, 0.2, 0.05, 0.06) for a in np.linspace(-0.3, 0.3, rng.integers(2, 6))])
    bands = PLATE.stroke([(-0.46, 0.32), (0.46, 0.32)], [(-0.47, 0.08), (0.47, 0.08)], width=0.05)
    return _body(PLATE.fill(outline, *balls), 0.15) + 0.25 * PLATE.soft(np.maximum(jewels, bands), 0.01)


def _fish(rng: Rng) -> Map:
    fat, long = rng.uniform(0.18, 0.32), rng.uniform(0.38, 0.5)
    body = spline(
        [
            (long, 0),
            (long * 0.5, -fat),
            (-0.1, -fat * 0.9),
            (-0.38, -0.06),
            (-0.38, 0.06),
            (-0.1, fat * 0.9),
            (long * 0.5, fat),
        ]
    )
    fork = rng.uniform(0.15, 0.3)
    tail = spline([(-0.34, 0), (-0.62, -fork), (-0.54, 0), (-0.62, fork)])
    fins = [spline([(0.14, -fat * 0.9), (-0.02, -fat - rng.uniform(0.08, 0.2)), (-0.2, -fat * 0.7)])]
    fins.append(spline([(0.05, fat * 0.9), (-0.08, fat + 0.14), (-0.15, fat * 0.8)]))
    mask = PLATE.fill(body, tail, *fins)
    x, y = PLATE.grid()
    pitch = rng.uniform(28, 45)
    scales = PLATE.fill(body) * (x < long * 0.45) * np.sin(pitch * (x + y)) * np.sin(pitch * (x - y))
    gill = PLATE.stroke(
        spline([(long * 0.55, -fat * 0.7), (long * 0.42, 0), (long * 0.55, fat * 0.7)], closed=False), width=0.03
    )
    eye = PLATE.fill(ellipse(long * 0.72, -fat * 0.3, 0.04, 0.04))
    return _body(mask) + 0.12 * scales.astype(np.float32) - 0.25 * PLATE.soft(np.maximum(gill, eye), 0.01)


def _key(rng: Rng) -> Map:
    size, wide = rng.uniform(0.14, 0.2), rng.uniform(0.07, 0.11)
    bow = [ellipse(-0.42, 0, size, size)]
    if rng.random() < 0.5:
        bow = [ellipse(-0.42 + dx, dy, size * 0.65, size * 0.65) for dx, dy in ((-0.1, 0), (0.03, -0.13), (0.03, 0.13))]
    teeth = [
        [(x, 0), (x + 0.07, 0), (x + 0.07, d), (x, d)]
        for x, d in zip((0.26, 0.38, 0.5), rng.uniform(0.12, 0.3, 3), strict=True)
    ]
    ring = np.max([PLATE.stroke(part, width=0.07, closed=True) for part in bow], axis=0)
    shaft = PLATE.stroke([(-0.42 + size, 0), (0.58, 0)], width=wide)
    return _body(np.maximum(np.maximum(ring, shaft), PLATE.fill(*teeth)), 0.06)


def _leaf(rng: Rng) -> Map:
    wide, curve = rng.uniform(0.2, 0.36), rng.uniform(-0.15, 0.15)
    t = np.linspace(0, 1, 40)
    half = wide * np.sin(np.pi * t**0.8) * (1 + rng.uniform(0, 0.2) * np.abs(np.sin(t * rng.uniform(15, 30))))
    x, middle = 1.05 * t - 0.5, curve * np.sin(np.pi * t)
    outline = np.concatenate([np.stack([x, middle - half], 1), np.stack([x, middle + half], 1)[::-1]])
    rib = np.stack([x * 1.15 - 0.07, middle], 1)
    veins = [
        [(rib[i, 0], middle[i]), (rib[i, 0] + 0.18, middle[i] + s * half[i] * 0.9)]
        for i in range(5, 34, 5)
        for s in (-1, 1)
    ]
    carved = PLATE.soft(PLATE.stroke(rib, *veins, width=0.025), 0.008)
    mask = np.maximum(PLATE.fill(outline), PLATE.stroke(rib, width=0.05))
    return _body(mask, 0.3) - 0.3 * carved


def _mug(rng: Rng) -> Map:
    wide, tall, waist = rng.uniform(0.25, 0.36), rng.uniform(0.32, 0.48), rng.uniform(-0.08, 0.08)
    cup = spline(
        [(-wide, -tall), (-wide + waist, 0), (-wide, tall), (wide, tall), (wide - waist, 0), (wide, -tall)], steps=6
    )
    reach, drop = rng.uniform(0.2, 0.3), rng.uniform(0.15, 0.28)
    handle = spline(
        [(wide - 0.05, -drop), (wide + reach, -drop * 0.8), (wide + reach, drop * 0.8), (wide - 0.05, drop)],
        closed=False,
    )
    mask = np.maximum(PLATE.fill(cup), PLATE.stroke(handle, width=0.09))
    bands = PLATE.stroke(
        [(-wide, -tall + 0.08), (wide, -tall + 0.08)], [(-wide, tall - 0.1), (wide, tall - 0.1)], width=0.05
    )
    foam = (
        PLATE.fill(*[ellipse(a, -tall, 0.1, 0.08) for a in np.linspace(-wide, wide, 5)])
        if rng.random() < 0.4
        else 0 * bands
    )
    return np.maximum(_body(mask), 0.8 * foam) + 0.2 * PLATE.soft(bands * mask, 0.01)


def _ship(rng: Rng) -> Map:
    deep, masts = rng.uniform(0.2, 0.3), int(rng.integers(1, 4))
    hull = spline(
        [(-0.58, 0.12), (-0.44, 0.14 + deep), (0.36, 0.14 + deep), (0.62, 0.06), (0.30, 0.16), (-0.3, 0.18)], steps=6
    )
    x = np.linspace(-0.3, 0.3, masts) if masts > 1 else np.array([0.0])
    top = rng.uniform(-0.6, -0.4)
    sails, half = [], 0.5 / (masts + 0.6)
    for mast in x:
        belly = half * rng.uniform(0.2, 0.5)
        sails.append(
            spline(
                [
                    (mast - half * 0.8, top + 0.08),
                    (mast + half * 0.8, top + 0.08),
                    (mast + half + belly, -0.1),
                    (mast + half * 0.8, 0.02),
                    (mast - half * 0.8, 0.02),
                    (mast - half * 0.5, -0.2),
                ]
            )
        )
    rig = PLATE.stroke(*[[(mast, top), (mast, 0.15)] for mast in x], width=0.04)
    flag = PLATE.fill([(x[0], top), (x[0] - 0.14, top + 0.03), (x[0], top + 0.08)])
    sea = np.linspace(-0.7, 0.7, 60)
    waves = PLATE.stroke(np.stack([sea, 0.18 + deep + 0.03 * np.sin(sea * 18)], 1), width=0.04)
    return np.maximum(_body(np.maximum(PLATE.fill(hull, *sails), flag), 0.18), 0.45 * np.maximum(rig, waves))


def _snail(rng: Rng) -> Map:
    size, turns = rng.uniform(0.28, 0.36), rng.uniform(2, 3.5)
    foot = spline(
        [
            (-0.58, 0.40),
            (-0.2, 0.26),
            (0.28, 0.24),
            (0.42, -0.06),
            (0.56, -0.10),
            (0.60, 0.06),
            (0.48, 0.36),
            (0.30, 0.42),
        ]
    )
    horns = PLATE.stroke([(0.46, -0.06), (0.44, -0.28)], [(0.54, -0.06), (0.60, -0.26)], width=0.035)
    shell = PLATE.fill(ellipse(-0.06, 0.02, size, size * 0.92))
    t = np.linspace(0, turns * 2 * np.pi, 120)
    r = size * t / t[-1]
    spiral = PLATE.stroke(np.stack([-0.06 + r * np.cos(t), 0.02 + r * np.sin(t) * 0.92], 1), width=0.035)
    body = np.maximum(_body(PLATE.fill(foot), 0.15) * 0.8, 0.4 * horns)
    return np.maximum(body, shell * (0.3 + 0.65 * PLATE.dome(shell, 0.4))) - 0.3 * PLATE.soft(spiral * shell, 0.01)


def _star(rng: Rng) -> Map:
    rays, inner, size = int(rng.integers(5, 10)), rng.uniform(0.35, 0.65), rng.uniform(0.45, 0.62)
    turn = np.arange(2 * rays) * np.pi / rays + rng.uniform(0, 6)
    reach = np.where(np.arange(2 * rays) % 2, inner, 1.0) * size
    mask = PLATE.fill(np.stack([reach * np.sin(turn), -reach * np.cos(turn)], 1))
    ridges = PLATE.stroke(*[[(0, 0), (size * np.sin(a), -size * np.cos(a))] for a in turn[::2]], width=0.03)
    hub = PLATE.dome(PLATE.fill(ellipse(0, 0, size * inner * 0.6, size * inner * 0.6)), 0.2) * (rng.random() < 0.5)
    return _body(mask, 0.3) + 0.15 * PLATE.soft(ridges * mask, 0.01) + 0.3 * hub


EMBLEMS: dict[str, Callable[[Rng], Map]] = {
    "anchor": _anchor,
    "bird": _bird,
    "crown": _crown,
    "fish": _fish,
    "key": _key,
    "leaf": _leaf,
    "mug": _mug,
    "ship": _ship,
    "snail": _snail,
    "star": _star,
}


def _outline(rng: Rng) -> Map:
    """The token's own shape: round, oval, many-sided, or a shield."""
    kind = rng.integers(4)
    if kind == 0:
        return PLATE.fill(ellipse(0, 0, 0.97, rng.uniform(0.82, 0.97)))
    if kind == 1:
        power = rng.uniform(3, 8)  # a superellipse: between a circle and a square
        t = np.linspace(0, 2 * np.pi, 80, endpoint=False)
        bent = np.stack([np.cos(t), np.sin(t)], 1)
        return PLATE.fill(0.9 * np.sign(bent) * np.abs(bent) ** (2 / power))
    if kind == 2:
        sides = int(rng.integers(5, 11))
        return PLATE.fill(ellipse(0, 0, 0.97, 0.97, rng.uniform(0, 6), count=sides))
    return PLATE.fill(
        spline(
            [(-0.8, -0.85), (0, -0.92), (0.8, -0.85), (0.82, 0.1), (0.45, 0.7), (0, 0.95), (-0.45, 0.7), (-0.82, 0.1)]
        )
    )


def token(rng: Rng, kind: str) -> tuple[Map, Map]:
    """The relief and the outline of a token with an emblem on it, raised or sunk, facing either way."""
    outline = _outline(rng)
    carved = EMBLEMS[kind](rng)
    if rng.random() < 0.5:
        carved = cv2.flip(carved, 1)
    size, shift = PLATE.size / 2, rng.uniform(-0.08, 0.08, 2)
    scale = rng.uniform(0.95, 1.25)
    place = np.array([[scale, 0, size * (1 + shift[0] - scale)], [0, scale, size * (1 + shift[1] - scale)]])
    relief = cv2.warpAffine(carved, place, (PLATE.size, PLATE.size))
    if rng.random() < 0.15:
        relief = 0.6 - 0.8 * relief
    rim = PLATE.soft(outline - cv2.erode(outline, np.ones((3, 3)), iterations=int(rng.integers(1, 8))), 0.02)
    ground = rng.uniform(0, 0.25) * octaves(rng, PLATE.size, PLATE.size, 8, 3)
    if rng.random() < 0.3:
        ground += 0.2 * smooth(rng, PLATE.size, PLATE.size, 40)
    return np.maximum(relief + ground, 0.8 * rim).astype(np.float32), outline
