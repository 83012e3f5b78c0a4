"""Names at pycaffe's own place, and those of its C++ part that belong to no other module."""

from __future__ import annotations

import time
from typing import Any

import torch

from . import glog
from .command.solver_log import SolverLog
from .engine import device
from .engine.net import Net
from .engine.solver import Solver
from .engine.solvers import AdaDeltaSolver, AdaGradSolver, AdamSolver, NesterovSolver, RMSPropSolver, SGDSolver

__all__ = [
    "NCCL",
    "AdaDeltaSolver",
    "AdaGradSolver",
    "AdamSolver",
    "NesterovSolver",
    "Net",
    "RMSPropSolver",
    "SGDSolver",
    "Timer",
    "has_nccl",
    "init_log",
    "log",
    "set_multiprocess",
    "set_solver_count",
    "set_solver_rank",
    "solver_count",
    "solver_rank",
]


class Timer:
    """Measures time between `start` and `stop`; on a GPU the work that was started is waited for."""

    def __init__(self) -> None:
        self._started: float | None = None
        self._seconds = 0.0

    def start(self) -> None:
        self._started = _now()

    def stop(self) -> None:
        if self._started is not None:
            self._seconds, self._started = _now() - self._started, None

    @property
    def ms(self) -> float:
        """Milliseconds from start to stop; stops a timer that runs."""
        self.stop()
        return 1000 * self._seconds


def _now() -> float:
    if device.current().type == "cuda":
        torch.cuda.synchronize(device.current())
    return time.perf_counter()


class NCCL:
    """What pycaffe has in a build without NCCL: it can be made, and does nothing. One process trains here."""

    def __init__(self, solver: Any, uid: str) -> None:
        pass


def has_nccl() -> bool:
    """Whether several processes can train together: no."""
    return False


def solver_count() -> int:
    """How many solvers the script says share the work; 1 unless set."""
    return device.solvers()[0]


def set_solver_count(count: int) -> None:
    device.set_solvers(count=count)


def solver_rank() -> int:
    """Which of them this process is, from 0."""
    return device.solvers()[1]


def set_solver_rank(rank: int) -> None:
    device.set_solvers(rank=rank)


def set_multiprocess(multiprocess: bool) -> None:
    """Taken, and without effect: one process trains here."""


def init_log(level: int = 0, stderr: bool = True) -> None:
    """Makes solvers that are built from now on write Caffe's log lines, but for those below `level`.

    `level`: 0 all, 1 warnings, 2 errors; GLOG_minloglevel of the environment does the same. The lines go to
    standard error whatever `stderr` says.
    """
    glog.configure(minimum=level)
    if SolverLog not in Solver.new_listeners:
        Solver.new_listeners.append(SolverLog)


def log(message: str) -> None:
    """Writes a line into the log."""
    glog.log("_caffe.cpp:55", message)
