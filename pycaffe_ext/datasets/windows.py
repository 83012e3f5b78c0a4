"""Window files, and where the pixels of a window come to lie: what the WindowData layer reads.

A window file says for each image, numbered from 0, with any white space between (as R-CNN writes them):

    # 0
    path.jpg
    3                       channels, height and width, which are not used: the image file says them
    480
    640
    2                       number of windows, then for each: label overlap x1 y1 x2 y2
    1 0.83 10 20 109 199    (pixels from 0, x2 and y2 included)
    0 0.12 0 0 49 79
"""

from __future__ import annotations

import math
import os
from array import array
from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from ..errors import DataError
from ..proto.files import read_bytes

Box = tuple[int, int, int, int]  # x1, y1, x2, y2


class Window(NamedTuple):
    image: int  # its number in the file
    label: int
    box: Box
    line: int


class Windows:
    """A sequence of windows; 28 bytes each, because R-CNN's files hold millions."""

    def __init__(self) -> None:
        self._numbers = array("i")

    def add(self, window: Window) -> None:
        image, label, box, line = window
        self._numbers.extend((image, label, *box, line))

    def __len__(self) -> int:
        return len(self._numbers) // 7

    def __getitem__(self, index: int) -> Window:
        image, label, x1, y1, x2, y2, line = self._numbers[7 * index : 7 * index + 7]
        return Window(image, label, (x1, y1, x2, y2), line)


class WindowFile:
    """`images`: the paths in the file. `foreground`: the windows that overlap an object by `fg_threshold` or more.
    `background`: those that overlap by less than `bg_threshold`; their label is 0."""

    def __init__(self, path: str, fg_threshold: float, bg_threshold: float) -> None:
        """Raises FileError, DataError with the line."""
        self.images: list[str] = []
        self.foreground, self.background = Windows(), Windows()
        tokens = _Tokens(path)
        while tokens.more():
            mark, image = tokens.take("#"), tokens.integer("number of the image")
            if mark != b"#" or image != len(self.images):
                raise tokens.error(f"here '# {len(self.images)}' should begin an image")
            self.images.append(os.fsdecode(tokens.take("path of the image")))
            for what in ("channels", "height", "width"):
                tokens.integer(what)
            for _ in range(tokens.integer("number of windows")):
                label, overlap = tokens.integer("label"), tokens.number("overlap")
                x1, y1, x2, y2 = (tokens.integer(what) for what in ("x1", "y1", "x2", "y2"))
                window = Window(image, label, (x1, y1, x2, y2), tokens.line)
                if overlap >= fg_threshold:
                    if label <= 0:
                        raise tokens.error(f"the label of a foreground window is above 0, not {label}")
                    self.foreground.add(window)
                elif overlap < bg_threshold:
                    self.background.add(window._replace(label=0))
        if not self.images:
            raise DataError(f"{path}: the window file is empty")


class _Tokens:
    """The words of a file; `line` is that of the last one taken."""

    def __init__(self, path: str) -> None:
        self._path, self.line = path, 0
        self._words = self._split(read_bytes(path))
        self._next = next(self._words, None)

    def _split(self, content: bytes) -> Iterator[tuple[bytes, int]]:
        for number, line in enumerate(content.split(b"\n"), 1):
            for word in line.split():
                yield word, number

    def more(self) -> bool:
        return self._next is not None

    def take(self, what: str) -> bytes:
        if self._next is None:
            raise DataError(f"{self._path}: ends where the {what} is due")
        word, self.line = self._next
        self._next = next(self._words, None)
        return word

    def integer(self, what: str) -> int:
        word = self.take(what)
        try:
            number = int(word)
        except ValueError:
            number = 1 << 31
        if number.bit_length() > 31:
            raise self.error(f"the {what} is '{os.fsdecode(word)}', which is no whole number of 32 bits")
        return number

    def number(self, what: str) -> float:
        word = self.take(what)
        try:
            return float(np.float32(word))
        except ValueError:
            raise self.error(f"the {what} is '{os.fsdecode(word)}', which is no number") from None

    def error(self, problem: str) -> DataError:
        return DataError(f"{self._path}:{self.line}: {problem}")


class Placement(NamedTuple):
    """Pixels `box` of the image, resized to `height` x `width`, are put at row `top`, column `left` of the crop."""

    box: Box
    height: int
    width: int
    top: int = 0
    left: int = 0


def place(box: Box, image: tuple[int, int], crop: int, *, context: int, square: bool, mirror: bool) -> Placement:
    """Where a window of an image of this height and width comes to lie in its crop, crop x crop.

    The window, or with `square` the square around it, is enlarged so that once resized to the crop it has `context`
    pixels around it. What then lies outside of the image is nothing in the crop; `mirror` swaps its sides. Reckoned
    in float32, as Caffe does. Raises DataError where the window is not in the image.
    """
    (x1, y1, x2, y2), (rows, columns) = box, image
    height = width = crop
    top = left = 0
    if x1 <= x2 and y1 <= y2 and (context or square):
        enlargement = np.float32(crop) / np.float32(crop - 2 * context)
        half_width, half_height = (np.float32(high - low + 1) / np.float32(2) for low, high in ((x1, x2), (y1, y2)))
        center_x, center_y = np.float32(x1) + half_width, np.float32(y1) + half_height
        if square:
            half_width = half_height = max(half_width, half_height)
        x1, x2, width, *sides = _clipped(center_x, half_width * enlargement, columns, crop)
        y1, y2, height, top, _ = _clipped(center_y, half_height * enlargement, rows, crop)
        left = sides[mirror]
        height, width = min(height, crop - top), min(width, crop - left)  # rounding may have made them too large
    if not (0 <= x1 <= x2 < columns and 0 <= y1 <= y2 < rows and min(height, width) > 0):
        raise DataError(f"window {' '.join(map(str, box))} is not in the image, which is {columns} wide, {rows} high")
    return Placement((x1, y1, x2, y2), height, width, top, left)


def _clipped(center: np.float32, half: np.float32, length: int, crop: int) -> tuple[int, int, int, int, int]:
    """First and last pixel of what is in the image; and in the crop, the pixels between, before and after them."""
    low, high = _rounded(center - half), _rounded(center + half)
    before, after = max(0, -low), max(0, high - length + 1)
    scale = np.float32(crop) / np.float32(high - low + 1)
    low, high = low + before, high - after
    between, before, after = (_rounded(np.float32(pixels) * scale) for pixels in (high - low + 1, before, after))
    return low, high, between, before, after


def _rounded(number: np.float32) -> int:
    """The nearest whole number; halves away from zero, as C's round."""
    return int(math.copysign(math.floor(abs(float(number)) + 0.5), number))
