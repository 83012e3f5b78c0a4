"""Weights in Caffe's HDF5: /data/LAYER/INDEX, a shared parameter only under the layer that owns it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from os import PathLike
from typing import Any

from ..atomic import replacing_file
from ..errors import FileError
from ..proto import hdf5
from .weight_layers import Layer, NewBlob

AnyPath = str | PathLike[str]


def read_layers(path: AnyPath) -> list[Layer]:
    """All layers by name, as HDF5 orders them. A /diff, which `snapshot_diff` writes, is left out.

    Raises FileError where it is damaged, or holds a layer's later blobs without the first, as those of a layer that
    shares its weight but not its bias.
    """
    with hdf5.reading(path, "weights") as file:
        return list(_layers(path, hdf5.group(file, "data"), ""))


def _layers(path: AnyPath, group: Any, above: str) -> Iterator[Layer]:
    """A layer named a/b is a group in a group."""
    import h5py

    for key in group:
        one = group.get(key)
        if not isinstance(one, h5py.Group):
            continue
        name = f"{above}{key}"
        numbers = sorted(int(index) for index in one if index.isdecimal() and isinstance(one.get(index), h5py.Dataset))
        if numbers != list(range(len(numbers))):
            raise FileError(path, f"layer '{name}' has blobs {numbers}, others are shared; use a binary caffemodel")
        layer = Layer(name, [NewBlob(hdf5.floats(hdf5.dataset(one, str(index)))) for index in numbers])
        layer.was = layer.copy()
        inner = list(_layers(path, one, f"{name}/"))
        if numbers or not inner:
            yield layer
        yield from inner


def write_layers(path: AnyPath, layers: Sequence[Layer]) -> None:
    """Writes the file, whole or not at all. Raises FileError where a layer has no name."""
    import h5py

    with replacing_file(path) as raw, h5py.File(raw, "w") as file:
        data = file.create_group("data")
        for layer in layers:
            if not layer.name:
                raise FileError(path, "cannot be written: a layer has no name, as HDF5 needs; write a binary file")
            group = data.require_group(layer.name)
            for index, blob in enumerate(layer.blobs):
                if str(index) in group:
                    del group[str(index)]
                group[str(index)] = blob.array()
