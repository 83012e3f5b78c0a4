"""Batches of a database, as the Data layer gives them."""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import islice
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from ..errors import DataError, OptionError
from .databases import Database, Item
from .datum_reading import DatumParser, datum_array
from .transform import Draw, Shape, Transformer

Floats = npt.NDArray[np.float32]


class Batch(NamedTuple):
    """`data` N x C x H x W and `labels` N, float32."""

    data: Floats
    labels: Floats


class _Image(NamedTuple):
    key: bytes
    pixels: npt.NDArray[Any]
    label: int
    shape: Shape  # once transformed


class DatabaseBatches:
    """Batch after batch of a database, in key order and round and round, made when asked for."""

    def __init__(self, source: Database, batch_size: int, transformer: Transformer, workers: int | None = None) -> None:
        """See BatchReader. Raises OptionError, and DataError when the first entry is unusable."""
        if batch_size < 1:
            raise OptionError(f"batch_size is at least 1, not {batch_size}")
        workers = workers or min(4, os.cpu_count() or 1)
        self.source = source
        self._items = source.cycle()
        self._batch_size = batch_size
        self.transformer = transformer
        self.workers = workers
        self._skipped, self._apart = 0, 1
        self._pool = ThreadPoolExecutor(workers)
        self._parse = DatumParser()
        self.shape = (batch_size, *self._read(next(iter(source))).shape)
        """Shape N x C x H x W of the first batch."""

    def _read(self, item: Item) -> _Image:
        key, value = item
        transformer = self.transformer
        try:
            datum = self._parse(value)
            pixels = datum_array(datum, force_color=transformer.force_color, force_gray=transformer.force_gray)
            return _Image(key, pixels, datum.label, transformer.shape(pixels.shape))
        except DataError as error:
            with self.source.naming(key):
                raise error

    def take_part(self, part: int, parts: int, workers: int) -> None:
        """Makes only batches number `part`, `part + parts` and so on; others are made elsewhere. Before the first."""
        self._skipped, self._apart, self.workers = part, parts, workers

    def load(self, used: Batch | None) -> Batch:
        for _ in range(self._skipped):
            deque(islice(self._items, self._batch_size), maxlen=0)
            self.transformer.draws(self._batch_size)
        self._skipped = self._apart - 1
        items = list(islice(self._items, self._batch_size))
        draws = self.transformer.draws(self._batch_size)
        # As in Caffe the first entry decides the batch's shape, so batches of one may vary.
        first = self._read(items[0])
        batch = used if used and used.data.shape[1:] == first.shape else self._new_batch(first.shape)
        self._put(batch, 0, first, draws[0])
        places = iter(range(1, len(items)))  # of which each worker takes the next one
        waiting = [self._pool.submit(self._fill, batch, places, items, draws) for _ in range(self.workers - 1)]
        self._fill(batch, places, items, draws)
        for done in waiting:
            done.result()
        return batch

    def _new_batch(self, shape: Shape) -> Batch:
        return Batch(np.empty((self._batch_size, *shape), np.float32), np.empty(self._batch_size, np.float32))

    def _fill(self, batch: Batch, places: Iterator[int], items: list[Item], draws: Draw) -> None:
        for place in places:
            self._put(batch, place, self._read(items[place]), draws[place])

    def _put(self, batch: Batch, place: int, image: _Image, draw: Draw) -> None:
        if image.shape != batch.data.shape[1:]:
            ours, theirs = ("x".join(map(str, shape)) for shape in (image.shape, batch.data.shape[1:]))
            with self.source.naming(image.key):
                raise DataError(f"is {ours}, in a batch of {theirs}; different sizes need crop_size or batch_size: 1")
        self.transformer.into(batch.data[place], image.pixels, draw)
        batch.labels[place] = image.label
