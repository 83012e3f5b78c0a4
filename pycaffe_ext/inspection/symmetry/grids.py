"""Where in the picture the places of a net's maps lie."""

from __future__ import annotations

from math import isfinite

from google.protobuf import text_format

from ...surgery.receptive_field import Field, Fields
from ...text import Document
from ..subject import Subject
from .transforms import Axis, Grid


def grids(subject: Subject) -> dict[str, Grid]:
    """By blob, from the receptive fields that `surgery.py` computes; without those that see everything or are not
    known.
    """
    document = Document(text_format.MessageToString(subject.net.param), subject.file)
    found = {}
    for row in Fields(document, subject.input).rows():
        down, across = _axis(row.height), _axis(row.width)
        if down and across:
            found[row.blob] = Grid(down, across)
    return found


def _axis(field: Field | None) -> Axis | None:
    if field is None or not field.stride or not isfinite(field.offset):
        return None
    return Axis(field.stride, field.offset)
