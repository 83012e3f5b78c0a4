"""What a face is painted on, and what all its parts share.

Units are those of `photo.shapes`; the head reaches about 0.55 to either side of (0, 0), 0.72 up and down.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
from photo.noise import Map, Rng
from photo.shapes import Plate, Points, spline

CLASSES = ("background", "left eye", "right eye", "nose tip", "mouth")  # left and right as the viewer sees them
PLATE = Plate(160)

# BGR
SKINS = (
    (0.66, 0.76, 0.93),
    (0.55, 0.67, 0.88),
    (0.42, 0.56, 0.78),
    (0.32, 0.45, 0.66),
    (0.22, 0.33, 0.50),
    (0.14, 0.21, 0.34),
)
HAIRS = (
    (0.06, 0.06, 0.07),
    (0.08, 0.13, 0.22),
    (0.14, 0.26, 0.42),
    (0.30, 0.52, 0.70),
    (0.62, 0.64, 0.66),
    (0.12, 0.24, 0.60),
)


@dataclass
class Canvas:
    """A face while it is painted: colour (BGR, 0 to 1), height, label, and where anything has been painted."""

    colour: Map = field(default_factory=lambda: np.zeros((PLATE.size, PLATE.size, 3), np.float32))
    height: Map = field(default_factory=lambda: np.zeros((PLATE.size, PLATE.size), np.float32))
    label: npt.NDArray[np.uint8] = field(default_factory=lambda: np.zeros((PLATE.size, PLATE.size), np.uint8))
    covered: Map = field(default_factory=lambda: np.zeros((PLATE.size, PLATE.size), np.float32))
    gloss: Map = field(default_factory=lambda: np.zeros((PLATE.size, PLATE.size), np.float32))

    def paint(self, mask: Map, colour: Points | Map, *, opacity: float = 1.0, gloss: float | None = None) -> None:
        """Colours what the mask covers."""
        rows, columns = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
        if not len(rows):
            return
        part = np.s_[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
        paint = np.asarray(colour, np.float32)
        paint = paint[part] if paint.ndim == 3 else paint
        self.colour[part] += (mask[part] * opacity)[..., None] * (paint - self.colour[part])
        if opacity > 0.5:
            np.maximum(self.covered, mask, out=self.covered)
        if gloss is not None:
            self.gloss += mask * (gloss - self.gloss)

    def lay(self, mask: Map, height: Map | float) -> None:
        """Sets the height of what the mask covers."""
        self.height += mask * (height - self.height)

    def mark(self, outline: Points, name: str) -> None:
        """Labels what lies inside an outline."""
        self.label[PLATE.fill(outline) > 0.5] = CLASSES.index(name)


@dataclass(frozen=True)
class Person:
    """What all parts of one face share."""

    skin: npt.NDArray[np.float32]
    hair: npt.NDArray[np.float32]
    yaw: float  # -1 (looks to the picture's left) to 1
    wide: float  # half the head's width
    jaw: float  # the chin's width as a share of the head's

    @classmethod
    def anybody(cls, rng: Rng) -> Person:
        shade = rng.uniform(0.85, 1.12)
        skin = np.array(SKINS[rng.integers(len(SKINS))]) * shade + rng.normal(0, 0.02, 3)
        hair = np.array(HAIRS[rng.integers(len(HAIRS))]) * rng.uniform(0.7, 1.3)
        if rng.random() < 0.06:
            hair = rng.uniform(0.1, 0.9, 3)  # dyed
        return cls(
            np.clip(skin, 0.05, 0.97).astype(np.float32),
            np.clip(hair, 0.02, 0.95).astype(np.float32),
            yaw=rng.uniform(-1, 1),
            wide=rng.uniform(0.46, 0.58),
            jaw=rng.uniform(0.45, 0.75),
        )

    def turned(self, x: float, depth: float = 0.14) -> float:
        """Where something at x on the front of the head lies once the head is turned."""
        return x * (1 - 0.08 * abs(self.yaw)) + self.yaw * depth

    def outline(self) -> npt.NDArray[np.float64]:
        w, j, lean = self.wide, self.jaw, 0.05 * self.yaw
        right = [
            (0, -0.72),
            (w * 0.7, -0.58),
            (w, -0.15),
            (w * 0.92, 0.25),
            (w * j + lean, 0.56),
            (w * j * 0.5 + lean, 0.70),
        ]
        left = [(-x + 2 * lean * (y > 0.5), y) for x, y in right[:0:-1]]
        return spline([*right, (lean, 0.73), *left])
