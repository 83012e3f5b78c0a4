"""The mean image of a database, with compute_image_mean's numbers."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from ..errors import DataError
from .databases import Database, Item
from .datum import Array, datum_array, parse_datum
from .parallel import in_order

Floats = npt.NDArray[np.float32]


class Mean(NamedTuple):
    """`image` C x H x W, and the mean of each channel (C); float32."""

    image: Floats
    channels: Floats


def mean_image(database: Database, *, workers: int = 2, done: Callable[[int], None] = lambda count: None) -> Mean:
    """The mean of all entries, summed in float32 in key order, so that every bit is compute_image_mean's.

    Encoded entries are decoded as they were stored. `done` is told how many entries are summed.
    Raises DataError where an entry is unusable, or of another shape than the first.
    """

    def read(item: Item) -> tuple[bytes, Array]:
        key, value = item
        with database.naming(key):
            return key, datum_array(parse_datum(value))

    total: Floats | None = None
    count = 0
    for key, pixels in in_order(read, database, workers):
        if total is None:
            total = np.zeros(pixels.shape, np.float32)
        if pixels.shape != total.shape:
            ours, first = ("x".join(map(str, shape)) for shape in (pixels.shape, total.shape))
            with database.naming(key):
                raise DataError(f"is {ours}, and the first is {first}; a mean image needs one size")
        total += pixels
        count += 1
        done(count)
    if total is None:
        raise DataError(f"{database.path}: the database is empty")
    image = total / np.float32(count)
    in_turn = np.add.accumulate(image.reshape(len(image), -1), axis=1, dtype=np.float32)[:, -1]
    return Mean(image, in_turn / np.float32(image[0].size))
