"""`train`: trains the net of a solver prototxt."""

from __future__ import annotations

from typing import Any

import torch
from google.protobuf import text_format

from ..engine.solver import Solver, get_solver
from ..errors import OptionError
from ..glog import log
from ..jobs.signals import EFFECTS, Signals
from ..model.load import read_solver
from ..proto import caffe_pb2
from . import gpus
from .flags import Flags
from .net_log import log_net
from .solver_log import SolverLog


def run(flags: Flags) -> None:
    """Trains as the flags say; see Flags. Raises any CaffeError."""
    if not flags.solver:
        raise OptionError("train needs a solver: -solver SOLVER.prototxt")
    if flags.snapshot and flags.weights:
        raise OptionError("give -snapshot to resume training or -weights to fine-tune, but not both")
    for effect in (flags.sigint_effect, flags.sighup_effect):
        if effect not in EFFECTS:
            raise OptionError(f"a signal's effect is one of {', '.join(EFFECTS)}, got '{effect}'")
    param = read_solver(flags.solver)
    param.train_state.level = flags.level
    param.train_state.stage.extend(flags.stages)
    if flags.snapshot or flags.weights:
        param.ClearField("weights")
    if flags.weights:
        param.weights.append(flags.weights)
    gpus.choose(_gpu(param, flags.gpu), "caffe.cpp:197")
    with Signals(flags.sigint_effect, flags.sighup_effect) as signals:
        log("solver.cpp:45", f"Initializing solver from parameters: \n{text_format.MessageToString(param)}".rstrip())
        solver = get_solver(param)
        solver.ask = signals.ask
        try:
            _log_nets(solver)
            if flags.snapshot:
                log("caffe.cpp:235", f"Resuming from {flags.snapshot}")
                solver.restore(flags.snapshot)
                log("sgd_solver.cpp:336", "SGDSolver: restoring history")
            log("caffe.cpp:239", "Starting Optimization")
            lines = SolverLog(solver)
            solver.listeners.append(lines)
            lines.start()
            solver.solve()
            log("caffe.cpp:250", "Optimization Done.")
        finally:
            solver.close()


def _gpu(param: Any, flag: str) -> str:
    """The -gpu flag, else what solver_mode and device_id say; a solver that asks for a GPU runs without one too."""
    if len(gpus.numbers(flag)) > 1:
        raise OptionError(f"-gpu {flag}: training runs on one GPU; give its number")
    if flag or not param.HasField("solver_mode") or param.solver_mode != caffe_pb2.SolverParameter.GPU:
        return flag
    if torch.cuda.is_available():
        return str(param.device_id)
    log("caffe.cpp:197", "solver_mode asks for a GPU, PyTorch sees none", "W")
    return ""


def _log_nets(solver: Solver) -> None:
    files = [file.strip() for files in solver.param.weights for file in files.split(",")]
    for net in (solver.net, *solver.test_nets):
        if net is not solver.net:
            log("solver.cpp:190", f"Creating test net (#{solver.test_nets.index(net)})")
        log_net(net)
        for file in files:
            log("solver.cpp:72", f"Finetuning from {file}")
    log("solver.cpp:57", "Solver scaffolding done.")
