"""What every source gives: entries in order, and the content of each."""

from __future__ import annotations

import math
import os
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[Any]
Content = bytes | Array
"""An image file's bytes, or its pixels H x W or H x W x C (uint8, or floats)."""


class Entry(NamedTuple):
    """One image: `name` (its path below the root, which goes into the key), label, and line in the list file."""

    name: str
    label: int
    line: int = 0
    labels: tuple[float, ...] = ()
    """Several labels, or one that is no whole number."""
    place: int = 0
    """Where it is in a file that holds many."""
    mirrored: bool = False


@dataclass(frozen=True)
class Listing:
    """The entries of a source, in order; here of image files. Sources of other kinds derive from it."""

    root: str
    entries: list[Entry]
    classes: list[str] = field(default_factory=list)
    """Class names by label, where the source knows them."""
    ignored: list[str] = field(default_factory=list)
    """Files in the source that are no images by their name."""
    file: str = ""
    """The list file, where there is one."""
    digits: int = 8
    """Of the number that begins a key."""
    has_maps: bool = False
    """Whether `label_map` gives label maps."""
    relabel: dict[int | None, int] = field(default_factory=dict)
    """What becomes of values in label maps; None: of all others."""
    is_files: bool = True
    """Whether each entry is an image file of its own, at `path`."""
    in_order: bool = False
    """Whether entries can only be read forward, as frames of a video."""
    is_rgb: bool = False
    """Whether colour pixels come as red, green, blue; else blue, green, red as OpenCV has them."""
    says_encoded: bool = True
    """Whether raw Datums say `encoded: false`, as convert_imageset's do and those of other converters do not."""

    @property
    def chunk(self) -> int:
        """How many entries one thread takes at once: more than one where each is little work."""
        return 1

    def path(self, entry: Entry) -> str:
        """The file that an entry names, or what stands for it in messages.

        A name that begins with a slash is a path below the root too, as in Caffe, where there is such a file.
        """
        if entry.name.startswith("/") and os.path.lexists(below := self.root.rstrip("/") + entry.name):
            return below
        return os.path.join(self.root, entry.name)

    def where(self, entry: Entry) -> str:
        """ "FILE:LINE: ", for messages; empty where the source is no list file."""
        return f"{self.file}:{entry.line}: " if entry.line else ""

    def content(self, entry: Entry) -> Content:
        """The entry's bytes or pixels; called from several threads. Raises DataError."""
        from ..images import read_file

        return read_file(self.path(entry))

    def label_map(self, entry: Entry) -> str | bytes | Array:
        """The entry's label map, where `has_maps`: a PNG's path, its bytes, or labels H x W. Raises DataError."""
        raise NotImplementedError

    def label_map_name(self, entry: Entry) -> str:
        """What stands for the entry's label map in messages."""
        found = self.label_map(entry)
        return found if isinstance(found, str) else f"label map of {self.path(entry)}"

    def check(self, entry: Entry) -> None:
        """Raises DataError where it can be told without reading much that the entry cannot be made."""

    def of(self, entries: Sequence[Entry]) -> Listing:
        """This source with other entries of its own."""
        return replace(self, entries=list(entries))

    def shuffled(self, seed: int) -> Listing:
        """The same entries in an order that only the seed and their number decide, on any machine."""
        order = np.random.RandomState(seed).permutation(len(self.entries))
        return self.of([self.entries[i] for i in order])


@dataclass(frozen=True)
class ArrayListing(Listing):
    """Entries that are rows of an array in memory, or in a file that is mapped: N x H x W or N x H x W x C."""

    pixels: Array = field(default_factory=lambda: np.empty(0))
    is_files: bool = False
    says_encoded: bool = False

    @property
    def chunk(self) -> int:
        bytes_each = math.prod(self.pixels.shape[1:]) * np.dtype(self.pixels.dtype).itemsize
        return max(1, min(64, (1 << 16) // max(1, bytes_each)))

    def path(self, entry: Entry) -> str:
        return f"{self.root}[{entry.place}]"

    def content(self, entry: Entry) -> Content:
        return np.asarray(self.pixels[entry.place])


def numbered(labels: Sequence[int] | Array, count: int | None = None) -> list[Entry]:
    """Entries without names, in the order of an array; labels of `count` (None: all) rows."""
    rows = np.asarray(labels)[:count]
    if rows.ndim == 1 and np.all(rows == np.trunc(rows)):
        return [Entry("", int(label), place=place) for place, label in enumerate(rows.tolist())]
    rows = rows.reshape(len(rows), -1)
    return [Entry("", 0, labels=tuple(row), place=place) for place, row in enumerate(rows.tolist())]
