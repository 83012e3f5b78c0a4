"""Pictures as files."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt

Drawn = dict[str, bytes]  # what a data set draws: the content of each file, by relative path
_JPEG_QUALITY = 92
_GAP = 3  # white pixels between the pictures of a sheet


def jpeg(image: npt.NDArray[np.uint8]) -> bytes:
    """A photograph (H x W x 3, BGR) as a camera stores it."""
    return cv2.imencode(".jpg", image, [cv2.IMWRITE_JPEG_QUALITY, _JPEG_QUALITY])[1].tobytes()


def png(image: npt.NDArray[np.uint8]) -> bytes:
    """An image of exact values, such as a label map (H x W)."""
    return cv2.imencode(".png", image)[1].tobytes()


def sheet(paths: Sequence[Path], *, rows: int, columns: int) -> bytes:
    """A JPEG of rows x columns pictures of one size, taken evenly from `paths`."""
    chosen = [paths[i * len(paths) // (rows * columns)] for i in range(rows * columns)]
    framed = [
        cv2.copyMakeBorder(cv2.imread(str(path)), 0, _GAP, 0, _GAP, cv2.BORDER_CONSTANT, value=(255, 255, 255))
        for path in chosen
    ]
    lines = [np.hstack(framed[row * columns : (row + 1) * columns]) for row in range(rows)]
    return cv2.imencode(".jpg", np.vstack(lines), [cv2.IMWRITE_JPEG_QUALITY, _JPEG_QUALITY])[1].tobytes()
