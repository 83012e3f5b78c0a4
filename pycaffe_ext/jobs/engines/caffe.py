"""Genuine BVLC Caffe, in a process of its own (see bvlc): the same loop, events and files as the torch engine."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Callable, Mapping
from math import prod
from pathlib import Path
from typing import Any

from ...bvlc import CheckFailed, Place, RealCaffe
from ...engine.events import Output, Request
from ...engine.loop import Outputs, SolverLoop
from ...engine.solver_nets import test_sources, train_source
from ...errors import FileError, OptionError
from ...model.phases import filter_net
from ...proto import caffe_pb2
from ...proto.files import write_text
from ..events import SolverEvent
from ..plan import LayerPlan, NetPlan, Plan
from ..real_snapshots import RealSnapshots

_FLOAT = 4
_HISTORIES = {"AdaDelta": 2, "Adam": 2}  # blobs per parameter, where it is not one


class RealSolver(SolverLoop):
    """The loop over real Caffe's passes and updates."""

    def __init__(self, param: Any, caffe: RealCaffe, snapshots: RealSnapshots, layers: int) -> None:
        super().__init__(param)
        self._caffe, self._snapshots, self._layers = caffe, snapshots, layers
        self._last: Any = None
        self.filter_limits: dict[str, float] = {}

    def _clear_diffs(self) -> None:
        self._caffe.ask("clear_diffs")

    def _forward_backward(self, displayed: bool) -> float:
        self._last = self._caffe.ask("forward_backward", outputs=displayed)
        return float(self._last["loss"])

    def _outputs(self) -> Outputs:
        return _flat(self._last["outputs"])

    def apply_update(self) -> float:
        rate = self.lr
        self.iter = int(self._caffe.ask("apply_update", filters=self.filter_limits))
        return rate

    def _forward(self) -> float:
        return float(self._caffe.ask("forward"))

    def _begin_test(self, index: int) -> None:
        self._caffe.ask("share", test=index)

    def _test_batch(self, index: int) -> tuple[float, Outputs]:
        answer = self._caffe.ask("test_batch", test=index)
        return answer["loss"], _flat(answer["outputs"])

    def _write_snapshot(self) -> tuple[str, str]:
        try:
            self._caffe.ask("snapshot")
        except CheckFailed as error:
            raise FileError(f"{self.param.snapshot_prefix}_iter_{self.iter}", f"{error}; is the disk full?") from error
        return self._snapshots.take_over(self.iter, self._layers)


class CaffeEngine:
    """See Engine."""

    def __init__(self, solver: RealSolver, plan: Plan, device: str, close: Callable[[], None]) -> None:
        self.solver = self._solver = solver
        self.plan, self.device, self.iteration = plan, device, solver.iter
        self.close = close

    def limit_filters(self, limits: Mapping[str, float]) -> None:
        self._solver.filter_limits = dict(limits)

    def run(self, tell: Callable[[SolverEvent], None], ask: Callable[[], Request]) -> None:
        self._solver.listeners.append(tell)
        self._solver.ask = ask
        self._solver.solve_on()


def start(
    param: Any,
    *,
    snapshot: str | None,
    gpu: int | None,
    place: Place | None,
    on_line: Callable[[str], object] | None = None,
) -> CaffeEngine:
    """See engines.start. `place`: where real Caffe is; without it the python3 on the PATH has pycaffe.

    `on_line` gets the lines of Caffe's own log.
    """
    place = place or Place()
    folder = Path(param.snapshot_prefix).parent
    aside = Path(
        tempfile.mkdtemp(prefix=".caffe-", dir=folder if folder.is_dir() else ".")
    )  # a dry run makes no folder
    snapshots = RealSnapshots(
        aside, param.snapshot_prefix, as_hdf5=param.snapshot_format == caffe_pb2.SolverParameter.HDF5
    )
    weights = [name.strip() for names in param.weights for name in names.split(",")]
    caffe = None
    try:
        restored = snapshots.to_restore(snapshot) if snapshot else None
        named = [*weights, *([restored.state, restored.weights] if restored else [])]
        folders = [aside, *(Path(file).parent for file in named)]
        caffe = RealCaffe(place, folders, gpu=gpu is not None, on_line=on_line)
        gpu, device = _choose_device(caffe, param, gpu)
        file = _solver_file(param, aside, snapshots.prefix)
        state = restored.state if restored else None
        loaded = caffe.ask("load_solver", file=file, weights=weights, snapshot=state, gpu=gpu)
        if on_line is not None:
            caffe.catch_up()
    except BaseException:
        if caffe is not None:
            caffe.close()
        shutil.rmtree(aside, ignore_errors=True)
        raise
    running = caffe

    def close() -> None:
        running.close()
        shutil.rmtree(aside, ignore_errors=True)

    solver = RealSolver(param, caffe, snapshots, len(loaded["net"]["layers"]))
    solver.iter, solver.current_step = loaded["iter"], restored.step if restored else 0
    return CaffeEngine(solver, _plan(param, loaded), f"{device} with BVLC Caffe in {place}", close)


def _choose_device(caffe: RealCaffe, param: Any, gpu: int | None) -> tuple[int | None, str]:
    """The GPU to use and its name; as in the torch engine, solver_mode's GPU is a wish, --gpu is an order."""
    wished = param.HasField("solver_mode") and param.solver_mode == caffe_pb2.SolverParameter.GPU
    number = gpu if gpu is not None else (param.device_id if wished else None)
    if number is None:
        return None, "the CPU"
    if caffe.ask("has_gpu", number=number):
        return number, f"GPU {number}"
    if gpu is not None:
        raise OptionError(f"--gpu {gpu}: real Caffe in {caffe.place} can use no such GPU, or is built without CUDA")
    return None, "the CPU (solver_mode asks for a GPU, this Caffe can use none)"


def _solver_file(param: Any, aside: Path, prefix: str) -> str:
    """The solver for real Caffe: snapshots go aside, and when to make them is our loop's to say."""
    copy = caffe_pb2.SolverParameter()
    copy.CopyFrom(param)
    copy.snapshot_prefix = prefix
    for field in ("snapshot", "weights", "display"):
        copy.ClearField(field)
    file = aside / "solver.prototxt"
    write_text(file, copy)
    return os.fspath(file)


def _flat(blobs: list[tuple[str, float, list[float]]]) -> Outputs:
    return tuple(Output(name, value, weight) for name, weight, values in blobs for value in values)


def _plan(param: Any, loaded: dict[str, Any]) -> Plan:
    net = _net_plan(train_source(param).net, loaded["net"])
    tests = zip(test_sources(param), loaded["tests"], strict=True)
    sizes = {True: 0, False: 0}
    for layer in net.layers:
        for shape, rate in zip(layer.params, layer.lr_mults, strict=True):
            sizes[bool(rate)] += prod(shape)
    histories = _HISTORIES.get(param.type, 1)
    blobs = sum(prod(shape) for layer in net.layers for shape in layer.tops)
    return Plan(
        net=net,
        tests=tuple(_net_plan(source.net, described) for source, described in tests),
        images=net.batch_size * param.iter_size,
        parameters=sum(sizes.values()),
        learned=sizes[True],
        memory={
            "parameters": _FLOAT * sum(sizes.values()),
            "their diffs and history": _FLOAT * sum(sizes.values()) * (1 + histories),
            "blobs and their diffs": 2 * _FLOAT * blobs,
        },
    )


def _net_plan(net: Any, described: dict[str, Any]) -> NetPlan:
    texts = {layer.name: layer for layer in filter_net(net, net.state).layer}
    layers = described["layers"]
    first = layers[0]["tops"][0] if layers and layers[0]["tops"] else []
    return NetPlan(
        name=net.name,
        batch_size=first[0] if first else 1,
        layers=tuple(_layer_plan(texts.get(layer["name"]), layer) for layer in layers),
        outputs=dict(described["outputs"]),
    )


def _layer_plan(text: Any, layer: dict[str, Any]) -> LayerPlan:
    rates = [spec.lr_mult for spec in text.param] if text is not None else []
    params = tuple(map(tuple, layer["params"]))
    is_batch_norm = layer["type"] == "BatchNorm"
    rates += [0.0 if is_batch_norm else 1.0] * (len(params) - len(rates))
    return LayerPlan(
        name=layer["name"],
        type=layer["type"],
        tops=tuple(map(tuple, layer["tops"])),
        params=params,
        lr_mults=tuple(rates),
        keeps_statistics=is_batch_norm and text is not None and not text.batch_norm_param.use_global_stats,
    )
