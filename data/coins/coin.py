"""A coin design: a head in profile, lettering, rim and metal."""

from __future__ import annotations

from functools import cached_property

import cv2
import numpy as np
from photo.noise import Map, Rng
from photo.shapes import Plate, ellipse, moved
from photo.table import METALS

from .heads import head

FACINGS = ("left", "right")
PLATE = Plate(192)
_RADIUS = 0.97  # of the coin, on its plate
_SYLLABLES = "AV RE LI DO MAX TI BER NO VA SEP CAE SAR OC CO RVM DI GEN PAX LVX VIR TVS HE LE NA"


def _inscription(rng: Rng, plate: Plate) -> Map:
    """Letters along the rim, to be read clockwise whichever way the head looks."""
    words = ["".join(rng.choice(_SYLLABLES.split(), rng.integers(1, 4))) for _ in range(rng.integers(1, 5))]
    text = rng.choice([" ", " . ", " * "]).join(words)
    font, scale = cv2.FONT_HERSHEY_DUPLEX, 0.8
    (wide, high), _ = cv2.getTextSize(text, font, scale, 2)
    strip = np.zeros((32, wide + 16), np.uint8)
    cv2.putText(strip, text, (8, 16 + high // 2), font, scale, 255, 2, cv2.LINE_AA)
    x, y = plate.grid()
    span = min(rng.uniform(2.5, 5.8), wide / 75)
    along = np.mod(np.arctan2(y, x) - rng.uniform(0, 2 * np.pi), 2 * np.pi) / span
    inner, outer = 0.71, 0.86
    across = (outer - np.hypot(x, y)) / (outer - inner)
    columns, rows = (along * strip.shape[1]).astype(np.float32), (across * strip.shape[0]).astype(np.float32)
    return cv2.remap(strip, columns, rows, cv2.INTER_LINEAR, borderValue=0).astype(np.float32) / 255


def _rim(rng: Rng, plate: Plate) -> Map:
    x, y = plate.grid()
    radius = np.hypot(x, y)
    edge = np.clip((radius - rng.uniform(0.88, 0.92)) * 40, 0, 1) * np.clip((_RADIUS - radius) * 40, 0, 1)
    if rng.random() < 0.4:
        beads = 0.5 + 0.5 * np.cos(np.arctan2(y, x) * rng.integers(40, 70))
        edge = np.maximum(edge, beads * np.exp(-np.square((radius - 0.875) / 0.018)))
    return edge.astype(np.float32)


def _mint_mark(rng: Rng, plate: Plate) -> Map:
    """A star, ring or crescent on either side of the head, or nothing."""
    x, y = rng.choice([-1, 1]) * rng.uniform(0.5, 0.58), rng.uniform(-0.2, 0.3)
    size = rng.uniform(0.05, 0.09)
    kind = rng.integers(4)
    if kind == 0:
        reach = np.where(np.arange(10) % 2, 0.4, 1.0) * size
        turn = np.arange(10) * np.pi / 5
        return plate.fill(moved(np.stack([reach * np.sin(turn), -reach * np.cos(turn)], 1), x, y))
    if kind == 1:
        return plate.stroke(ellipse(x, y, size, size), width=0.03, closed=True)
    if kind == 2:
        bite = rng.choice([-0.5, 0.5]) * size
        return np.clip(plate.fill(ellipse(x, y, size, size)) - plate.fill(ellipse(x + bite, y, size, size)), 0, 1)
    return np.zeros((plate.size, plate.size), np.float32)


class Coin:
    """One design, decided wholly by `rng`; its relief is drawn for either facing."""

    outline: Map = PLATE.fill(ellipse(0, 0, _RADIUS, _RADIUS))

    def __init__(self, rng: Rng) -> None:
        self.metal = str(rng.choice(METALS))
        self._frame = np.maximum(0.9 * _rim(rng, PLATE), 0.5 * _inscription(rng, PLATE))
        self._frame = np.maximum(self._frame, 0.5 * _mint_mark(rng, PLATE))
        size = rng.uniform(0.98, 1.12)
        x, y = rng.uniform(-0.1, 0.1), rng.uniform(-0.05, 0.05)
        half = PLATE.size / 2
        # a head's middle is left of and below its ear, which is where it is drawn around
        place = np.array([[size, 0, half * (1.08 + x - size)], [0, size, half * (0.94 + y - size)]])
        self._head = cv2.warpAffine(head(rng, PLATE), place, (PLATE.size, PLATE.size))

    @cached_property
    def _facing_left(self) -> Map:
        return self._with_frame(cv2.flip(self._head, 1))

    @cached_property
    def _facing_right(self) -> Map:
        return self._with_frame(self._head)

    def _with_frame(self, carved: Map) -> Map:
        return np.where(carved > 0.05, carved, np.maximum(carved, self._frame))

    def relief(self, facing: str) -> Map:
        """The height map; the head is mirrored where it faces left, and everything else is the same."""
        return {"left": self._facing_left, "right": self._facing_right}[facing]
