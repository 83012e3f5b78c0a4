"""Table tops on which things are photographed: colour (H x W x 3, BGR, 0 to 1) and height (H x W, in pixels)."""

from __future__ import annotations

from collections.abc import Callable

import cv2
import numpy as np

from .noise import Map, Rng, grain, octaves, smooth

Surface = tuple[Map, Map]


def _mixed(weight: Map, one: Map, other: Map) -> Map:
    return weight[..., None] * one + (1 - weight[..., None]) * other


def _colour(rng: Rng, blue: float, green: float, red: float, spread: float = 0.06) -> Map:
    return np.clip(np.array([blue, green, red]) + rng.normal(0, spread, 3), 0.02, 0.98).astype(np.float32)


def _dye(rng: Rng) -> Map:
    """Any colour that cloth or paint comes in; the loud ones are rare."""
    grey = rng.uniform(0.12, 0.75)
    return _colour(rng, grey, grey, grey, 0.6 * grey * rng.uniform(0.1, 0.7))


def _turned(rng: Rng, height: int, width: int) -> tuple[Map, Map]:
    """Coordinates in pixels along and across a random direction."""
    angle = rng.uniform(0, np.pi)
    y, x = np.mgrid[0:height, 0:width].astype(np.float32)
    return x * np.cos(angle) + y * np.sin(angle), -x * np.sin(angle) + y * np.cos(angle)


def wood(rng: Rng, height: int, width: int) -> Surface:
    along, across = _turned(rng, height, width)
    bend = smooth(rng, height, width, 3) * rng.uniform(8, 30)
    rings = 0.5 + 0.5 * np.sin((across + bend + along * 0.02) / rng.uniform(2.5, 7))
    fibres = octaves(rng, height, width, 24, 3)
    tone = np.clip(0.65 * rings * rng.uniform(0.4, 1) + 0.45 * fibres, 0, 1).astype(np.float32)
    dark, light = _colour(rng, 0.12, 0.22, 0.36), _colour(rng, 0.34, 0.52, 0.70)
    planks = (np.sin(across / rng.uniform(18, 30)) > 0.97).astype(np.float32)
    return _mixed(tone, light, dark) * (1 - 0.6 * planks[..., None]), fibres * 1.2 - planks


def cloth(rng: Rng, height: int, width: int) -> Surface:
    along, across = _turned(rng, height, width)
    pitch = rng.uniform(1.6, 3.2)
    weave = np.maximum(np.sin(along / pitch), np.sin(across / pitch)).astype(np.float32)
    folds = smooth(rng, height, width, rng.uniform(1.5, 4))
    base = _dye(rng)
    tone = 0.75 + 0.2 * weave + 0.1 * grain(rng, height, width)
    if rng.random() < 0.35:
        stripe = (np.sin(along / rng.uniform(6, 16)) > rng.uniform(0, 0.7)).astype(np.float32)
        base = _mixed(stripe, base, _dye(rng))
    return np.clip(base * tone[..., None], 0, 1).astype(np.float32), 0.8 * weave + folds * rng.uniform(4, 16)


def stone(rng: Rng, height: int, width: int) -> Surface:
    rough = octaves(rng, height, width, rng.uniform(3, 9), 5, 0.7)
    grey = rng.uniform(0.25, 0.7)
    light, dark = _colour(rng, grey, grey, grey, 0.04), _colour(rng, grey / 3, grey / 3, grey / 3, 0.03)
    veins = np.exp(-np.square((smooth(rng, height, width, 4) - 0.5) / 0.03)) * rng.uniform(0, 0.5)
    tone = np.clip(rough * 1.5 - 0.2 + veins, 0, 1).astype(np.float32)
    return _mixed(tone, light, dark), rough * rng.uniform(3, 9)


def paper(rng: Rng, height: int, width: int) -> Surface:
    """Paper with lines of writing or a printed grid."""
    along, across = _turned(rng, height, width)
    base = _colour(rng, 0.72, 0.82, 0.86, 0.05)
    ink = (np.sin(across / rng.uniform(2.5, 6)) > 0.75) & (smooth(rng, height, width, 40) > rng.uniform(0.35, 0.6))
    if rng.random() < 0.4:
        step = rng.uniform(9, 22)
        ink = (np.mod(along, step) < 1.2) | (np.mod(across, step) < 1.2)
    covered = cv2.GaussianBlur(ink.astype(np.float32), (0, 0), 0.7) * rng.uniform(0.3, 0.9)
    fibre = 0.92 + 0.08 * octaves(rng, height, width, 16, 3)
    pen = _colour(rng, *rng.uniform(0.05, 0.45, 3))
    return _mixed(covered, pen, base) * fibre[..., None], fibre * 6


def leather(rng: Rng, height: int, width: int) -> Surface:
    cells = smooth(rng, height, width, rng.uniform(20, 45))
    pores = np.abs(cells - 0.5) * 2
    base = _colour(rng, *(np.array([0.10, 0.16, 0.30]) * rng.uniform(0.4, 1.8)))
    tone = 0.7 + 0.4 * octaves(rng, height, width, 3, 3)
    return np.clip(base * tone[..., None], 0, 1).astype(np.float32), pores * rng.uniform(1, 2.5)


def felt(rng: Rng, height: int, width: int) -> Surface:
    fluff = cv2.GaussianBlur(grain(rng, height, width), (0, 0), 0.8)
    base = _dye(rng)
    tone = 0.85 + 0.25 * fluff + 0.2 * smooth(rng, height, width, 3)
    return np.clip(base * tone[..., None], 0, 1).astype(np.float32), fluff * 1.2


def tiles(rng: Rng, height: int, width: int) -> Surface:
    along, across = _turned(rng, height, width)
    step = rng.uniform(22, 50)
    joints = (np.mod(along, step) < 2.5) | (np.mod(across, step) < 2.5)
    check = (np.floor(along / step) + np.floor(across / step)) % 2
    one, other = _dye(rng), _dye(rng)
    dirt = 0.8 + 0.3 * octaves(rng, height, width, 5, 4)
    colour = _mixed(check.astype(np.float32), one, other) * dirt[..., None]
    colour[joints] *= 0.5
    return np.clip(colour, 0, 1).astype(np.float32), -2.0 * joints.astype(np.float32)


SURFACES: tuple[Callable[[Rng, int, int], Surface], ...] = (wood, cloth, stone, paper, leather, felt, tiles)


def any_surface(rng: Rng, height: int, width: int) -> Surface:
    """One of SURFACES, drawn for this picture."""
    return SURFACES[rng.integers(len(SURFACES))](rng, height, width)
