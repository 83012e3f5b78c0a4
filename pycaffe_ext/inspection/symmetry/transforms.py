"""Changes of a picture that can be done to a feature map as well: mirror, rotation, shift, scale."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from ...errors import OptionError

Array = npt.NDArray[np.float32]
Mask = npt.NDArray[np.bool_]

_FORMS = "mirror, rotate:DEGREES, shift:PIXELS (to the right; or shift:RIGHT,DOWN), scale:FACTOR"


class Axis(NamedTuple):
    """Place i of a map lies at pixel offset + i stride, along one axis; 0 is the middle of the first pixel."""

    stride: float
    offset: float

    @classmethod
    def even(cls, pixels: int, places: int) -> Axis:
        """Places spread evenly over so many pixels."""
        return cls(pixels / places, (pixels / places - 1) / 2)


class Grid(NamedTuple):
    """Where in a picture the places of a map lie: `down` its rows, `across` its columns."""

    down: Axis
    across: Axis


@dataclass(frozen=True)
class Transform:
    """A change of pictures. `numbers`: degrees counter-clockwise; pixels to the right and down; factor.

    Rotation and scale keep the picture's middle. A mirror is exact, of maps as of pictures; the others interpolate
    linearly, and what comes from outside the picture is the picture reflected at its edge.
    """

    kind: str
    numbers: tuple[float, ...] = ()

    @classmethod
    def parse(cls, text: str) -> Transform:
        """ "mirror", "rotate:15", "shift:8", "shift:8,-3", "scale:1.2". Raises OptionError."""
        kind, _, rest = text.partition(":")
        try:
            numbers = tuple(float(part) for part in rest.split(",")) if rest else ()
        except ValueError:
            raise OptionError(f"--transform {text}: '{rest}' is no number; one of {_FORMS}") from None
        if kind == "shift" and len(numbers) == 1:
            numbers += (0.0,)
        if len(numbers) != {"mirror": 0, "rotate": 1, "shift": 2, "scale": 1}.get(kind):
            raise OptionError(f"--transform is one of {_FORMS}, not '{text}'")
        if kind == "scale" and not 0.1 <= numbers[0] <= 10:
            raise OptionError(f"--transform {text}: a factor is 0.1 to 10")
        return cls(kind, numbers)

    @property
    def text(self) -> str:
        """What `parse` takes."""
        return f"{self.kind}:{','.join(f'{number:g}' for number in self.numbers)}" if self.numbers else self.kind

    @property
    def done(self) -> str:
        """What was done to a picture, in words."""
        match self.kind:
            case "rotate":
                return f"rotated by {self.numbers[0]:g} degrees"
            case "shift":
                return f"shifted by {self.numbers[0]:g},{self.numbers[1]:g} pixels"
            case "scale":
                return f"scaled by {self.numbers[0]:g}"
        return "mirrored"

    def of_picture(self, pixels: npt.NDArray[np.uint8]) -> npt.NDArray[np.uint8]:
        """The picture H x W x C changed, of the same size and type."""
        if self.kind == "mirror":
            return np.ascontiguousarray(pixels[:, ::-1])
        import cv2

        height, width = pixels.shape[:2]
        flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
        matrix = self._source(height, width)
        changed = cv2.warpAffine(pixels, matrix, (width, height), flags=flags, borderMode=cv2.BORDER_REFLECT)
        return np.asarray(changed, np.uint8).reshape(pixels.shape)

    def of_maps(self, maps: Array, height: int, width: int, grid: Grid | None = None) -> tuple[Array, Mask]:
        """Feature maps N x C x h x w changed as a picture of `height` x `width` is, and the places h x w whose
        values come from within the map. Arrays of another number of axes, and 1 x 1 maps, stay as they are.

        `grid`: where in the picture the map's places lie; by default spread evenly over it.
        """
        if maps.ndim != 4 or maps.shape[2:] == (1, 1):
            return maps, np.ones(maps.shape[2:], bool)
        if self.kind == "mirror":
            return maps[..., ::-1], np.ones(maps.shape[2:], bool)
        rows, columns = maps.shape[2:]
        grid = grid or Grid(Axis.even(height, rows), Axis.even(width, columns))
        y, x = np.mgrid[0:rows, 0:columns].astype(np.float64)
        matrix = self._source(height, width)
        pixel_x, pixel_y = grid.across.offset + grid.across.stride * x, grid.down.offset + grid.down.stride * y
        from_x = matrix[0, 0] * pixel_x + matrix[0, 1] * pixel_y + matrix[0, 2]
        from_y = matrix[1, 0] * pixel_x + matrix[1, 1] * pixel_y + matrix[1, 2]
        from_x = (from_x - grid.across.offset) / grid.across.stride
        from_y = (from_y - grid.down.offset) / grid.down.stride
        inside = (from_x > -1e-6) & (from_x < columns - 1 + 1e-6) & (from_y > -1e-6) & (from_y < rows - 1 + 1e-6)
        return _sampled(maps, from_x, from_y), inside

    def _source(self, height: int, width: int) -> npt.NDArray[np.float64]:
        """Where in the picture each pixel's value comes from, 2 x 3: (x, y) = M (x', y', 1)."""
        turn: npt.NDArray[Any] = np.eye(2)
        offset = np.zeros(2)
        if self.kind == "rotate":
            angle = np.deg2rad(self.numbers[0])
            turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
        elif self.kind == "scale":
            turn = np.eye(2) / self.numbers[0]
        elif self.kind == "shift":
            offset = -np.array(self.numbers)
        centre = np.array([(width - 1) / 2, (height - 1) / 2])
        return np.column_stack([turn, centre - turn @ centre + offset])


def _sampled(maps: Array, x: npt.NDArray[np.float64], y: npt.NDArray[np.float64]) -> Array:
    """The maps N x C x h x w at places (x, y), linearly between four values; outside: the nearest within."""
    rows, columns = maps.shape[2:]
    x, y = np.clip(x, 0, columns - 1), np.clip(y, 0, rows - 1)
    left, above = np.floor(x).astype(int), np.floor(y).astype(int)
    right, below = np.minimum(left + 1, columns - 1), np.minimum(above + 1, rows - 1)
    across, down = (x - left).astype(np.float32), (y - above).astype(np.float32)
    upper = maps[:, :, above, left] * (1 - across) + maps[:, :, above, right] * across
    lower = maps[:, :, below, left] * (1 - across) + maps[:, :, below, right] * across
    return np.asarray(upper * (1 - down) + lower * down, np.float32)
