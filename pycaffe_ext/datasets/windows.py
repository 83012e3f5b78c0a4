"""Window files, and where the pixels of a window come to lie: what the WindowData layer reads.

A window file says for each image, numbered from 0 (as R-CNN writes them):

    # 0
    path.jpg
    3               channels (not used: images are read as colour)
    480             height (not used: the image says it)
    640             width (not used)
    2               number of windows, then one per line: label overlap x1 y1 x2 y2 (pixels, last ones included)
    1 0.83 10 20 109 199
    0 0.12 0 0 49 79
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from ..errors import DataError
from ..proto.files import read_bytes

Box = tuple[int, int, int, int]  # x1, y1, x2, y2


class Window(NamedTuple):
    image: int  # its number in the file
    label: int
    box: Box
    line: int


class WindowFile:
    """Images and their windows: foreground ones overlap an object by `fg_threshold` or more, background ones by
    less than `bg_threshold` (their label is 0). What lies between is left out."""

    def __init__(self, path: str, fg_threshold: float, bg_threshold: float) -> None:
        """Raises FileError, DataError with the line."""
        self.path = path
        self.images: list[str] = []
        rows: tuple[list[Window], list[Window]] = [], []
        tokens = _Tokens(path)
        while (mark := tokens.next()) is not None:
            image = tokens.integer("the number of the image")
            if mark != b"#" or image != len(self.images):
                raise tokens.error(f"'# {len(self.images)}' should begin the next image")
            self.images.append(os.fsdecode(tokens.needed("the image's path")))
