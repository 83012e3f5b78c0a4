"""Batches of images and their label maps."""

from __future__ import annotations

import os
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import islice
from typing import NamedTuple

import lmdb
import numpy as np

from ...errors import DataError, FileError
from ..array_types import Array, Floats
from ..datum_reading import datum_array, parse_datum
from ..lmdb_environment import environment
from ..random_numbers import shuffle, twister
from .geometry import Draws, View, centered_view, cut, drawn_view
from .settings import PairSettings


class PairBatch(NamedTuple):
    """`data` N x C x H x W, `labels` N x C' x h x w, float32."""

    data: Floats
    labels: Floats


class _Entry(NamedTuple):
    key: bytes
    image: memoryview
    labels: memoryview


class PairBatches:
    """Batch after batch of two LMDBs with the same keys, round and round, made when asked for.

    What a batch holds depends on the databases, the settings, the seed and the batches before it; not on threads,
    time, the machine or the version of a library.
    """

    def __init__(self, settings: PairSettings, *, training: bool, seed: int) -> None:
        """`training`: crops, mirrors, scales and turns at random, and shuffles if told; else crops are centred.

        Raises OptionError, FileError, and DataError where keys differ or the first pair is unusable.
        """
        self._settings, self._training = settings, training
        self._images, self._maps = (_Reader(path) for path in (settings.source, settings.label_source))
        self._keys = self._images.keys()
        _check_keys(settings, self._keys, self._maps.keys())
        self._random = np.random.RandomState([seed, 1])
        self._order = self._rounds(seed)
        self._pool = ThreadPoolExecutor(settings.threads or min(4, os.cpu_count() or 1))
        first = self._read(self._entry(self._keys[0]), Draws(0, 0, 0, 0, 0))
        self.shapes = tuple((settings.batch_size, *array.shape) for array in first)
        """Shapes of data and labels of the first batch, N x C x H x W."""

    def _rounds(self, seed: int) -> Iterator[bytes]:
        keys, numbers = list(self._keys), twister(seed)
        while True:
            if self._training and self._settings.shuffle:
                shuffle(keys, numbers)
            yield from keys

    def _entry(self, key: bytes) -> _Entry:
        return _Entry(key, self._images.get(key), self._maps.get(key))

    def load(self, used: PairBatch | None) -> PairBatch:
        """The next batch, written into `used` where that is given and fits. Raises DataError, FileError."""
        entries = [self._entry(key) for key in islice(self._order, self._settings.batch_size)]
        draws = [Draws(*row) for row in self._random.random_sample((len(entries), len(Draws._fields))).tolist()]
        pairs = self._pool.map(self._read, entries, draws)
        batch: PairBatch | None = None
        for place, pair in enumerate(pairs):
            if batch is None:
                batch = _fitting(used, len(entries), pair)
            for whole, part, what in ((batch.data, pair.data, "image"), (batch.labels, pair.labels, "label map")):
                if whole.shape[1:] != part.shape:
                    ours, theirs = ("x".join(map(str, shape)) for shape in (part.shape, whole.shape[1:]))
                    problem = f"{what} is {ours}, in a batch of {theirs}; give crop_size, or batch_size: 1"
                    raise self._images.named(entries[place].key, problem)
                whole[place] = part
        assert batch is not None  # batch_size is at least 1
        return batch

    def _read(self, entry: _Entry, draws: Draws) -> PairBatch:
        """One pair, transformed; C x H x W each."""
        image, labels = self._images.pixels(entry.key, entry.image), self._maps.pixels(entry.key, entry.labels)
        step = self._step(entry.key, image.shape, labels.shape)
        settings = self._settings
        mean = self._mean(entry.key, len(image))
        view = self._view(image.shape[1:], draws, step)
        planes, missing = cut(image, view, np.zeros(len(image), np.float32), smooth=True)
        data = np.subtract(planes, mean[:, None, None], dtype=np.float32)
        if missing is not None:  # outside of the image is the mean, which bytes cannot always hold
            data[:, missing] = 0
        if settings.scale != 1:
            data *= np.float32(settings.scale)
        ignore = np.full(len(labels), settings.ignore_label, np.float32)
        found, missing = cut(labels, view, ignore, smooth=False, step=step)
        if view.mirror and settings.mirror_labels:
            found = _swapped(found, settings.mirror_labels, missing)
        return PairBatch(data, found.astype(np.float32))

    def _view(self, image: tuple[int, int], draws: Draws, step: int) -> View:
        settings = self._settings
        crop = (settings.crop_size[0], settings.crop_size[1]) if settings.crop_size else image
        if not self._training:
            return centered_view(image, crop, step)
        return drawn_view(
            image,
            crop,
            draws,
            mirror=settings.mirror,
            scales=settings.random_scale,
            rotation=settings.random_rotation,
            step=step,
        )

    def _step(self, key: bytes, image: tuple[int, ...], labels: tuple[int, ...]) -> int:
        """How many pixels of the image a label stands for, in either direction. Raises DataError."""
        step = image[1] // labels[1]
        if step < 1 or (labels[1] * step, labels[2] * step) != image[1:]:
            ours, theirs = ("x".join(map(str, shape[1:])) for shape in (labels, image))
            raise self._maps.named(key, f"label map is {ours}, which is no whole part of its image's {theirs}")
        if any(size % step for size in self._settings.crop_size):
            raise self._maps.named(key, f"a label stands for {step} pixels, so crop_size must divide by {step}")
        return step

    def _mean(self, key: bytes, channels: int) -> Floats:
        values = self._settings.mean_value or (0.0,)
        if len(values) not in (1, channels):
            raise self._images.named(key, f"has {channels} channels; {len(values)} mean_values are given")
        return np.array(values * (channels // len(values)), np.float32)


def open_pairs(param_str: str, training: bool, seed: int) -> PairBatches:
    """The batches of a PairedData layer. Raises what PairSettings.parse and PairBatches do."""
    return PairBatches(PairSettings.parse(param_str), training=training, seed=seed)


class _Reader:
    """One of the two LMDBs."""

    def __init__(self, path: str) -> None:
        self.path = path
        self._transaction = environment(path).begin(buffers=True)

    def keys(self) -> list[bytes]:
        try:
            keys = [bytes(key) for key in self._transaction.cursor().iternext(keys=True, values=False)]
        except lmdb.Error as error:
            raise FileError(self.path, f"is damaged: {error}") from error
        if not keys:
            raise DataError(f"{self.path}: the database is empty")
        return keys

    def get(self, key: bytes) -> memoryview:
        try:
            value: memoryview | None = self._transaction.get(key)
        except lmdb.Error as error:
            raise FileError(self.path, f"is damaged: {error}") from error
        if value is None:
            raise self.named(key, "is gone")
        return value

    def pixels(self, key: bytes, value: memoryview) -> Array:
        try:
            return datum_array(parse_datum(value))
        except DataError as error:
            raise self.named(key, str(error)) from error

    def named(self, key: bytes, problem: str) -> DataError:
        return DataError(f"{self.path}: entry '{key.decode(errors='backslashreplace')}': {problem}")


def _check_keys(settings: PairSettings, images: list[bytes], maps: list[bytes]) -> None:
    if images == maps:
        return
    key = min(set(images) ^ set(maps))
    there, missing = settings.source, settings.label_source
    if key in set(maps):
        there, missing = missing, there
    name = key.decode(errors="backslashreplace")
    raise DataError(f"{missing}: entry '{name}' is missing; {there} has it (lmdb_info.py --verify lists all)")


def _fitting(used: PairBatch | None, count: int, pair: PairBatch) -> PairBatch:
    shapes = [(count, *part.shape) for part in pair]
    if used is not None and [array.shape for array in used] == shapes:
        return used
    return PairBatch(*(np.empty(shape, np.float32) for shape in shapes))


def _swapped(labels: Array, pairs: tuple[tuple[int, int], ...], missing: Array | None) -> Array:
    """The labels with those of each pair in each other's place, but for pixels outside of the image."""
    made: Array = labels.copy()
    for one, other in pairs:
        made[labels == one] = other
        made[labels == other] = one
    if missing is not None:
        made[:, missing] = labels[:, missing]
    return made
