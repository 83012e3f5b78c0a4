"""Units by their numbers, as `--unit` names them, and where each is strongest."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from ...errors import OptionError
from ..backprojection import Array


class Peak(NamedTuple):
    """The largest number of a unit's map, and its place there: (row, column), or () where a unit is one number."""

    value: float
    place: tuple[int, ...]


def parse_units(text: str, count: int, blob: str) -> list[int]:
    """ "0-5,13" as numbers, each once. Ranges end where the blob's `count` units do. Raises OptionError."""
    found: list[int] = []
    for part in text.split(","):
        first, dash, last = part.strip().partition("-")
        if not first.isdigit() or (dash and not last.isdigit()):
            raise OptionError(f"--unit is numbers and ranges such as 0-5,13, not '{text}'")
        if int(first) >= count or (dash and int(last) < int(first)):
            raise OptionError(f"--unit {part.strip()}: blob '{blob}' has the units 0 to {count - 1}")
        found += range(int(first), min(int(last), count - 1) + 1 if dash else int(first) + 1)
    return list(dict.fromkeys(found))


def peak(activations: Array, unit: int) -> Peak:
    """Of one item's activations: units first, then places."""
    values = activations[unit]
    place = np.unravel_index(int(values.argmax()), values.shape)
    return Peak(float(values[place]), tuple(int(index) for index in place))


def peaks_only(activations: Array, units: npt.ArrayLike) -> Array:
    """N x C x ...: zeros, but each item's unit at its strongest place, which stays as it is.

    `units`: one per item. What Zeiler and Fergus send back: "set all other activations to zero".
    """
    kept = np.zeros_like(activations)
    for item, unit in enumerate(np.asarray(units, int)):
        place = (item, int(unit), *peak(activations[item], int(unit)).place)
        kept[place] = activations[place]
    return kept
