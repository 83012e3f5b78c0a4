"""Pictures to show a net: files, folders, lists or databases, read when they are needed."""

from __future__ import annotations

import argparse
import os
from abc import abstractmethod
from collections.abc import Sequence
from itertools import islice
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

import numpy as np
import numpy.typing as npt

from ..errors import DataError
from .counts import at_least_one

Pixels = npt.NDArray[np.uint8]
Item = TypeVar("Item")


class Photograph(NamedTuple):
    """A picture H x W x 3 (BGR), with its name and its label where that is known."""

    name: str
    pixels: Pixels
    label: int | None = None


class Photographs(Sequence[Photograph]):
    """A source's pictures, in its order; each is read when it is asked for, and none is kept."""

    def __init__(self, path: str, *, limit: int | None = None) -> None:
        """`path`: an image, a folder of images or of a folder per class, a list file, an LMDB of Datums, or any other
        source that make_lmdb.py knows. `limit`: of so many pictures, taken at equal distances.

        Raises FileError, DataError.
        """
        self.classes: list[str] = []
        self._all = _open(path, self.classes)
        total = len(self._all)
        self._places = at_equal_distances(range(total), total if limit is None else limit)

    def __len__(self) -> int:
        return len(self._places)

    def __getitem__(self, index: int) -> Photograph:  # type: ignore[override]  # slices are not needed
        return self._all[self._places[index]]

    @property
    def is_read_forward(self) -> bool:
        """Whether going back is slow: a database is then read again from its first entry."""
        return isinstance(self._all, _Database)

    def names(self) -> list[str]:
        """The names of all of them; no picture is decoded for that."""
        names = self._all.names()
        return [names[place] for place in self._places]


def at_equal_distances(items: Sequence[Item], count: int) -> list[Item]:
    """So many of them (all where there are fewer), in order."""
    count = min(count, len(items))
    return [items[place * len(items) // count] for place in range(count)]


def add_photographs(parser: argparse.ArgumentParser, *, required: bool = True) -> None:
    """The options that say which pictures to take."""
    group = parser.add_argument_group("pictures")
    group.add_argument(
        "--images",
        metavar="PATH",
        required=required,
        help="an image, a folder (of images, or of a folder per class), a list file, an LMDB",
    )
    group.add_argument("--limit", metavar="N", type=int, help="take N of them, at equal distances (default: all)")


def open_photographs(options: argparse.Namespace) -> Photographs:
    """The pictures that `add_photographs`' options ask for. Raises FileError, DataError, OptionError."""
    at_least_one(options, "limit")
    return Photographs(options.images, limit=options.limit)


class _Named(Sequence[Photograph]):
    @abstractmethod
    def names(self) -> list[str]:
        """As the Photographs' names."""


class _Source(_Named):
    def __init__(self, path: str, classes: list[str]) -> None:
        from ..datasets.sources import open_source

        if os.path.isdir(path) and not any(one.is_dir() for one in Path(path).iterdir() if one.name[0] != "."):
            self._listing, self._labels = open_source(path, kind="folder", classes=False), False
        else:
            self._listing, self._labels = open_source(path), True
        classes.extend(self._listing.classes)

    def __len__(self) -> int:
        return len(self._listing.entries)

    def names(self) -> list[str]:
        return [entry.name or self._listing.path(entry) for entry in self._listing.entries]

    def __getitem__(self, index: int) -> Photograph:  # type: ignore[override]
        from ..datasets.images import read_image

        entry = self._listing.entries[index]
        path, content = self._listing.path(entry), self._listing.content(entry)
        if isinstance(content, bytes):
            pixels = read_image(path, content)
        else:
            try:
                pixels = _as_colours(content)
            except DataError as error:
                raise DataError(f"{path}: {error}") from error
            pixels = pixels[..., ::-1] if self._listing.is_rgb else pixels
        return Photograph(entry.name or path, np.ascontiguousarray(pixels), entry.label if self._labels else None)


class _File(_Named):
    def __init__(self, path: str) -> None:
        self._path = path

    def __len__(self) -> int:
        return 1

    def names(self) -> list[str]:
        return [os.path.basename(self._path)]

    def __getitem__(self, index: int) -> Photograph:  # type: ignore[override]
        from ..datasets.images import read_file, read_image

        if index:
            raise IndexError(index)
        return Photograph(os.path.basename(self._path), read_image(self._path, read_file(self._path)))


class _Database(_Named):
    """Entries in key order. Going back begins again from the first: databases are read forward."""

    def __init__(self, path: str) -> None:
        from ..datasets.backends import open_any

        self._database = open_any(path)
        self._entries, self._next = iter(self._database), 0

    def __len__(self) -> int:
        return len(self._database)

    def names(self) -> list[str]:
        return [key.decode(errors="replace") for key, _ in self._database]

    def __getitem__(self, index: int) -> Photograph:  # type: ignore[override]
        from ..datasets.datum_reading import datum_array, parse_datum

        if index < self._next:
            self._entries, self._next = iter(self._database), 0
        key, value = next(islice(self._entries, index - self._next, None))
        self._next = index + 1
        with self._database.naming(key):
            datum = parse_datum(value)
            pixels = _as_colours(datum_array(datum).transpose(1, 2, 0))
        return Photograph(key.decode(errors="replace"), pixels, datum.label)


def _open(path: str, classes: list[str]) -> _Named:
    from ..datasets.sources.folder import EXTENSIONS

    if os.path.isfile(os.path.join(path, "data.mdb")) or os.path.isfile(os.path.join(path, "CURRENT")):
        return _Database(path)
    return _File(path) if path.lower().endswith(EXTENSIONS) else _Source(path, classes)


def _as_colours(pixels: npt.NDArray[Any]) -> Pixels:
    """H x W or H x W x C as H x W x 3; raises DataError where it is no picture of 1 or 3 channels in bytes."""
    if pixels.ndim == 2:
        pixels = pixels[..., None]
    if pixels.dtype != np.uint8 or pixels.ndim != 3 or pixels.shape[2] not in (1, 3):
        raise DataError(f"holds {pixels.dtype} of shape {pixels.shape}, no picture in bytes")
    return np.ascontiguousarray(pixels if pixels.shape[2] == 3 else np.repeat(pixels, 3, axis=2), np.uint8)
