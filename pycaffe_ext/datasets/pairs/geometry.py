"""Where the pixels of a crop come from, for an image and for its label map alike.

Coordinates are continuous: pixel (y, x) covers y to y + 1 and x to x + 1, its centre is at the halves. A point of
the crop is mirrored, shifted into the scaled image, turned about the crop's centre, and divided by the scale. A label
map that is 1/k of its image's size takes the same way in coordinates of the image, from the centres of its own pixels.
"""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import cv2
import numpy as np

from ..array_types import Array

Size = tuple[int, int]  # height, width

_FRACTION = 5  # bits of the position between two pixels, in cv2.remap's whole-number maps
_EXACT = 1 << 40  # sine and cosine are rounded to this, so that two machines' last bits do not matter


class Draws(NamedTuple):
    """Random numbers for one pair, each from 0 (included) to 1 (excluded)."""

    mirror: float
    top: float
    left: float
    scale: float
    angle: float


class View(NamedTuple):
    """A window `height` x `width` at row `top`, column `left` of the scaled image, turned about its centre."""

    height: int
    width: int
    top: int
    left: int
    mirror: bool = False
    scale: float = 1.0
    angle: float = 0.0  # in degrees

    @property
    def is_plain(self) -> bool:
        """Whether every pixel of the window is a pixel of the image."""
        return self.scale == 1 and self.angle == 0


def drawn_view(
    image: Size,
    crop: Size,
    draws: Draws,
    *,
    mirror: bool,
    scales: tuple[float, ...],
    rotation: float,
    step: int = 1,
) -> View:
    """A random view of an image of this size: places are multiples of `step`, which keeps label maps of 1/step aligned.

    A crop that is larger than the scaled image is put at random where the image lies within it.
    """
    scale = scales[0] + draws.scale * (scales[1] - scales[0])
    angle = (2 * draws.angle - 1) * rotation
    top, left = (
        _place(number, int(length * scale) - window, step)
        for number, length, window in ((draws.top, image[0], crop[0]), (draws.left, image[1], crop[1]))
    )
    return View(crop[0], crop[1], top, left, mirror and draws.mirror < 0.5, scale, angle)


def centered_view(image: Size, crop: Size, step: int = 1) -> View:
    """The view in the middle, as in phase TEST."""
    top, left = ((length - window) // 2 // step * step for length, window in ((image[0], crop[0]), (image[1], crop[1])))
    return View(crop[0], crop[1], top, left)


def _place(number: float, room: int, step: int) -> int:
    place = int(number * (abs(room) // step + 1)) * step
    return place if room >= 0 else -place


def cut(planes: Array, view: View, outside: Array, *, smooth: bool, step: int = 1) -> tuple[Array, Array | None]:
    """The view of planes C x H x W, which are 1/step of the image's size: C x height/step x width/step.

    `smooth`: bilinear, else each pixel is the nearest one. Pixels whose nearest one is not in the image become
    `outside` (C values). Returns the pixels, and which of them are outside (h x w bool; None: none of them).
    """
    if view.is_plain and view.top % step == 0 and view.left % step == 0:
        return _window(planes, view, outside, step)
    rows, columns = planes.shape[1:]
    x, y = _sources(view, step)
    missing = (x < 0) | (y < 0) | (x >= columns) | (y >= rows)
    made = np.empty((len(planes), *x.shape), planes.dtype)
    # Whole-number maps, unlike floating ones, give the same pixels in all versions of OpenCV.
    first, second, flags = _smooth_maps(x, y, (rows, columns)) if smooth else _nearest_maps(x, y, (rows, columns))
    for place, plane in enumerate(planes):
        made[place] = cv2.remap(np.ascontiguousarray(plane), first, second, flags, borderMode=cv2.BORDER_REPLICATE)
    if not missing.any():
        return made, None
    for plane, value in zip(made, outside):  # noqa: B905  (Python 3.9)
        plane[missing] = value
    return made, missing


def _window(planes: Array, view: View, outside: Array, step: int) -> tuple[Array, Array | None]:
    height, width, top, left = (number // step for number in view[:4])
    rows, columns = planes.shape[1:]
    first_row, first_column = max(0, top), max(0, left)
    last_row, last_column = max(first_row, min(rows, top + height)), max(first_column, min(columns, left + width))
    found = planes[:, first_row:last_row, first_column:last_column]
    missing = None
    if found.shape[1:] != (height, width):
        inside = np.s_[first_row - top : last_row - top, first_column - left : last_column - left]
        whole = np.empty((len(planes), height, width), planes.dtype)
        whole[...] = outside.astype(planes.dtype)[:, None, None]
        whole[:, inside[0], inside[1]] = found
        missing = np.ones((height, width), bool)
        missing[inside] = False
        found = whole
    if view.mirror:
        found = found[..., ::-1]
        missing = None if missing is None else missing[:, ::-1]
    return found, missing


def _sources(view: View, step: int) -> tuple[Array, Array]:
    """For each pixel of the view of planes of 1/step, x and y of its source in them."""
    angle = math.radians(view.angle)
    cosine, sine = (round(function(angle) * _EXACT) / _EXACT for function in (math.cos, math.sin))
    x = (np.arange(view.width // step) + 0.5) * step - view.width / 2
    y = (np.arange(view.height // step) + 0.5) * step - view.height / 2
    if view.mirror:
        x = -x
    center_x, center_y = view.left + view.width / 2, view.top + view.height / 2
    divisor = view.scale * step
    return (
        (cosine * x / divisor)[None, :] + ((center_x - sine * y) / divisor)[:, None],
        (sine * x / divisor)[None, :] + ((center_y + cosine * y) / divisor)[:, None],
    )


def _nearest_maps(x: Array, y: Array, size: Size) -> tuple[Any, ...]:
    rows, columns = size
    found = np.empty((*x.shape, 2), np.int16)
    found[..., 0] = np.clip(np.floor(x), 0, columns - 1)
    found[..., 1] = np.clip(np.floor(y), 0, rows - 1)
    return found, None, cv2.INTER_NEAREST


def _smooth_maps(x: Array, y: Array, size: Size) -> tuple[Any, ...]:
    """cv2.remap's maps: the upper left one of four pixels, and how far from it in 32nds, packed."""
    found, between = np.empty((*x.shape, 2), np.int16), np.empty(x.shape, np.uint16)
    steps = 1 << _FRACTION
    fixed_x, fixed_y = (
        np.floor((np.clip(place, 0, length) - 0.5) * steps + 0.5).astype(np.int32)
        for place, length in ((x, size[1]), (y, size[0]))
    )
    found[..., 0], found[..., 1] = fixed_x >> _FRACTION, fixed_y >> _FRACTION
    between[...] = (fixed_y & (steps - 1)) * steps + (fixed_x & (steps - 1))
    return found, between, cv2.INTER_LINEAR
