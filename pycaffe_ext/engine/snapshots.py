"""A solver's state in files: iteration, step and history beside the weights, binary or HDF5, as Caffe's."""

from __future__ import annotations

import os
from math import prod
from os import PathLike
from typing import TYPE_CHECKING

import numpy as np
import torch

from ..atomic import replacing_file
from ..errors import DataError, FileError, NetError, ShapeError
from ..proto import caffe_pb2, hdf5
from ..proto.blobs import Array, array_to_blob, blob_shape, blob_to_array
from ..proto.files import read_binary, write_binary
from .blob import Blob

if TYPE_CHECKING:
    from .solver import Solver

AnyPath = str | PathLike[str]

_MOST_ITERATIONS = 2**31  # an int32 in the file


def empty_history(solver: Solver) -> list[Blob]:
    """n_history blobs of zeros for each parameter: all first ones, then all second ones."""
    return [learnable.blob.like() for _ in range(solver.n_history) for learnable in solver.net.learnables]


def write(solver: Solver) -> tuple[str, str]:
    """Writes weights and state; returns both file names. The state is written last: it names the weights."""
    if solver.iter >= _MOST_ITERATIONS:
        raise NetError("", f"iteration {solver.iter} is more than a solverstate can hold; start anew from the weights")
    prefix = f"{solver.param.snapshot_prefix}_iter_{solver.iter}"
    as_hdf5 = solver.param.snapshot_format == caffe_pb2.SolverParameter.HDF5
    weights, state = f"{prefix}.caffemodel", f"{prefix}.solverstate"
    if as_hdf5:
        weights, state = f"{weights}.h5", f"{state}.h5"
        solver.net.save_hdf5(weights, solver.param.snapshot_diff)
        _write_hdf5(solver, weights, state)
    else:
        solver.net.save(weights, solver.param.snapshot_diff)
        message = caffe_pb2.SolverState(iter=solver.iter, learned_net=weights, current_step=solver.current_step)
        for blob in solver.history:
            array_to_blob(blob.data, into=message.history.add())
        write_binary(state, message)
    return weights, state


def _write_hdf5(solver: Solver, weights: str, state: str) -> None:
    import h5py

    with replacing_file(state) as raw, h5py.File(raw, "w") as file:
        file["iter"] = np.asarray([solver.iter], np.int32)
        file["current_step"] = np.asarray([solver.current_step], np.int32)
        file["learned_net"] = hdf5.c_text(weights)
        file.create_group("history")
        for index, blob in enumerate(solver.history):
            file[f"history/{index}"] = blob.data


def restore(solver: Solver, path: AnyPath) -> None:
    """Reads a state and the weights that it names. Raises FileError, NetError, ShapeError; then nothing changed."""
    read = _read_hdf5 if str(path).endswith(".h5") else _read_binary
    iteration, step, weights, arrays = read(solver, path)
    if not (0 <= iteration < _MOST_ITERATIONS and 0 <= step < _MOST_ITERATIONS):
        raise FileError(path, f"is damaged: it stands at iteration {iteration}, step {step}")
    if weights is not None:
        solver.net.copy_from(find_weights(weights, path))
    for blob, array in zip(solver.history, arrays, strict=True):
        blob.tensor = torch.from_numpy(array.reshape(blob.shape)).to(blob.tensor.device)
    solver.iter, solver.current_step = iteration, step


def _check_history(solver: Solver, path: AnyPath, shapes: list[tuple[int, ...]], *, by_count: bool) -> None:
    if len(shapes) != len(solver.history):
        raise NetError(
            "",
            f"{path} holds {len(shapes)} history blobs, {solver.type} on this net has {len(solver.history)}:"
            " it comes from another net or solver type",
        )
    for index, (blob, shape) in enumerate(zip(solver.history, shapes, strict=True)):
        if shape != blob.shape and not (by_count and prod(shape) == blob.count):
            raise ShapeError("", f"{path}: history {index} has shape {shape}, this net's is {blob.shape}")


def find_weights(weights: str, state: AnyPath) -> str:
    """The weights file: by the name in the state, else beside the state, for folders that have moved."""
    beside = os.path.join(os.path.dirname(state), os.path.basename(weights))
    return weights if os.path.exists(weights) or not os.path.exists(beside) else beside


def _read_binary(solver: Solver, path: AnyPath) -> tuple[int, int, str | None, list[Array]]:
    message = read_binary(path, caffe_pb2.SolverState())
    # by count: old files have num, channels, height and width
    _check_history(solver, path, [blob_shape(blob) for blob in message.history], by_count=True)
    try:
        arrays = [blob_to_array(blob) for blob in message.history]
    except DataError as error:
        raise FileError(path, f"is damaged: {error}") from error
    weights = message.learned_net if message.HasField("learned_net") else None
    return message.iter, message.current_step, weights, arrays


def _read_hdf5(solver: Solver, path: AnyPath) -> tuple[int, int, str | None, list[Array]]:
    with hdf5.reading(path, "a solver's state") as file:
        weights = hdf5.text(file, "learned_net") if "learned_net" in file else None
        history = hdf5.group(file, "history")
        numbers = [hdf5.dataset(history, str(index)) for index in range(len(history))]
        _check_history(solver, path, [one.shape for one in numbers], by_count=False)
        iteration, step = (int(np.ravel(hdf5.dataset(file, key)[()])[0]) for key in ("iter", "current_step"))
        return iteration, step, weights, [hdf5.floats(one) for one in numbers]
