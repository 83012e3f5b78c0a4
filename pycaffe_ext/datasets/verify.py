"""Whether every entry of a database can be used, and whether images and label maps belong together."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from ..errors import DataError
from .databases import Database, Item
from .datum import Array, datum_array, is_numbers, parse_datum
from .images import is_cut_jpeg
from .parallel import in_order
from .side_by_side import Pair, missing_entry, side_by_side


@dataclass(frozen=True)
class LabelRange:
    """The labels that there may be: 0 to `num_classes` - 1 (None: any) and `ignore`."""

    num_classes: int | None = None
    ignore: int | None = None

    def check(self, labels: npt.NDArray[Any]) -> None:
        """Raises DataError with the first label (of a label map: and its pixel) that is not allowed."""
        if self.num_classes is None:
            return
        bad = (labels < 0) | (labels >= self.num_classes)
        if self.ignore is not None:
            bad &= labels != self.ignore
        if bad.any():
            place = np.unravel_index(int(bad.argmax()), bad.shape)
            pixel = f"pixel ({place[-1]}, {place[-2]}) has " if labels.ndim > 1 else "has "
            more = f" or {self.ignore}" if self.ignore is not None else ""
            raise DataError(f"{pixel}label {labels[place]}; allowed are 0 to {self.num_classes - 1}{more}")


class Checked(NamedTuple):
    """What came of one key: its faults, and the size of its label map against that of its image, or how many numbers
    it has instead of one."""

    key: bytes
    faults: list[str]
    ratio: tuple[Fraction, Fraction] | int | None = None


def verify(database: Database, allowed: LabelRange, *, maps: bool = False, workers: int = 2) -> Iterator[Checked]:
    """Decodes every entry and checks its label, or the labels of its pixels where these are label `maps`."""

    def check(item: Item) -> Checked:
        faults: list[str] = []
        _read(database, *item, allowed, maps, faults)
        return Checked(item[0], faults)

    return in_order(check, database, workers)


def verify_pairs(images: Database, maps: Database, allowed: LabelRange, *, workers: int = 2) -> Iterator[Checked]:
    """The same for images and their label maps, whose keys must be equal, and their sizes in one ratio.

    In the place of a label map there may be numbers, K x 1 x 1 floats, of which all entries have as many.
    """

    def check(pair: Pair) -> Checked:
        key, image, labels = pair
        if image is None or labels is None:
            return Checked(key, [str(missing_entry(images, maps, pair))])
        faults: list[str] = []
        # Any number may stand in an image's own label: its label map says what is in it.
        pixels = _read(images, key, image, LabelRange(), False, faults)
        beside = _read(maps, key, labels, allowed, True, faults)
        if pixels is None or beside is None:
            return Checked(key, faults)
        if is_numbers(beside):
            return Checked(key, faults, len(beside))
        high, wide = (Fraction(beside.shape[axis], pixels.shape[axis]) for axis in (1, 2))
        return Checked(key, faults, (high, wide))

    first: Checked | None = None
    for found in in_order(check, side_by_side(images, maps), workers):
        if found.ratio is not None:
            first = first or found
            if found.ratio != first.ratio:
                problem = f"{_ratio(found)}; '{_text(first.key)}' {_ratio(first)}"
                found.faults.append(f"{maps.path}: entry '{_text(found.key)}': {problem}")
        yield found


def _read(
    database: Database, key: bytes, value: bytes | memoryview, allowed: LabelRange, is_map: bool, faults: list[str]
) -> Array | None:
    """The entry's pixels; None, and a fault, where it cannot be used."""
    try:
        with database.naming(key):
            datum = parse_datum(value)
            if datum.encoded and is_cut_jpeg(bytes(datum.data)):
                raise DataError("is cut short: a JPEG without its end")
            pixels = datum_array(datum)
            numbers = is_map and is_numbers(pixels)
            if is_map and not numbers and pixels.shape[0] != 1:
                raise DataError(f"has {pixels.shape[0]} channels; a label map has 1")
            if pixels.dtype == np.float32 and not np.isfinite(pixels).all():
                raise DataError("holds numbers that are infinite or not numbers")
            if not numbers:
                allowed.check(pixels if is_map else np.array([datum.label]))
    except DataError as error:
        faults.append(str(error))
        return None
    return pixels


def _text(key: bytes) -> str:
    return key.decode(errors="backslashreplace")


def _ratio(found: Checked) -> str:
    if isinstance(found.ratio, int):
        return f"has {found.ratio} numbers"
    return f"has a label map that is {' x '.join(map(str, found.ratio or ()))} of its image's size"
