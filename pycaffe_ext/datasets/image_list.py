"""Batches of image files named in a list, as the ImageData layer gives them."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from itertools import chain, islice
from typing import Any

import numpy as np

from ..errors import DataError, FileError, OptionError
from ..proto.files import read_bytes
from .batches import Batch
from .images import Pixels, read_image, resize
from .random_numbers import shuffle, twister
from .sources.entries import Entry
from .sources.list_file import list_file
from .transform import Transformer


class ImageListBatches:
    """Reads the images of a list file in its order, round and round, or shuffled anew in every round.

    The order depends on the seed alone, and is Caffe's where that is the seed that Caffe drew.
    """

    def __init__(self, param: Any, transformer: Transformer, seed: int, skip: int = 0, workers: int = 4) -> None:
        """`param`: an ImageDataParameter. `seed`: for its `shuffle`. `skip`: entries left out in the first round.

        Raises OptionError, FileError, DataError (with the line in the list file).
        """
        if param.batch_size < 1:
            raise OptionError("batch_size is at least 1")
        if bool(param.new_height) != bool(param.new_width):
            raise OptionError("new_height and new_width go together; give both or none")
        self._param, self._transformer = param, transformer
        self._listing = list_file(param.source, param.root_folder)
        self.count = len(self._listing.entries)
        if skip >= self.count:
            raise DataError(f"{param.source}: cannot skip {skip} of {self.count} images; lower rand_skip")
        entries = self._round_and_round(seed, skip)
        first = next(entries)
        self._entries = chain([first], entries)
        self._pool = ThreadPoolExecutor(workers)
        self.shape = (int(param.batch_size), *self._read(first)[1])
        """Shape N x C x H x W of the first batch."""

    def _round_and_round(self, seed: int, skip: int) -> Iterator[Entry]:
        entries, numbers = list(self._listing.entries), twister(seed)
        while True:
            if self._param.shuffle:
                shuffle(entries, numbers)
            yield from entries[skip:]
            skip = 0

    @contextmanager
    def _naming(self, entry: Entry) -> Iterator[None]:
        """Puts list file and line before the message of an error."""
        try:
            yield
        except (DataError, FileError) as error:
            raise DataError(f"{self._listing.where(entry)}{error}") from error

    def _read(self, entry: Entry) -> tuple[Pixels, tuple[int, int, int]]:
        """The pixels C x H x W, and their shape once transformed."""
        path = self._param.root_folder + entry.name
        with self._naming(entry):
            image = read_image(path, read_bytes(path), gray=not self._param.is_color)
            if self._param.new_height:
                image = resize(image, (self._param.new_height, self._param.new_width))
            pixels = np.atleast_3d(image).transpose(2, 0, 1)
            return pixels, self._transformer.shape(pixels.shape)

    def load(self, used: Batch | None) -> Batch:
        """The next batch; written into `used` where it is given and of the right shape. Raises DataError.

        As in Caffe its first image decides its shape, so batches of one may vary.
        """
        entries = list(islice(self._entries, self._param.batch_size))
        draws = self._transformer.draws(len(entries))
        shape = (len(entries), *self._read(entries[0])[1])
        if used is None or used.data.shape != shape:
            used = Batch(np.empty(shape, np.float32), np.empty(len(entries), np.float32))
        batch = used

        def put(place: int) -> None:
            pixels, transformed = self._read(entries[place])
            if transformed != shape[1:]:
                ours, theirs = ("x".join(map(str, size)) for size in (transformed, shape[1:]))
                with self._naming(entries[place]):
                    raise DataError(
                        f"is {ours}, in a batch of {theirs}; give new_height and new_width, crop_size or batch_size: 1"
                    )
            self._transformer.into(batch.data[place], pixels, draws[place])
            batch.labels[place] = entries[place].label

        for _ in self._pool.map(put, range(len(entries))):
            pass
        return batch
