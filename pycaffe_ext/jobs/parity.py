"""One net on both engines: how far apart they are, layer by layer, forward, backward and over solver steps.

A difference is the largest absolute one, as a part of the largest absolute value of real Caffe's side.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from ..bvlc import Place, RealCaffe
from ..engine import device
from ..engine.net import Net
from ..engine.solver import get_solver
from ..engine.solver_nets import train_source
from ..errors import DataError, NetError, UnknownNameError
from ..model.load import read_net, read_solver
from ..model.rules import rule_for
from ..proto import caffe_pb2
from ..proto.files import write_text

Array = npt.NDArray[np.float32]
AnyPath = str | os.PathLike[str]

ABOVE = 1e-5
PHASES = {"TRAIN": caffe_pb2.TRAIN, "TEST": caffe_pb2.TEST}


@dataclass(frozen=True)
class Row:
    """One blob: `what` is "top", "diff", "param" (a parameter's value) or "param diff".

    `above`: how many of its numbers differ by more than ABOVE. A few that differ a lot, in diffs alone, are near ties
    in max pooling or numbers near 0 before a ReLU: rounding decides which way their diff goes.
    """

    layer: str
    type: str
    what: str
    name: str
    shape: tuple[int, ...]
    difference: float
    above: int


@dataclass(frozen=True)
class Parity:
    """All blobs in the order in which the net makes them, and what was changed to make the engines comparable."""

    rows: tuple[Row, ...]
    notes: tuple[str, ...] = ()

    @property
    def largest(self) -> float:
        return max((row.difference for row in self.rows), default=0.0)

    def first_above(self, tolerance: float) -> Row | None:
        return next((row for row in self.rows if not row.difference <= tolerance), None)


def compare_net(
    net_file: AnyPath,
    weights: Sequence[AnyPath] = (),
    inputs: Mapping[str, Array] | None = None,
    *,
    place: Place,
    phase: str = "TEST",
    backward: bool = False,
    seed: int = 1,
) -> Parity:
    """Runs a net forward (and backward) on both engines.

    Without `weights` both start from what our fillers draw; input blobs that are not given hold normal random numbers.
    Raises what building the net raises, and CheckFailed.
    """
    param = read_net(net_file)
    with _aside() as aside:
        notes = _leave_out_dropout(param)
        has_loss = any(rule_for(layer.type).is_loss or any(layer.loss_weight) for layer in param.layer)
        if backward and not has_loss:
            param.force_backward = True
            notes.append("the net has no loss: its outputs start with random diffs, and force_backward is on")
        file = _written(param, aside / "net.prototxt")
        device.set_random_seed(seed)
        net = Net(file, PHASES[phase], weights=None)
        for name in weights:
            net.copy_from(name)
        start = os.fspath(aside / "start.caffemodel")
        net.save(start)
        fed = _inputs(net, inputs or {}, seed)
        if backward and not has_loss:
            fed |= _first_diffs(net, seed)
        ours = _run(net, fed, backward)
        net.close()
        given, found = aside / "inputs.npz", aside / "found.npz"
        np.savez(given, **fed)  # type: ignore[arg-type]
        with RealCaffe(place, [aside]) as caffe:
            caffe.ask("load_net", file=file, phase=phase, weights=[start], gpu=None)
            caffe.ask("run_net", inputs=os.fspath(given), seed=seed, backward=backward, into=os.fspath(found))
        with np.load(found) as theirs:
            return Parity(tuple(_rows(net, ours, theirs)), tuple(notes))


def compare_steps(
    solver_file: AnyPath, weights: Sequence[AnyPath] = (), *, place: Place, steps: int, seed: int = 1
) -> Parity:
    """Takes `steps` solver steps on both engines from the same weights, and compares the parameters afterwards."""
    param = read_solver(solver_file)
    if param.random_seed < 0:
        param.random_seed = seed
    with _aside() as aside:
        train = train_source(param).net
        notes = _leave_out_dropout(train)
        for field in ("net", "net_param", "train_net", "train_net_param", "test_net", "test_net_param"):
            param.ClearField(field)
        for field in ("weights", "snapshot", "display", "test_iter", "test_state", "test_interval"):
            param.ClearField(field)
        param.train_net = _written(train, aside / "train.prototxt")
        param.snapshot_prefix = os.fspath(aside / "snapshot")
        file = _written(param, aside / "solver.prototxt")
        solver = get_solver(file)
        for name in weights:
            solver.net.copy_from(name)
        start = os.fspath(aside / "start.caffemodel")
        solver.net.save(start)
        solver.close()
        # anew, so that what the data layers draw is drawn from the seed on, as on the other side
        solver = get_solver(file)
        solver.net.copy_from(start)
        solver.step(steps)
        ours = _params(solver.net)
        net = solver.net
        solver.close()
        found = aside / "found.npz"
        with RealCaffe(place, [aside]) as caffe:
            caffe.ask("load_solver", file=file, weights=[start], snapshot=None, gpu=None)
            for _ in range(steps):
                caffe.ask("clear_diffs")
                for _ in range(param.iter_size):
                    caffe.ask("forward_backward", outputs=False)
                caffe.ask("apply_update")
            caffe.ask("save_params", file=os.fspath(found))
        with np.load(found) as theirs:
            return Parity(tuple(_rows(net, ours, theirs)), tuple(notes))


@contextmanager
def _aside() -> Iterator[Path]:
    """A folder that real Caffe sees too: below the current one."""
    with tempfile.TemporaryDirectory(prefix=".parity-", dir=".") as folder:
        yield Path(folder).resolve()


def _written(message: Any, file: Path) -> str:
    write_text(file, message)
    return os.fspath(file)


def _leave_out_dropout(net: Any) -> list[str]:
    layers = [layer for layer in net.layer if layer.type == "Dropout"]
    for layer in layers:
        layer.dropout_param.dropout_ratio = 0
    names = ", ".join(dict.fromkeys(layer.name for layer in layers))
    return [f"dropout_ratio is 0 in {names}: each engine draws its own numbers"] if layers else []


def _inputs(net: Net, given: Mapping[str, Array], seed: int) -> dict[str, Array]:
    numbers = np.random.default_rng(seed)
    for name in given:
        if name not in net.inputs:
            raise UnknownNameError("input blob", name, net.inputs)
    fed: dict[str, Array] = {}
    for name in net.inputs:
        blob = net.blobs[name]
        fed[f"data/{name}"] = given[name] if name in given else numbers.standard_normal(blob.shape).astype(np.float32)
        blob.reshape(*fed[f"data/{name}"].shape)
    net.reshape()
    return fed


def _first_diffs(net: Net, seed: int) -> dict[str, Array]:
    numbers = np.random.default_rng([seed, 1])
    return {f"diff/{name}": numbers.standard_normal(net.blobs[name].shape).astype(np.float32) for name in net.outputs}


def _run(net: Net, fed: Mapping[str, Array], backward: bool) -> dict[str, Array]:
    """What the worker's run_net does, on our side."""
    for key, array in fed.items():
        if key.startswith("data/"):
            net.blobs[key[5:]].data[...] = array
    found: dict[str, Array] = {}
    for index in range(len(net.layers)):
        net._forward(index, index)
        for top in net._top_ids(index):
            found[f"top/{index}/{net._blob_names[top]}"] = net._blobs[top].data.copy()
    if backward:
        net.clear_param_diffs()
        for key, array in fed.items():
            if key.startswith("diff/"):
                net.blobs[key[5:]].diff[...] = array
        net._backward(len(net.layers) - 1, 0)
        found |= {f"diff/{name}": blob.diff.copy() for name, blob in net.blobs.items()}
        found |= _params(net, diffs=True)
    return found


def _params(net: Net, *, diffs: bool = False) -> dict[str, Array]:
    kind = "param diff" if diffs else "param"
    return {
        f"{kind}/{layer.name}/{index}": (blob.diff if diffs else blob.data).copy()
        for layer in net.layers
        for index, blob in enumerate(layer.blobs)
    }


def _rows(net: Net, ours: Mapping[str, Array], theirs: Any) -> Iterator[Row]:
    """One row per array, tops in the order of the layers, then diffs from the last layer down, as they were made."""
    types = {layer.name: layer.type for layer in net.layers}
    makers = {net._blob_names[top]: i for i in range(len(net.layers)) for top in net._top_ids(i)}
    for key, array in _in_order(ours, makers, list(types)):
        if key not in theirs:
            raise NetError("", f"real Caffe's net has no {key}; it is another net")
        what, *where = key.split("/", 2)
        if what == "top":
            layer = net.layers[int(where[0])].name
            name = where[1]
        elif what == "diff":
            name = "/".join(where)
            layer = net.layers[makers[name]].name
        else:
            layer, _, index = "/".join(where).rpartition("/")
            name = f"{layer}[{index}]"
        yield Row(layer, types[layer], what, name, array.shape, *differences(array, theirs[key], key))


def _in_order(ours: Mapping[str, Array], makers: Mapping[str, int], layers: list[str]) -> list[tuple[str, Array]]:
    def place(item: tuple[str, Array]) -> tuple[int, int]:
        kind, _, rest = item[0].partition("/")
        if kind == "top":
            return 0, int(rest.partition("/")[0])
        if kind == "diff":
            return 1, -makers[rest]
        layer = layers.index(rest.rpartition("/")[0])
        return (1, -layer) if kind == "param diff" else (0, layer)

    return sorted(ours.items(), key=place)


def differences(ours: Array, theirs: Array, what: str = "") -> tuple[float, int]:
    """The largest difference as a part of real Caffe's largest value, and how many are above ABOVE.

    NaN or an infinity in the same place on both sides is no difference. Raises DataError for two shapes.
    """
    if ours.shape != theirs.shape:
        raise DataError(f"{what}: has shape {ours.shape} here and {theirs.shape} in real Caffe")
    same = (ours == theirs) | (np.isnan(ours) & np.isnan(theirs))
    if same.all():
        return 0.0, 0
    with np.errstate(invalid="ignore", divide="ignore"):
        apart = np.where(same, 0, np.abs(ours - theirs) / np.abs(theirs).max())
    apart[~np.isfinite(apart)] = np.inf
    return float(apart.max()), int((apart > ABOVE).sum())
