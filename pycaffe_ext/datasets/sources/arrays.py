"""What array files (.npy, .npz, HDF5) hold, as images and labels."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from ...errors import DataError, UnknownNameError
from .entries import Array, ArrayListing, Content, Entry, numbered

_IMAGE = ("data", "image", "images", "x", "X", "x_train", "arr_0")
_LABEL = ("label", "labels", "y", "Y", "y_train", "arr_1")
_CHANNELS = (1, 3, 4)  # what an axis of channels is known by


def choose(path: str, names: Iterable[str], columns: Mapping[str, Sequence[str]]) -> tuple[str, str | None]:
    """The names of the images' and of the labels' array, the latter None where there is none.

    Without `columns` they are known by their names, in whatever group they are.
    Raises UnknownNameError; DataError where it cannot be told which array holds images.
    """
    there = {name: name.rpartition("/")[2] for name in names}
    for wanted in (name for names_ in columns.values() for name in names_):
        if wanted not in there:
            raise UnknownNameError("array", wanted, there, where=path)

    def known(usual: Sequence[str]) -> list[str]:
        return [name for one in usual for name, last in there.items() if last == one]

    image = [*columns.get("image", []), *known(_IMAGE), *there][:1]
    if not image or (len(there) > 1 and image[0] not in (*known(_IMAGE), *columns.get("image", []))):
        raise DataError(f"{path}: which of its arrays holds images? give --columns image=NAME,label=NAME: {[*there]}")
    label = [*columns.get("label", []), *known(_LABEL)][:1]
    return image[0], label[0] if label else None


@dataclass(frozen=True)
class RowsListing(ArrayListing):
    """Rows that are H x W (x C), or where `is_planar` C x H x W; with label maps in `maps`, where `has_maps`."""

    is_planar: bool = False
    maps: Any = None

    def content(self, entry: Entry) -> Content:
        row = np.asarray(self.pixels[entry.place])
        return row.transpose(1, 2, 0) if self.is_planar else row

    def label_map_name(self, entry: Entry) -> str:
        return f"label map of {self.path(entry)}"

    def label_map(self, entry: Entry) -> Array:
        row = np.asarray(self.maps[entry.place])
        values = row.reshape([size for size in row.shape if size > 1] if row.ndim > 2 else row.shape)
        whole = values.astype(np.int64)
        if (whole != values).any():
            raise DataError(f"{self.label_map_name(entry)}: holds {values[whole != values][0]}, which is no label")
        return whole


def array_listing(path: str, pixels: Any, labels: Any, *, channels_first: bool = False) -> ArrayListing:
    """The listing of N x H x W, N x H x W x C, or N x C x H x W: told apart by which of the two is 1, 3 or 4, and
    where that is both or neither by `channels_first`.

    `pixels` and `labels` are arrays or what is indexed like them. Labels are whole numbers, floats, N x K, names
    (which are numbered in sorted order), or label maps: N x H x W, or with one more axis of 1.
    Raises DataError for arrays of other shapes or kinds.
    """
    shape, kind = tuple(pixels.shape), np.dtype(pixels.dtype)
    if len(shape) not in (3, 4) or 0 in shape:
        raise DataError(f"{path}: is {_shape(shape)}; images are N x H x W (x C), or N x C x H x W")
    if kind != np.uint8 and kind.kind not in "fiu":
        raise DataError(f"{path}: holds {kind}, not uint8 or floats")
    if labels is not None and len(labels) != shape[0]:
        raise DataError(f"{path}: holds {shape[0]} images, but {len(labels)} labels")
    is_planar = len(shape) == 4 and _is_planar(shape, channels_first)
    made = {"is_rgb": len(shape) == 4, "pixels": pixels, "is_planar": is_planar}
    if labels is None or sum(size > 1 for size in labels.shape[1:]) > 1:
        if labels is not None:
            _check_maps(path, labels, shape[2:] if is_planar else shape[1:3])
            made |= {"has_maps": True, "maps": labels}
        return RowsListing(path, numbered(np.zeros(shape[0], np.int64)), **made)
    values = np.asarray(labels)
    if values.dtype.kind in "US" and values.ndim == 1:
        names = values if values.dtype.kind == "U" else np.char.decode(values, "utf-8", "replace")
        classes, values = np.unique(names, return_inverse=True)
        made["classes"] = classes.tolist()
    return RowsListing(path, numbered(_checked(path, values)), **made)


def _is_planar(shape: tuple[int, ...], channels_first: bool) -> bool:
    first, last = shape[1] in _CHANNELS, shape[3] in _CHANNELS
    return shape[2:] == (1, 1) or (channels_first if first == last else first)


def _check_maps(path: str, maps: Any, size: tuple[int, ...]) -> None:
    shape = tuple(maps.shape)
    if shape[1:] not in (size, (1, *size), (*size, 1)) or np.dtype(maps.dtype).kind not in "fiub":
        problem = f"labels are {maps.dtype} of {_shape(shape)}, which are no label maps of images of {_shape(size)}"
        raise DataError(f"{path}: {problem}; labels are one number, a row of them, or H x W for each image")


def _checked(path: str, labels: Array) -> Array:
    """Labels N, or N x K. Raises DataError for what are none, or do not fit."""
    if labels.dtype.kind not in "fiub" or labels.ndim < 1 or not labels.size:
        raise DataError(f"{path}: labels are {labels.dtype} of shape {labels.shape}, not a number or a row each")
    rows = labels.reshape(len(labels), -1)
    bad = ~np.isfinite(rows).all(axis=1)
    if bad.any():
        raise DataError(f"{path}[{int(bad.argmax())}]: the label is not a finite number")
    if rows.shape[1] > 1:
        return rows
    too_large = np.abs(rows.astype(np.float64)) >= 2**31
    if too_large.any():
        raise DataError(f"{path}[{int(too_large.argmax())}]: the label does not fit 32 bits")
    return rows[:, 0]


def _shape(shape: tuple[int, ...]) -> str:
    return "x".join(map(str, shape))
