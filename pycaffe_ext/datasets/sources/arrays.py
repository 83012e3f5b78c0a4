"""What array files (.npy, .npz, HDF5) hold, as images and labels."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from ...errors import DataError, UnknownNameError
from .entries import Array, ArrayListing, numbered

_IMAGE = ("data", "image", "images", "x", "X", "x_train", "arr_0")
_LABEL = ("label", "labels", "y", "Y", "y_train", "arr_1")


def choose(path: str, names: Iterable[str], columns: Mapping[str, Sequence[str]]) -> tuple[str, str | None]:
    """The names of the images' and of the labels' array, the latter None where there is none.

    Raises UnknownNameError; DataError where it cannot be told which array holds images.
    """
    there = list(names)
    for wanted in (name for names_ in columns.values() for name in names_):
        if wanted not in there:
            raise UnknownNameError("array", wanted, there, where=path)
    image = [*columns.get("image", []), *(name for name in _IMAGE if name in there)][:1] or there[:1]
    if not image or (len(there) > 1 and image[0] not in (*_IMAGE, *columns.get("image", []))):
        raise DataError(f"{path}: which of its arrays holds images? give --columns image=NAME,label=NAME: {there}")
    label = [*columns.get("label", []), *(name for name in _LABEL if name in there)][:1]
    return image[0], label[0] if label else None


@dataclass(frozen=True)
class PlanarListing(ArrayListing):
    """Rows that are C x H x W."""

    def content(self, entry: Any) -> Array:
        image: Array = np.asarray(self.pixels[entry.place]).transpose(1, 2, 0)
        return image


def array_listing(path: str, pixels: Any, labels: Array | None) -> ArrayListing:
    """The listing of N x H x W, N x H x W x C, or N x C x H x W (told apart by which of the two is 1, 3 or 4).

    `pixels` is an array or what is indexed like one. Labels are whole numbers, or floats, or N x K.
    Raises DataError for arrays of other shapes or kinds.
    """
    shape, kind = tuple(pixels.shape), np.dtype(pixels.dtype)
    if len(shape) not in (3, 4) or 0 in shape:
        raise DataError(f"{path}: is {'x'.join(map(str, shape))}; images are N x H x W (x C), or N x C x H x W")
    if kind != np.uint8 and kind.kind not in "fiu":
        raise DataError(f"{path}: holds {kind}, not uint8 or floats")
    if labels is None:
        labels = np.zeros(shape[0], np.int64)
    if labels.dtype.kind not in "fiub" or labels.ndim < 1 or not labels.size:
        raise DataError(f"{path}: labels are {labels.dtype} of shape {labels.shape}, not a number or a row each")
    if len(labels) != shape[0]:
        raise DataError(f"{path}: holds {shape[0]} images, but {len(labels)} labels")
    if labels.size == len(labels):
        labels = labels.reshape(-1)
    bad = ~np.isfinite(labels.reshape(len(labels), -1)).all(axis=1)
    if bad.any():
        raise DataError(f"{path}[{int(bad.argmax())}]: the label is not a finite number")
    if labels.ndim == 1 and (np.abs(labels.astype(np.float64)) >= 2**31).any():
        raise DataError(f"{path}[{int((np.abs(labels) >= 2**31).argmax())}]: the label does not fit 32 bits")
    is_planar = len(shape) == 4 and shape[3] not in (1, 3, 4) and shape[1] in (1, 3, 4)
    made = PlanarListing if is_planar else ArrayListing
    return made(path, numbered(labels), is_rgb=len(shape) == 4, pixels=pixels)
