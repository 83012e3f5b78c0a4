"""Pictures of a shape filled with a texture: six of each, so that both can agree or disagree about the class."""

from __future__ import annotations

from collections.abc import Callable

import cv2
import numpy as np
import numpy.typing as npt

SIDE = 64
SHAPES = ("arrow", "bar", "cross", "disc", "ring", "triangle")  # as make_lmdb.py orders folders
TEXTURES = ("stripes", "checks", "dots", "waves", "grain", "bricks")

Map = npt.NDArray[np.float32]
Rng = np.random.Generator


def picture(rng: Rng, shape: int, texture: int) -> npt.NDArray[np.uint8]:
    """SIDE x SIDE x 3 (BGR): the texture within the shape, a soft plain ground around it; place, size, turn, colours
    and light are drawn."""
    mask = cv2.GaussianBlur(_shape(rng, SHAPES[shape]), (0, 0), 0.7)[..., None]
    light, dark = rng.uniform(0.55, 1.0, 3), rng.uniform(0.0, 0.45, 3)
    if rng.random() < 0.5:
        light, dark = dark, light
    weave = _texture(rng, TEXTURES[texture])[..., None]
    inside = light * weave + dark * (1 - weave)
    ground = _soft(rng, 16)[..., None] * rng.uniform(0.1, 0.3) + rng.uniform(0.1, 0.8, 3)
    mixed = mask * inside + (1 - mask) * ground
    return np.asarray(np.clip(255 * (mixed + rng.normal(0, 0.02, mixed.shape)), 0, 255), np.uint8)


def _shape(rng: Rng, name: str) -> Map:
    """1 inside, 0 outside. All have wavy edges, so that a small piece of an edge says little about the shape."""
    y, x = np.mgrid[:SIDE, :SIDE].astype(np.float32)
    size, turn = rng.uniform(21, 26), rng.uniform(-0.35, 0.35)
    x, y = x - SIDE / 2 - rng.uniform(-4, 4), y - SIDE / 2 - rng.uniform(-4, 4)
    x, y = x + 2.2 * (_soft(rng, 7) - 0.5) * 2, y + 2.2 * (_soft(rng, 7) - 0.5) * 2
    u, v = (np.cos(turn) * x + np.sin(turn) * y) / size, (np.cos(turn) * y - np.sin(turn) * x) / size
    inside: dict[str, Callable[[], npt.NDArray[np.bool_]]] = {
        "disc": lambda: u**2 + v**2 < 0.8,
        "bar": lambda: (abs(u) < 1.05) & (abs(v) < 0.45),
        "triangle": lambda: (v < 0.75) & (v > 1.9 * abs(u) - 0.95),
        "cross": lambda: ((abs(u) < 0.34) | (abs(v) < 0.34)) & (abs(u) < 1) & (abs(v) < 1),
        "ring": lambda: (u**2 + v**2 < 1.05) & (u**2 + v**2 > 0.28),
        "arrow": lambda: (abs(v) < 0.95) & (u < 0.95 - abs(v)) & (u > 0.15 - abs(v)) | (abs(v) < 0.25) & (abs(u) < 0.8),
    }
    return inside[name]().astype(np.float32)


def _texture(rng: Rng, name: str) -> Map:
    """0 to 1, its period 5 to 7 pixels, at any angle."""
    y, x = np.mgrid[:SIDE, :SIDE].astype(np.float32)
    turn, period = rng.uniform(0, np.pi), rng.uniform(5, 7)
    a, b = rng.uniform(0, period, 2)
    u, v = (np.cos(turn) * x + np.sin(turn) * y + a) / period, (np.cos(turn) * y - np.sin(turn) * x + b) / period
    if name == "stripes":
        weave = 0.5 + 0.5 * np.sin(2 * np.pi * u)
    elif name == "checks":
        weave = 0.5 + 0.5 * np.sin(2 * np.pi * u) * np.sin(2 * np.pi * v)
    elif name == "dots":
        weave = ((u % 1 - 0.5) ** 2 + (v % 1 - 0.5) ** 2 < 0.09).astype(np.float32)
    elif name == "waves":
        weave = 0.5 + 0.5 * np.sin(2 * np.pi * (u + 0.45 * np.sin(np.pi * v)))
    elif name == "grain":
        weave = (_soft(rng, 1.2) > 0.5).astype(np.float32)
    else:
        row = np.floor(v)
        weave = ((v % 1 > 0.22) & ((u / 1.6 + 0.5 * (row % 2)) % 1 > 0.16)).astype(np.float32)
    return np.asarray(weave, np.float32)


def _soft(rng: Rng, reach: float) -> Map:
    """Smooth noise, 0 to 1, its spots about `reach` pixels wide."""
    noise = cv2.GaussianBlur(rng.normal(0, 1, (SIDE, SIDE)).astype(np.float32), (0, 0), reach / 2)
    low, high = np.percentile(noise, (2, 98))
    return np.clip((noise - low) / (high - low), 0, 1)
