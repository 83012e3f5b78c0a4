"""Damage to binary files: caffemodels and solverstates, as protobuf and as HDF5."""

from __future__ import annotations

from pathlib import Path
from random import Random
from typing import Any

import h5py
import numpy as np

from pycaffe_ext.proto import caffe_pb2

from .mutate_messages import change_field, change_message


def span(random: Random, length: int) -> slice:
    """A short part of something of this length."""
    start = random.randrange(length + 1)
    return slice(start, min(length, start + random.choice([1, 1, 2, 8, 40, 400])))


def binary(random: Random, content: bytes) -> bytes:
    """The bytes with one to three mutations."""
    data = bytearray(content)
    for _ in range(random.choice([1, 1, 2, 3])):
        part = span(random, len(data))
        how = random.randrange(7)
        if how == 0:
            del data[random.randrange(len(data) + 1) :]
        elif how == 1:
            del data[part]
        elif how == 2:
            data[part.start : part.start] = data[part]
        elif how == 3:
            data[part] = bytes([random.choice([0, 0x7F, 0x80, 0xFF])]) * len(data[part])
        elif how == 4:
            data[part.start : part.start] = random.randbytes(random.choice([1, 4, 100]))
        else:
            for _ in range(random.choice([1, 1, 10, 100]) if data else 0):
                data[random.randrange(min(len(data), random.choice([60, 600, len(data)])))] = random.randrange(256)
    return bytes(data)


def weights(random: Random, content: bytes, kind: type[Any]) -> bytes:
    """A binary caffemodel or solverstate (`kind` NetParameter, SolverState): its bytes or its message mutated."""
    if random.random() < 0.5:
        return binary(random, content)
    message = kind.FromString(content)
    for _ in range(random.randint(1, 3)):
        holders = [*message.layer, *message.layers] if kind is caffe_pb2.NetParameter else []
        blobs = [blob for holder in holders for blob in holder.blobs] or list(getattr(message, "history", []))
        if blobs and random.random() < 0.7:
            _change_blob(random, random.choice(blobs))
        else:
            change_message(random, message)
    return bytes(message.SerializePartialToString())


def _change_blob(random: Random, blob: Any) -> None:
    how = random.randrange(5)
    if how == 0:
        blob.shape.dim[:] = [random.choice([-1, 0, 1, 2, 3, 2**31, 2**62]) for _ in range(random.randrange(5))]
    elif how == 1:
        blob.ClearField("shape")
        blob.num, blob.channels, blob.height, blob.width = (random.choice([-1, 0, 1, 2, 2**30]) for _ in range(4))
    elif how == 2:
        blob.ClearField("data")
        blob.double_data.extend([0.5] * random.choice([0, 1, 6, 100]))
    elif how == 3:
        blob.ClearField("data")
        blob.raw_data, blob.raw_data_type = random.randbytes(random.choice([0, 3, 8, 24])), random.randrange(3)
    else:
        change_field(random, blob)


def hdf5(random: Random, path: Path) -> None:
    """Mutates the file: its bytes, or what it holds."""
    if random.random() < 0.5:
        path.write_bytes(binary(random, path.read_bytes()))
        return
    with h5py.File(path, "r+") as file:
        for _ in range(random.randint(1, 3)):
            names: list[str] = []
            file.visit(names.append)
            if names:
                _replace_in_hdf5(random, file, random.choice(names), names)


def _replace_in_hdf5(random: Random, file: Any, name: str, names: list[str]) -> None:
    del file[name]
    how = random.randrange(9)
    if how == 0:
        file[name] = random.choice(["text", b"\xff\xfe", 7, np.nan])
    elif how == 1:
        file[name] = np.zeros(random.choice([(), (0,), (2, 3), (1, 1, 1)]), random.choice([np.int64, np.float16, bool]))
    elif how == 2:
        file[name] = np.zeros(3, [("a", "f4"), ("b", "i8")])
    elif how == 3:
        file.create_dataset(name, (2**40,), "f4", chunks=(2**20,))  # declared, never written
    elif how == 4:
        file[name] = h5py.SoftLink(random.choice(["/absent", f"/{name}", f"/{random.choice(names)}"]))
    elif how == 5:
        file[name] = h5py.ExternalLink("absent.h5", "/")
    elif how == 6:
        file.create_group(name).create_group("0")
    elif how == 7:
        file[name] = np.full(random.choice([1, 6, 100]), np.inf)
