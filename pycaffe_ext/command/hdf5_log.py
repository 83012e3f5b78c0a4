"""What Caffe's log says of the numbers in HDF5 files, the first time that it meets a kind of them."""

from __future__ import annotations

import os
from collections.abc import Iterable
from typing import Any

import h5py

from ..engine.weights import WeightsTaken, is_hdf5
from ..glog import log, log_once
from ..proto.files import read_bytes


def log_rows(source: str, names: Iterable[str]) -> None:
    """Of the first file of an HDF5Data layer's list, which it has read, and its datasets of these names."""
    first = os.fsdecode(read_bytes(source).split()[0])
    with h5py.File(first, "r") as file:
        for name in names:
            _log_kind(file[name])


def _log_kind(dataset: Any) -> None:
    log_once("hdf5.cpp:33", f"Datatype class: H5T_{'FLOAT' if dataset.dtype.kind == 'f' else 'INTEGER'}")


def log_layers(taken: WeightsTaken) -> None:
    """Goes through the layers of a file of weights as Caffe does: which are not taken, and the numbers of the rest."""
    if not is_hdf5(taken.file):
        for name in taken.ignored:
            log("net.cpp:746", f"Ignoring source layer {name}")
        return
    ignored = set(taken.ignored)
    with h5py.File(taken.file, "r") as file:
        for name, layer in file["data"].items():
            if name in ignored:
                log("net.cpp:746", f"Ignoring source layer {name}")
                continue
            for member in layer.values():
                if isinstance(member, h5py.Dataset):  # else of a layer whose name goes on with /
                    _log_kind(member)
