"""The engines that can train: one file each, found by its name. `start` in such a file makes its Engine."""

from __future__ import annotations

import pkgutil
from collections.abc import Callable, Mapping
from importlib import import_module
from typing import TYPE_CHECKING, Any, Protocol

from ...errors import UnknownNameError
from ..events import SolverEvent
from ..plan import Plan

if TYPE_CHECKING:
    from ...bvlc import Place
    from ...engine.events import Request

ENGINES = tuple(module.name for module in pkgutil.iter_modules(__path__))


class Engine(Protocol):
    """A solver with its nets, built and ready to go on from `iteration`."""

    device: str
    plan: Plan
    iteration: int

    def limit_filters(self, limits: Mapping[str, float]) -> None:
        """Keeps filters small from now on: the largest root mean square by layer name (see filters)."""

    def run(self, tell: Callable[[SolverEvent], None], ask: Callable[[], Request]) -> None:
        """Trains up to max_iter as Caffe's solver does; `ask` is called between iterations and test batches."""

    def close(self) -> None:
        """Ends threads, files and processes."""


def start(engine: str, param: Any, *, snapshot: str | None, gpu: int | None, place: Place | None = None) -> Engine:
    """Builds the nets of a SolverParameter; takes up the solverstate `snapshot` where given.

    `place`: where real Caffe is, for the engine `caffe`.

    Raises UnknownNameError for an unknown engine, and what building the nets raises.
    """
    if engine not in ENGINES:
        raise UnknownNameError("engine", engine, ENGINES)
    made: Engine = import_module(f"{__name__}.{engine}").start(param, snapshot=snapshot, gpu=gpu, place=place)
    return made
