"""The part of the input that a place of a blob sees, cut out of pictures."""

from __future__ import annotations

from math import ceil, floor, isinf
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
from google.protobuf import text_format

from ..surgery.receptive_field import Field, Fields
from ..text import Document
from .subject import Subject


class Box(NamedTuple):
    """Pixels from (top, left) to before (bottom, right); may reach beyond the picture."""

    top: int
    left: int
    bottom: int
    right: int


class Patches:
    """What the places of one blob see of a net's input, by the receptive fields that `surgery.py` computes."""

    def __init__(self, subject: Subject, blob: str) -> None:
        """Raises UnknownNameError."""
        subject.check_blob(blob)
        document = Document(text_format.MessageToString(subject.net.param), subject.file)
        rows = [row for row in Fields(document, subject.input).rows() if row.blob == blob]
        self._fields = (rows[-1].height, rows[-1].width) if rows else (None, None)
        self._size = subject.size

    def box(self, place: tuple[int, ...]) -> Box:
        """`place`: (row, column). The whole input where a place sees all of it, or where that is not known."""
        places = place if len(place) == 2 else (0, 0)
        (top, bottom), (left, right) = (
            _extent(field, index, size) for field, index, size in zip(self._fields, places, self._size, strict=True)
        )
        return Box(top, left, bottom, right)


def _extent(field: Field | None, place: int, size: int) -> tuple[int, int]:
    if field is None or isinf(field.size) or field.size >= size:
        return 0, size
    middle, reach = field.offset + place * field.stride, (field.size - 1) / 2
    return floor(middle - reach), ceil(middle + reach) + 1


def cut(pixels: npt.NDArray[Any], box: Box, fill: float) -> npt.NDArray[Any]:
    """The box of a picture H x W x 3, `fill` where it reaches beyond."""
    found = np.full((box.bottom - box.top, box.right - box.left, pixels.shape[2]), fill, pixels.dtype)
    top, left = max(box.top, 0), max(box.left, 0)
    part = pixels[top : max(box.bottom, 0), left : max(box.right, 0)]
    found[top - box.top :, left - box.left :][: part.shape[0], : part.shape[1]] = part
    return found
