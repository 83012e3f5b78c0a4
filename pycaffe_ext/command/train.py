"""`train`: trains the net of a solver prototxt."""

from __future__ import annotations

from typing import Any

import torch

from ..engine.net import Net
from ..engine.solver import Solver, get_solver
from ..engine.solver_nets import Source, test_sources, train_source
from ..errors import OptionError, UnknownNameError
from ..glog import log
from ..jobs.engines import ENGINES
from ..jobs.signals import EFFECTS, Signals
from ..model.load import read_solver
from ..proto import caffe_pb2
from . import gpus, real_train
from .flags import Flags
from .net_log import log_ignored, log_net, log_upgrade, text_of
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
    if flags.engine not in ENGINES:
        raise UnknownNameError("engine", flags.engine, ENGINES)
    if flags.engine == "caffe":
        with Signals(flags.sigint_effect, flags.sighup_effect) as signals:
            real_train.run(flags, param, signals.ask)
        return
    gpus.choose(_gpu(param, flags.gpu), "caffe.cpp:197")
    with Signals(flags.sigint_effect, flags.sighup_effect) as signals:
        log("solver.cpp:45", f"Initializing solver from parameters: \n{text_of(param)}")
        solver = get_solver(param)
        solver.ask = signals.ask
        try:
            _log_nets(solver)
            if flags.snapshot:
                log("caffe.cpp:235", f"Resuming from {flags.snapshot}")
                solver.restore(flags.snapshot)
                for file in solver.net.ignored_layers:
                    log_ignored(solver.net, file)
                if not flags.snapshot.endswith(".h5"):
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
    if "," in flag or len(gpus.numbers(flag)) > 1:
        raise OptionError(f"-gpu {flag}: training runs on one GPU; give its number")
    if flag or not param.HasField("solver_mode") or param.solver_mode != caffe_pb2.SolverParameter.GPU:
        return flag
    if torch.cuda.is_available():
        return str(param.device_id)
    log("caffe.cpp:197", "solver_mode asks for a GPU, PyTorch sees none", "W")
    return ""


def _log_nets(solver: Solver) -> None:
    source = train_source(solver.param)
    log("solver.cpp:102", f"Creating training net {_origin(source, 'from', 'specified in')}")
    _log_one(solver.net, source)
    for i, (net, source) in enumerate(zip(solver.test_nets, test_sources(solver.param), strict=True)):
        log("solver.cpp:190", f"Creating test net (#{i}) specified by {_origin(source, '', '').strip(' .')}")
        _log_one(net, source)
    log("solver.cpp:57", "Solver scaffolding done.")


def _origin(source: Source, before_file: str, before_field: str) -> str:
    """Where a net comes from, as Caffe words it: `from net file: net.prototxt`, `specified in net_param.`"""
    return f"{before_file} {source.field} file: {source.file}" if source.file else f"{before_field} {source.field}."


def _log_one(net: Net, source: Source) -> None:
    if source.file:
        log_upgrade(source.file)
    log_net(net, source.net)
    for file in net.ignored_layers:
        log("solver.cpp:72", f"Finetuning from {file}")
        log_ignored(net, file)
