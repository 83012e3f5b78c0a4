"""Images with their label maps: two databases with the same keys, or two folders with the same names."""

from __future__ import annotations

import argparse
import os
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from ...errors import DataError
from ..counts import at_least_one
from ..photographs import Photographs, Pixels
from .scores import Labels


class Pair(NamedTuple):
    """An image H x W x 3 (BGR) and its label map h x w, which may be smaller; None where there is none."""

    name: str
    pixels: Pixels
    labels: Labels | None


class Pairs(Sequence[Pair]):
    """The pairs of two sources, in the order of the images; each is read when it is asked for."""

    def __init__(self, images: str, labels: str | None = None, *, limit: int | None = None) -> None:
        """`images`: as Photographs takes them. `labels`: an LMDB of one-channel Datums, or a folder of PNGs whose
        values are labels (grey or palette), of the images' names. `limit`: take so many, at equal distances.

        Raises FileError; DataError where an image has no label map.
        """
        self.images = Photographs(images, limit=limit)
        self._maps = None if labels is None else _open(labels, images, self.images.names(), limit)

    def __len__(self) -> int:
        return len(self.images)

    def __getitem__(self, index: int) -> Pair:  # type: ignore[override]  # slices are not needed
        image = self.images[index]
        return Pair(image.name, image.pixels, None if self._maps is None else self._maps[index])


def add_pairs(parser: argparse.ArgumentParser, *, labels_required: bool) -> None:
    """The options that say which images and label maps to take."""
    group = parser.add_argument_group("images and label maps")
    group.add_argument("--images", metavar="PATH", required=True, help="an LMDB, a folder, an image, a list file")
    group.add_argument(
        "--labels",
        metavar="PATH",
        required=labels_required,
        help="their label maps: an LMDB with the same keys, or a folder of PNGs of the same names",
    )
    group.add_argument("--limit", metavar="N", type=int, help="take N of them, at equal distances (default: all)")
    group.add_argument("--ignore", metavar="L", type=int, help="a label that does not count, such as 255")


def open_pairs(options: argparse.Namespace) -> Pairs:
    """The pairs that `add_pairs`' options ask for. Raises FileError, DataError, OptionError."""
    at_least_one(options, "limit")
    return Pairs(options.images, options.labels, limit=options.limit)


def _open(path: str, images: str, names: list[str], limit: int | None) -> Sequence[Labels]:
    if os.path.isdir(path) and not os.path.exists(os.path.join(path, "data.mdb")):
        return _Folder(path, names)
    return _Database(path, images, names, limit)


class _Database(Sequence[Labels]):
    def __init__(self, path: str, images: str, names: list[str], limit: int | None) -> None:
        self._path, self._maps = path, Photographs(path, limit=limit)
        keys = self._maps.names()
        apart = next((pair for pair in zip(names, keys, strict=False) if pair[0] != pair[1]), None)
        if apart:
            raise DataError(f"{images} and {path} are out of step: '{apart[0]}' meets '{apart[1]}'")
        if len(names) != len(keys):
            raise DataError(f"{images} has {len(names)} entries, {path} has {len(keys)}")

    def __len__(self) -> int:
        return len(self._maps)

    def __getitem__(self, index: int) -> Labels:  # type: ignore[override]
        name, pixels, _ = self._maps[index]  # one channel, three times
        if (pixels != pixels[..., :1]).any():
            raise DataError(f"{self._path}: entry '{name}' holds colours, not labels")
        return np.ascontiguousarray(pixels[..., 0])


class _Folder(Sequence[Labels]):
    def __init__(self, path: str, names: list[str]) -> None:
        from ...datasets.label_maps import LabelMaps, LabelRule

        maps, self._rule = LabelMaps(path, names), LabelRule()
        self._paths = [maps.find(name) for name in names]

    def __len__(self) -> int:
        return len(self._paths)

    def __getitem__(self, index: int) -> Labels:  # type: ignore[override]
        from ...datasets.label_maps import read_label_map

        return read_label_map(self._paths[index], self._rule)
