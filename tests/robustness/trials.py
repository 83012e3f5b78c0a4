"""What is done with a mutated file, as scripts and the commands do it; all but success or a CaffeError is wrong."""

from __future__ import annotations

import io
import logging
import os
import sys
import warnings
from collections.abc import Callable, Sequence
from contextlib import closing, redirect_stderr, redirect_stdout
from math import prod
from pathlib import Path
from random import Random
from typing import Any

import numpy as np

import pycaffe_ext as caffe
from pycaffe_ext import cli, glog
from pycaffe_ext.__main__ import caffe as caffe_command
from pycaffe_ext.engine.events import Event, Snapshotted
from pycaffe_ext.engine.net import Net
from pycaffe_ext.engine.solver import get_solver
from pycaffe_ext.errors import CaffeError
from pycaffe_ext.proto import caffe_pb2

from ..tool import command
from . import material
from .mutate_binary import hdf5
from .mutate_binary import weights as mutated_weights
from .mutate_text import prototxt

MOST_WORK = 3e8  # multiplications of a forward pass; a net of more is built, not run


class Wrong(Exception):
    """What no file may bring about: which, and how it was seen."""


def prototxts(random: Random, prepared: Path) -> str:
    """One mutated net or solver, tried in one way. Returns what came of it. Raises Wrong, and whatever escapes."""
    if random.random() < 0.25:
        return _solver_trial(random)
    Path("net.prototxt").write_bytes(prototxt(random, random.choice(material.nets())))
    return random.choice([_net_trial, _net_trial, _net_trial, _time_trial, _surgery_trial])(random)


def weights(random: Random, prepared: Path) -> str:
    """One mutated caffemodel or solverstate, loaded in one way."""
    given = random.choice(material.weights(prepared))
    path = Path(given.file.name)
    path.write_bytes(given.file.read_bytes())
    if path.suffix == ".h5":
        hdf5(random, path)
    else:
        kind = caffe_pb2.SolverState if path.suffix == ".solverstate" else caffe_pb2.NetParameter
        path.write_bytes(mutated_weights(random, path.read_bytes(), kind))
    Path("net.prototxt").write_text(given.net)
    Path("solver.prototxt").write_text(given.solver)
    if ".solverstate" in path.name:
        beside = prepared / "weights" / path.name.replace("solverstate", "caffemodel")
        Path(beside.name).symlink_to(beside)
        return random.choice([_restore_trial, _restore_trial, _resume_trial])(path)
    return random.choice([_load_trial, _load_trial, _as_net_trial, _score_trial, _tune_trial])(path)


# Through the API


def _attempt(action: Callable[[], None]) -> str:
    try:
        action()
    except CaffeError as error:
        if not str(error).strip():
            raise Wrong("an error without a message") from error
        return f"{type(error).__name__}: {error}"
    return "success"


def _net_trial(random: Random) -> str:
    def in_phase(phase: int) -> None:
        with closing(Net("net.prototxt", phase)) as net:
            if _work(net) < MOST_WORK:
                for name in net.inputs:
                    _fill(random, net.blobs[name].data)
                net.forward()
                net.backward()
                if random.random() < 0.1:
                    _save_and_load(net)

    return " / ".join(_attempt(lambda phase=phase: in_phase(phase)) for phase in (caffe.TRAIN, caffe.TEST))


def _fill(random: Random, array: Any) -> None:
    """An input: zeros, whole numbers (labels, indices), or whatever floats may be."""
    how = random.randrange(4)
    if how == 1:
        array[...] = np.random.default_rng(random.randrange(99)).integers(0, 3, array.shape)
    elif how == 2:
        array[...] = np.random.default_rng(random.randrange(99)).normal(0, 2, array.shape)
    elif how == 3:
        array[...] = random.choice([np.nan, np.inf, -1, 1e30, 2**31])


def _save_and_load(net: Net) -> None:
    net.save("saved.caffemodel")
    net.copy_from("saved.caffemodel")
    net.save_hdf5("saved.h5")
    net.load_hdf5("saved.h5")


def _work(net: Net) -> float:
    """Multiplications of a forward pass, roughly."""
    work = 0.0
    for layer, tops in zip(net.layers, net._tops, strict=True):
        param = layer.param
        window = [*param.convolution_param.kernel_size, param.pooling_param.kernel_size, param.lrn_param.local_size]
        weights = max((blob.count / max(1, blob.shape[0]) for blob in layer.blobs if blob.shape), default=1)
        around = min(max(1, *window) ** 2, 1e4) if not layer.blobs else 1
        work += sum(prod(top.shape) for top in tops) * max(weights, around)
    return work


def _solver_trial(random: Random) -> str:
    """A mutated solver, or a solver with a mutated net: built, stepped, saved and restored, or run by a command."""
    solver, net = material.solver(random), material.trained_net(random)
    mutates_net = random.random() < 0.4
    Path("net.prototxt").write_bytes(prototxt(random, net) if mutates_net else net.encode())
    content = solver.encode() if mutates_net else prototxt(random, solver, caffe_pb2.SolverParameter)
    Path("solver.prototxt").write_bytes(content)
    result = _attempt(_step_and_restore)
    if "too much work" in result:
        return result
    return random.choice([lambda: result, _train_trial, _tool_trial])()


class _TooMuch(CaffeError):
    """Not an error of the file: only more work than a trial has time for."""


def _step_and_restore() -> None:
    solver = get_solver("solver.prototxt")
    with closing(solver):
        iterations = max([solver.param.max_iter, solver.param.iter_size, *solver.param.test_iter], default=0)
        if sum(_work(net) for net in (solver.net, *solver.test_nets)) * max(1, iterations) > MOST_WORK:
            raise _TooMuch("too much work")
        told: list[Event] = []
        solver.listeners.append(told.append)
        solver.step(2)
        solver.snapshot()
        (*_, last) = (event for event in told if isinstance(event, Snapshotted))
        solver.restore(last.state)


def _restore_trial(path: Path) -> str:
    def restore() -> None:
        with closing(get_solver("solver.prototxt")) as solver:
            solver.restore(path)
            solver.step(1)

    return _attempt(restore)


def _load_trial(path: Path) -> str:
    def load() -> None:
        with closing(Net("net.prototxt", str(path), caffe.TEST)) as net:
            net.forward()

    return _attempt(load)


def _as_net_trial(path: Path) -> str:
    """A caffemodel holds the net too."""
    return _attempt(lambda: Net(path, caffe.TEST).close())


# Through the commands


def _command(name: str, main: Callable[[Sequence[str]], int | None], *arguments: str) -> str:
    """Runs a command; it must succeed, or end with status 2 and one line on standard error."""
    sys.argv[0] = name
    logging.root.handlers[:] = [logging.NullHandler()]  # notes and warnings may come before the error
    out, error = (io.TextIOWrapper(io.BytesIO(), "utf-8", errors="backslashreplace") for _ in range(2))
    with redirect_stdout(out), redirect_stderr(error), warnings.catch_warnings():
        warnings.simplefilter("always")
        status = cli.run(main, arguments)
    error.flush()
    told = error.buffer.getvalue().decode()  # type: ignore[attr-defined]
    lines = told.splitlines()
    if status not in (0, 2):
        raise Wrong(f"status {status}: {told}")
    if status == 2 and not (len(lines) == 1 and lines[0].startswith(f"{name}: error: ")):
        raise Wrong(f"not one line: {told}")
    if "Traceback" in told or any("Warning" in line for line in lines):
        raise Wrong(f"noise on standard error: {told}")
    return lines[-1] if status == 2 else "success"


def _caffe(*arguments: str) -> str:
    glog._State.minimum = 3  # debug_info writes what Caffe calls errors
    return _command("caffe", caffe_command, *arguments, "-minloglevel=3")


def _is_too_much(path: str) -> bool:
    try:
        with closing(Net(path, caffe.TRAIN)) as net:
            return _work(net) > MOST_WORK
    except CaffeError:
        return False


def _time_trial(random: Random) -> str:
    if _is_too_much("net.prototxt"):
        return "too much work"
    phase = random.choice(["TRAIN", "TEST"])
    return _caffe("time", "-model=net.prototxt", f"-phase={phase}", "-iterations=1")


def _train_trial() -> str:
    return _caffe("train", "-solver=solver.prototxt")


def _tool_trial() -> str:
    return _command("train.py", command("train").main, "solver.prototxt", "--quiet")


def _score_trial(path: Path) -> str:
    return _caffe("test", "-model=net.prototxt", f"-weights={path}", "-iterations=1")


def _tune_trial(path: Path) -> str:
    return _command("train.py", command("train").main, "solver.prototxt", "--weights", str(path), "--dry-run")


def _resume_trial(path: Path) -> str:
    return _command("train.py", command("train").main, "solver.prototxt", "--snapshot", str(path), "--quiet")


OPERATIONS = [
    ["--freeze-all"], ["--unfreeze", "*"], ["--freeze", "conv*"], ["--lr-mult", "*=1,2"], ["--rename", "layer=new"],
    ["--num-output", "ip*=3"], ["--to-deploy"], ["--freeze-up-to", "conv1"], ["--unfreeze-from", "ip"],
    ["--freeze-all", "--unfreeze", "*", "--to-deploy", "--input-shape", "1,3,9,9"], [],
]  # fmt: skip


def _surgery_trial(random: Random) -> str:
    before = Path("net.prototxt").read_bytes()
    where = random.choice([["-o", "out.prototxt"], ["--dry-run"], ["--in-place"]])
    result = _command("surgery.py", command("surgery").main, "net.prototxt", *random.choice(OPERATIONS), *where)
    if result != "success" and (Path("net.prototxt").read_bytes() != before or Path("out.prototxt").exists()):
        raise Wrong(f"wrote although it failed: {result}")
    return result


def leftovers() -> list[str]:
    """Files in the current folder that were begun and neither finished nor removed."""
    return [name for name in os.listdir() if ".part-" in name]
