"""`train`: trains the net of a solver prototxt."""

from __future__ import annotations

from typing import Any

import torch

from ..engine.net import Net
from ..engine.solver import Solver, get_solver
from ..engine.solver_nets import Source, test_sources, train_source
from ..errors import OptionError, UnknownNameError
from ..glog import log, log_once
from ..jobs.engines import ENGINES
from ..jobs.signals import EFFECTS, Signals
from ..model.load import read_solver, read_solver_unchanged, read_unchanged
from ..model.upgrade_log import net_upgrade, solver_upgrade
from ..proto import caffe_pb2
from . import gpus, real_train
from .data_log import Restarts
from .flags import Flags
from .message_text import text_of
from .net_log import log_net, log_upgrade, log_weights
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
    log_upgrade(solver_upgrade(read_solver_unchanged(flags.solver), param, flags.solver))
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
    gpu = _gpu(param, flags.gpu)
    gpus.choose(gpu, "caffe.cpp:197", to_train=True)
    if gpu:
        param.device_id = gpus.numbers(gpu)[0]
    with Signals(flags.sigint_effect, flags.sighup_effect) as signals:
        log("solver.cpp:45", f"Initializing solver from parameters: \n{text_of(param)}")
        solver = get_solver(param)
        solver.ask = signals.ask
        try:
            restarts = _log_nets(solver)
            if flags.snapshot:
                log("caffe.cpp:235", f"Resuming from {flags.snapshot}")
                solver.restore(flags.snapshot)
                for taken in solver.net.weights_taken:
                    log_weights(taken)
                if not flags.snapshot.endswith(".h5"):
                    log("sgd_solver.cpp:336", "SGDSolver: restoring history")
                elif solver.history:
                    log_once("hdf5.cpp:33", "Datatype class: H5T_FLOAT")
            log("caffe.cpp:239", "Starting Optimization")
            lines = SolverLog(solver, restarts)
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


def _log_nets(solver: Solver) -> list[Restarts]:
    source, tests = train_source(solver.param), test_sources(solver.param)
    log("solver.cpp:102", f"Creating training net {_origin(source, 'from', 'specified in')}")
    _log_file(source)
    restarts = [_log_one(solver.net, source)]
    for one in tests:  # Caffe reads all of them before it builds the first
        _log_file(one)
    for i, (net, source) in enumerate(zip(solver.test_nets, tests, strict=True)):
        log("solver.cpp:190", f"Creating test net (#{i}) specified by {_origin(source, '', '').strip(' .')}")
        restarts.append(_log_one(net, source))
    log("solver.cpp:57", "Solver scaffolding done.")
    return restarts


def _origin(source: Source, before_file: str, before_field: str) -> str:
    """Where a net comes from, as Caffe words it: `from net file: net.prototxt`, `specified in net_param.`"""
    return f"{before_file} {source.field} file: {source.file}" if source.file else f"{before_field} {source.field}."


def _log_file(source: Source) -> None:
    if source.file:
        log_upgrade(net_upgrade(read_unchanged(source.file), source.file))


def _log_one(net: Net, source: Source) -> Restarts:
    log_net(net, source.net)
    for taken in net.weights_taken:
        log("solver.cpp:72", f"Finetuning from {taken.file}")
        log_weights(taken)
    return Restarts(net)
