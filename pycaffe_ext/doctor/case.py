"""What the doctor is shown: a net's text, its two phases, and solver, weights and databases where they are given."""

from __future__ import annotations

import shlex
from collections.abc import Iterable, Mapping
from functools import cached_property
from os import PathLike
from typing import Protocol, TypeVar

from ..errors import CaffeError
from ..model.upgrade import upgrade_net
from ..model.view import LayerView, NetView
from ..proto.caffe_pb2 import TEST, TRAIN, NetParameter, NetState
from ..surgery.inputs import is_data
from ..surgery.schema import read_net
from ..surgery.weights import Weights
from ..text import Document, Scalar
from .data_source import DataSource, Paths
from .finding import Finding, Severity
from .phase_net import PhaseNet
from .solver_file import SolverFile

T = TypeVar("T")


class Progress(Protocol):
    """Gives the items on, and shows how far it is."""

    def __call__(self, items: Iterable[T], total: int, what: str) -> Iterable[T]: ...


def _silent(items: Iterable[T], total: int, what: str) -> Iterable[T]:
    return items


class Case:
    """A net with whatever else is known. What is not given stays None; checks say what they lack.

    `databases`: paths by the source as the net writes it, where they lie elsewhere. `gpu_memory`: bytes.
    `sample`: how many images or label maps of each database are looked at, evenly spread; labels of single
    images are all read. `progress` wraps what takes long: progress(items, total, what).
    """

    def __init__(
        self,
        document: Document,
        *,
        solver: SolverFile | None = None,
        weights: Weights | None = None,
        deploy: Document | None = None,
        databases: Mapping[str, str | PathLike[str]] | None = None,
        gpu_memory: float | None = None,
        sample: int = 2000,
        progress: Progress = _silent,
    ) -> None:
        self.document, self.file = document, document.file
        self.net = NetView(document)
        self.solver, self.weights = solver, weights
        self.deploy = Case(deploy) if deploy is not None else None
        self.gpu_memory, self.sample, self.progress = gpu_memory, sample, progress
        self.paths = Paths(document.file, {name: str(path) for name, path in (databases or {}).items()})
        self._sources: dict[int, DataSource] = {}

    def close(self) -> None:
        """Lets go of the databases that were looked at: LMDB opens each only once in a process."""
        for source in self._sources.values():
            source.close()

    @cached_property
    def message(self) -> NetParameter | None:
        """The net in Caffe's current form, fields of forks left out; None where `problem` says why not."""
        try:
            return upgrade_net(read_net(self.document))
        except CaffeError:
            return None

    @cached_property
    def problem(self) -> CaffeError | None:
        """Why Caffe cannot read the net at all, fields and types of forks apart."""
        try:
            upgrade_net(read_net(self.document))
        except CaffeError as error:
            return error
        return None

    @cached_property
    def is_deploy(self) -> bool:
        """Whether the net is one that only predicts: nothing in it reads data or measures a loss."""
        return not any(is_data(layer) for layer in self.net.layers) and not self.train.losses

    @cached_property
    def train(self) -> PhaseNet:
        state = NetState(phase=TRAIN)
        if self.solver is not None:
            state.MergeFrom(self.solver.message.train_state)
        return PhaseNet(self, state)

    @cached_property
    def test(self) -> PhaseNet:
        """The first test net of the solver, where there is one."""
        state = NetState(phase=TEST)
        if self.solver is not None and self.solver.message.test_state:
            state.MergeFrom(self.solver.message.test_state[0])
        return PhaseNet(self, state)

    @cached_property
    def phases(self) -> tuple[PhaseNet, ...]:
        """The phases that the net is made for: all of them that a solver names, else those that have what they take."""
        if self.is_deploy:
            return (self.test,)
        if self.solver is not None:
            return (self.train, self.test) if self.solver.message.test_iter else (self.train,)
        return tuple(net for net in (self.train, self.test) if not net.is_partial)

    def source(self, layer: LayerView) -> DataSource:
        """What a data layer reads, opened once."""
        if layer.index not in self._sources:
            self._sources[layer.index] = DataSource(layer, self.message_of(layer), self.paths)
        return self._sources[layer.index]

    def message_of(self, layer: LayerView) -> object:
        """The layer in Caffe's current form; None where there is none, as for the padding layers of V0."""
        return self._messages.get(layer.index)

    @cached_property
    def _messages(self) -> dict[int, object]:
        layers = list(self.message.layer) if self.message is not None else []
        if len(layers) == len(self.net.layers) + 1 and self.net.inputs:
            layers = layers[1:]
        if len(layers) == len(self.net.layers):
            return dict(enumerate(layers))
        by_name = {_identity(layer.name, layer.top): layer for layer in layers}
        found = {view.index: by_name.get(_identity(view.name, view.top_names)) for view in self.net.layers}
        return {index: layer for index, layer in found.items() if layer is not None}

    def finding(
        self,
        severity: Severity,
        at: LayerView | Scalar | None,
        problem: str,
        effect: str,
        remedy: str = "",
        commands: Iterable[str] = (),
        *,
        layer: LayerView | None = None,
    ) -> Finding:
        """A finding about a layer, or about a value (then `layer` may say whose)."""
        named = at if isinstance(at, LayerView) else layer
        start = at.message.start if isinstance(at, LayerView) else None if at is None else at.start
        line = 0 if start is None else self.document.position(start)[0]
        name = named.name if named is not None else ""
        return Finding(severity, self.file, line, name, problem, effect, remedy, tuple(commands))

    def error(self, at: LayerView | Scalar | None, problem: str, effect: str, remedy: str, *commands: str) -> Finding:
        return self.finding(Severity.ERROR, at, problem, effect, remedy, commands)

    def warning(self, at: LayerView | Scalar | None, problem: str, effect: str, remedy: str, *commands: str) -> Finding:
        return self.finding(Severity.WARNING, at, problem, effect, remedy, commands)

    def note(self, at: LayerView | Scalar | None, problem: str, effect: str, remedy: str, *commands: str) -> Finding:
        return self.finding(Severity.NOTE, at, problem, effect, remedy, commands)

    def surgery(self, *options: str) -> str:
        """The command that does this to the net."""
        return shlex.join(["surgery.py", self.file, *options, "--in-place"])


def _identity(name: str, tops: Iterable[str]) -> tuple[str, ...]:
    return (name, *tops)
