"""Snapshots that real Caffe wrote: into a folder aside, then, found whole, to the names that they shall have."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from ..engine.snapshots import find_weights
from ..errors import FileError
from ..proto import caffe_pb2, hdf5
from ..proto.files import read_binary, write_binary


@dataclass(frozen=True)
class Restored:
    """A solverstate that real Caffe can restore, the weights that it names, and its current_step."""

    state: str
    weights: str
    step: int


class RealSnapshots:
    """`prefix` is the snapshot_prefix for real Caffe, in the folder `aside`; `wanted` is the user's."""

    def __init__(self, aside: Path, wanted: str, *, as_hdf5: bool) -> None:
        self.prefix = os.fspath(aside / "snapshot")
        self._aside, self._wanted = aside, wanted
        self._end = ".h5" if as_hdf5 else ""

    def to_restore(self, state: str) -> Restored:
        """Where the weights that a solverstate names lie beside it instead, a copy that names those.

        Raises FileError.
        """
        if state.endswith(".h5"):
            with hdf5.reading(state, "a solver's state") as file:
                named, step = hdf5.text(file, "learned_net"), int(np.ravel(hdf5.dataset(file, "current_step")[()])[0])
        else:
            message = read_binary(state, caffe_pb2.SolverState())
            named, step = message.learned_net, message.current_step
        weights = find_weights(named, state)
        if not os.path.exists(weights):
            raise FileError(weights, f"is not there; {state} names it as its weights")
        if weights == named:
            return Restored(state, weights, step)
        copy = os.fspath(self._aside / os.path.basename(state))
        if state.endswith(".h5"):
            Path(copy).write_bytes(Path(state).read_bytes())
            _name_in_hdf5(copy, weights)
        else:
            message.learned_net = weights
            write_binary(copy, message)
        return Restored(copy, weights, step)

    def take_over(self, iteration: int, layers: int) -> tuple[str, str]:
        """Moves the snapshot of an iteration, of a net of so many layers, to the user's names.

        Raises FileError where it is not whole, as a full disk leaves it; then nothing bears the user's names.
        """
        made, final = (f"{prefix}_iter_{iteration}" for prefix in (self.prefix, self._wanted))
        made_weights, weights = (f"{name}.caffemodel{self._end}" for name in (made, final))
        made_state, state = (f"{name}.solverstate{self._end}" for name in (made, final))
        if self._end:
            with hdf5.reading(made_weights, "weights") as file:  # a file that is cut off cannot be opened
                hdf5.group(file, "data")
            _name_in_hdf5(made_state, weights)
            os.replace(made_weights, weights)
            os.replace(made_state, state)
        else:
            net = read_binary(made_weights, caffe_pb2.NetParameter())
            message = read_binary(made_state, caffe_pb2.SolverState())
            if len(net.layer) != layers or message.iter != iteration:
                raise FileError(made, "real Caffe wrote only a part of this snapshot; is the disk full?")
            os.replace(made_weights, weights)
            message.learned_net = weights
            write_binary(state, message)
            os.remove(made_state)
        return weights, state


def _name_in_hdf5(state: str, weights: str) -> None:
    import h5py

    with h5py.File(state, "r+") as file:
        del file["learned_net"]
        file["learned_net"] = hdf5.c_text(weights)
