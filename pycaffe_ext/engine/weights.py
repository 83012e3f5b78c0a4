"""Parameters of a net in files: Caffe's binary caffemodel and its HDF5, both ways."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from os import PathLike
from typing import TYPE_CHECKING, Any

import numpy as np
import torch

from ..atomic import replacing_file
from ..errors import DataError, NetError, ShapeError
from ..model.load import read_weights_unchanged
from ..model.upgrade import needs_upgrade, upgrade_net
from ..model.upgrade_log import Line, net_upgrade
from ..proto import caffe_pb2, hdf5
from ..proto.blobs import array_to_blob, blob_shape, blob_to_array, check_blob, is_legacy, shapes_fit
from ..proto.files import write_binary

if TYPE_CHECKING:
    from .blob import Blob
    from .net import Net

AnyPath = str | PathLike[str]


@dataclass(frozen=True)
class WeightsTaken:
    """A file that weights were taken from: the names of its layers that the net lacks, what was upgraded in it."""

    file: str
    ignored: list[str]
    upgraded: list[Line] = field(default_factory=list)


def is_hdf5(path: AnyPath) -> bool:
    """Whether the file starts as HDF5 files do. Raises FileError."""
    try:
        with open(path, "rb") as file:
            return file.read(8) == b"\x89HDF\r\n\x1a\n"
    except (OSError, ValueError):
        return False  # the reader says what is wrong


def copy_from(net: Net, path: AnyPath) -> None:
    """See Net.copy_from."""
    if is_hdf5(path):
        copy_from_hdf5(net, path)
    else:
        given = read_weights_unchanged(path)
        upgraded = list(net_upgrade(given, path))
        copy_from_message(net, upgrade_net(given) if needs_upgrade(given) else given, str(path), upgraded)


def copy_from_message(net: Net, source: Any, file: str, upgraded: Sequence[Line] = ()) -> None:
    """Takes the blobs of a NetParameter; layers that the net does not have are ignored, as in Caffe."""
    targets: dict[str, Any] = {}
    for layer in net.layers:
        targets.setdefault(layer.name, layer)  # of layers of one name Caffe takes the first
    copies = []
    ignored = [layer.name for layer in source.layer if layer.name not in targets]
    for layer in source.layer:
        if layer.name not in targets:
            continue
        blobs = targets[layer.name].blobs
        _same_count(layer.name, len(blobs), len(layer.blobs), file)
        for index, (blob, message) in enumerate(zip(blobs, layer.blobs, strict=True)):
            shape = blob_shape(message)
            if not shapes_fit(blob.shape, shape, legacy=is_legacy(message)):
                raise _mismatch(layer.name, index, shape, blob.shape, file)
            _check_numbers(layer.name, index, message, file)
            copies.append((blob, message))
    net.weights_taken.append(WeightsTaken(file, ignored, list(upgraded)))
    for blob, message in copies:
        _write(blob, blob_to_array(message).reshape(blob.shape))
        if _has_diff(message):
            blob.diff[...] = blob_to_array(message, diff=True).reshape(blob.shape)


def _has_diff(message: Any) -> bool:
    return bool(len(message.diff) or len(message.double_diff))


def _check_numbers(layer: str, index: int, message: Any, file: str) -> None:
    try:
        check_blob(message)
        if _has_diff(message):
            check_blob(message, diff=True)
    except DataError as error:
        raise DataError(f"{file}: layer '{layer}', param {index}: {error}") from error


def _same_count(layer: str, ours: int, theirs: int, file: str) -> None:
    if ours != theirs:
        raise NetError(
            layer,
            f"has {ours} parameter blobs, {theirs} in {file};"
            " rename the layer to start it from its fillers, or correct its type (bias_term?)",
        )


def _mismatch(layer: str, index: int, source: object, target: object, file: str) -> ShapeError:
    return ShapeError(
        layer,
        f"cannot copy param {index} from {file}: its shape there is {source}, the net needs {target};"
        " rename the layer to start it from its fillers, or give it the num_output that the weights have",
    )


def _write(blob: Blob, array: Any) -> None:
    """Into the blob's own memory, so that blobs that share it see it too.

    .data: as when a script writes, a graph that has saved this memory goes on, with the new numbers.
    """
    blob.tensor.data.copy_(torch.from_numpy(np.asarray(array, order="C")))


def to_message(net: Net, *, write_diff: bool = False) -> Any:
    """The net with its parameters as a NetParameter, layer by layer, splits included, as Caffe writes it."""
    message = caffe_pb2.NetParameter(name=net.name)
    for layer in net.layers:
        target = message.layer.add()
        target.CopyFrom(layer.param)
        del target.blobs[:]
        for blob in layer.blobs:
            array_to_blob(blob.data, diff=blob.diff if write_diff else None, into=target.blobs.add())
    return message


def save(net: Net, path: AnyPath, *, write_diff: bool = False) -> None:
    """See Net.save."""
    write_binary(path, to_message(net, write_diff=write_diff))


def save_hdf5(net: Net, path: AnyPath, *, write_diff: bool = False) -> None:
    """See Net.save_hdf5: /data/LAYER/INDEX (and /diff); shared parameters are written once, by their owner."""
    import h5py

    owned = {learnable.owner for learnable in net.learnables}
    with replacing_file(path) as raw, h5py.File(raw, "w") as file:
        data, diff = file.create_group("data"), file.create_group("diff") if write_diff else None
        for i, layer in enumerate(net.layers):
            if not layer.name:
                raise NetError("", f"a {layer.type} layer has no name, so it cannot be saved in HDF5; give it one")
            if layer.name in data:
                continue
            group = data.create_group(layer.name)
            diffs = diff.create_group(layer.name) if diff is not None else None
            for j, blob in enumerate(layer.blobs):
                if (i, j) in owned:
                    group[str(j)] = blob.data
                if diffs is not None:
                    diffs[str(j)] = blob.diff


def copy_from_hdf5(net: Net, path: AnyPath) -> None:
    """See Net.load_hdf5."""
    owned = {learnable.owner for learnable in net.learnables}
    # Caffe finds a layer by its name's last place in the net here, by its first in a binary file
    places = {layer.name: i for i, layer in enumerate(net.layers)}
    copies = []
    with hdf5.reading(path, "weights") as file:
        data = hdf5.group(file, "data")
        ignored = [name for name in data if name not in places]
        for name in filter(data.__contains__, places):
            blobs, group = net.layers[places[name]].blobs, hdf5.group(data, name)
            count = sum(key.isdecimal() for key in group)  # others are layers of names that go on with /
            if count > len(blobs):
                _same_count(name, len(blobs), count, str(path))
            for j, blob in enumerate(blobs):
                if str(j) not in group:
                    if (places[name], j) in owned:
                        _same_count(name, len(blobs), count, str(path))
                    continue
                numbers = hdf5.dataset(group, str(j))
                if numbers.shape != blob.shape:
                    raise _mismatch(name, j, numbers.shape, blob.shape, str(path))
                copies.append((blob, hdf5.floats(numbers)))
    net.weights_taken.append(WeightsTaken(str(path), ignored))
    for blob, array in copies:
        _write(blob, array)


def share_with(net: Net, other: Net) -> None:
    """See Net.share_with."""
    targets: dict[str, Any] = {}
    for layer in net.layers:
        targets.setdefault(layer.name, layer)
    for source in other.layers:
        if source.name not in targets:
            continue
        blobs = targets[source.name].blobs
        _same_count(source.name, len(blobs), len(source.blobs), "the other net")
        for index, (target, blob) in enumerate(zip(blobs, source.blobs, strict=True)):
            if target.shape != blob.shape:
                raise _mismatch(source.name, index, blob.shape, target.shape, "the other net")
            target.share_data(blob)
