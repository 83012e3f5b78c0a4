"""`train -engine caffe`: genuine Caffe trains in its own process; its log lines and those of our loop make one log."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Callable
from contextlib import closing
from types import SimpleNamespace
from typing import Any

from ..bvlc import Place
from ..engine.events import Request
from ..errors import OptionError
from ..glog import log
from ..jobs.engines import caffe
from ..jobs.plan import NetPlan
from .flags import Flags

# glog 0.6 writes the year too, which readers of Caffe's logs do not expect
_LINE = re.compile(r"([IWE])(?:\d{4})?(\d{4} [\d:.]+ +\d+ [\w.]+:\d+\] )")
# What our loop says too, with the user's file names
_SAID = ("Initializing solver from parameters", "Snapshotting ", "MultiStep Status", "Iteration ")


class RealLines:
    """Passes real Caffe's log lines on, without those that the loop over it writes itself."""

    def __init__(self) -> None:
        self._passing = False

    def __call__(self, line: str) -> None:
        head = _LINE.match(line)
        if head:
            self._passing = not line[head.end() :].startswith(_SAID)
            line = head[1] + head[2] + line[head.end() :]
        if self._passing and line.strip():  # lines without a head belong to the message before them
            sys.stderr.write(line)


class Shown:
    """What SolverLog asks of a solver, for one that is somewhere else."""

    def __init__(self, engine: caffe.CaffeEngine) -> None:
        self._solver = engine.solver
        self.param = engine.solver.param
        self.net = _named(engine.plan.net)
        self.test_nets = [_named(net) for net in engine.plan.tests]

    @property
    def iter(self) -> int:
        return self._solver.iter

    @property
    def current_step(self) -> int:
        return self._solver.current_step

    @property
    def stop_requested(self) -> bool:
        return self._solver.stop_requested


def run(flags: Flags, param: Any, ask: Callable[[], Request]) -> None:
    """Trains a SolverParameter where the flags say. Raises any CaffeError."""
    from .message_text import text_of
    from .solver_log import SolverLog

    os.environ.setdefault("GLOG_minloglevel", str(flags.minloglevel))
    log("solver.cpp:45", f"Initializing solver from parameters: \n{text_of(param)}")
    engine = caffe.start(
        param, snapshot=flags.snapshot or None, gpu=_gpu(flags), place=_place(flags), on_line=RealLines()
    )
    with closing(engine):
        log("caffe.cpp:239", f"Starting Optimization on {engine.device}")
        lines = SolverLog(Shown(engine))
        lines.start()
        engine.run(lines, ask)
        log("caffe.cpp:250", "Optimization Done.")


def _place(flags: Flags) -> Place | None:
    given = [name for name in ("caffe_python", "caffe_chroot", "docker") if getattr(flags, name)]
    if len(given) > 1:
        raise OptionError(f"give one of -{' and -'.join(given)}")
    return Place(flags.caffe_python or "python3", flags.caffe_chroot, flags.docker) if given else None


def _gpu(flags: Flags) -> int | None:
    if flags.gpu and not flags.gpu.isdigit():
        raise OptionError(f"-gpu {flags.gpu}: -engine caffe runs on one GPU; give its number")
    return int(flags.gpu) if flags.gpu else None


def _named(net: NetPlan) -> Any:
    layers = [SimpleNamespace(name=layer.name) for layer in net.layers]
    return SimpleNamespace(name=net.name, layers=layers, layer_dict={layer.name: layer for layer in layers})
