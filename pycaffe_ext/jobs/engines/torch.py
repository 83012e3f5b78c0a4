"""The embedded engine: Caffe on PyTorch, in this process."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from math import prod
from typing import Any

import torch

from ...bvlc import Place
from ...engine import device, parameters
from ...engine.events import Request
from ...engine.filter_norms import FilterNorms
from ...engine.memory import FLOAT, VIEWS
from ...engine.net import Net
from ...engine.solver import Solver, get_solver
from ...errors import OptionError
from ...proto import caffe_pb2
from ..events import SolverEvent
from ..plan import LayerPlan, NetPlan, Plan


class TorchEngine:
    """See Engine."""

    def __init__(self, solver: Solver, device_name: str) -> None:
        self._solver = solver
        self.device = device_name
        self.iteration = solver.iter
        self.plan = _plan(solver)

    def limit_filters(self, limits: Mapping[str, float]) -> None:
        self._solver.listeners.append(FilterNorms(self._solver.net, limits))

    def run(self, tell: Callable[[SolverEvent], None], ask: Callable[[], Request]) -> None:
        self._solver.listeners.append(tell)
        self._solver.ask = ask
        self._solver.solve()

    def close(self) -> None:
        self._solver.close()


def start(param: Any, *, snapshot: str | None, gpu: int | None, place: Place | None) -> TorchEngine:
    """See engines.start."""
    if place is not None:
        raise OptionError(f"{place} holds real Caffe; to train with it say --engine caffe")
    device.use_mode(param, gpu)
    solver = get_solver(param)
    solver.check_rate()
    if snapshot is not None:
        solver.restore(snapshot)
    return TorchEngine(solver, _device_name(param))


def _device_name(param: Any) -> str:
    where = device.current()
    if where.type == "cuda":
        return f"GPU {where.index} ({torch.cuda.get_device_name(where)})"
    if param.HasField("solver_mode") and param.solver_mode == caffe_pb2.SolverParameter.GPU:
        return "the CPU (solver_mode asks for a GPU, PyTorch sees none)"
    return "the CPU"


def _plan(solver: Solver) -> Plan:
    net = _net_plan(solver.net)
    return Plan(
        net=net,
        tests=tuple(map(_net_plan, solver.test_nets)),
        images=net.batch_size * solver.param.iter_size,
        parameters=sum(learnable.blob.count for learnable in solver.net.learnables),
        learned=sum(learnable.blob.count for learnable in solver.net.learnables if learnable.lr_mult),
        memory=_memory(solver),
    )


def _net_plan(net: Net) -> NetPlan:
    first = net._blobs[0].shape if net._blobs else ()
    return NetPlan(
        name=net.name,
        batch_size=first[0] if first else 1,
        layers=tuple(
            LayerPlan(
                name=layer.name,
                type=layer.type,
                tops=tuple(net._blobs[top].shape for top in net._top_ids(i)),
                params=tuple(blob.shape for blob in layer.blobs),
                lr_mults=tuple(spec.lr_mult for spec in parameters.specs(layer)),
                keeps_statistics=layer.type == "BatchNorm" and not _uses_global_statistics(layer.param),
            )
            for i, layer in enumerate(net.layers)
        ),
        outputs={name: net.blob_loss_weights[name] for name in net.outputs},
    )


def _uses_global_statistics(param: Any) -> bool:
    return bool(param.batch_norm_param.use_global_stats)


def _memory(solver: Solver) -> dict[str, int]:
    """Bytes of what is kept from one pass to the next; a layer's own scratch memory comes on top."""
    learned = [learnable.blob.count for learnable in solver.net.learnables if learnable.lr_mult]
    return {
        "parameters": FLOAT * sum(learnable.blob.count for learnable in solver.net.learnables),
        "their diffs and history": FLOAT * sum(learned) * (1 + solver.n_history),
        "blobs and their diffs": FLOAT * _kept_by_training(solver.net),
        "blobs of the test nets": FLOAT * sum(prod(blob.shape) for net in solver.test_nets for blob in net._blobs),
    }


def _kept_by_training(net: Net) -> int:
    """Numbers in all tops, in-place ones once per layer (backward needs each), and in the diffs."""
    data = 0
    with_diff: set[int] = set()
    for i, layer in enumerate(net.layers):
        bottoms, tops = net._bottom_ids(i), net._top_ids(i)
        runs_backward = any(spec.lr_mult for spec in parameters.specs(layer)) or not with_diff.isdisjoint(bottoms)
        if runs_backward:
            with_diff.update(tops)
        if layer.type not in VIEWS:
            data += sum(net._blobs[top].count for top in tops if runs_backward or top not in bottoms)
    return data + sum(net._blobs[blob].count for blob in with_diff)
