"""The sides of the nets bench, each a process of its own that waits between its turns."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from pycaffe_ext.proto.files import write_text
from tests import real_caffe

from .case import ROOT, STEP, Case

HERE = Path(__file__).parent
REAL, OURS, EAGER, LAST, COMPILED = SIDES = ("real", "ours", "eager", "last", "compiled")
BY_HAND = (EAGER, LAST, COMPILED)
SOLVER = """net: "train.prototxt" base_lr: 1e-10 lr_policy: "fixed" momentum: 0.9 weight_decay: 5e-4
display: 0 snapshot_prefix: "x"
"""


@dataclass
class Found:
    """What one side gave: its least seconds, most MB, and seconds until its first call was over."""

    seconds: float
    memory: float
    start: float


class Side:
    """A worker that runs its task when asked."""

    def __init__(self, command: Sequence[str], env: dict[str, str], log: IO[str]) -> None:
        self._log = log
        self._process = subprocess.Popen(
            command, cwd=ROOT, env=env, text=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=log
        )
        self.times: list[float] = []
        self.start = 0.0

    def get_ready(self) -> None:
        """Waits for the first call, which takes memory and compiles. Raises RuntimeError with what it said last."""
        self.start = self._answer("ready")

    def take_turn(self) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write("\n")
        self._process.stdin.flush()
        self.times.append(self._answer("seconds"))

    def end(self) -> Found:
        assert self._process.stdin is not None
        self._process.stdin.close()
        return Found(min(self.times), self._answer("peak"), self.start)

    def stop(self) -> None:
        """Ends it wherever it is; does nothing to one that has ended."""
        self._process.kill()
        self._process.wait()
        for pipe in (self._process.stdin, self._process.stdout):
            assert pipe is not None
            pipe.close()

    def _answer(self, what: str) -> float:
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if not line:
            self._log.seek(0)
            raise RuntimeError(" ".join(self._log.read()[-300:].split()) or f"ended with {self._process.wait()}")
        return float(json.loads(line)[what])


def thread_limits(threads: int, *, passive: bool) -> dict[str, str]:
    """The environment in which every side uses as many threads; `passive`: they give up the core while they wait."""
    limits = {f"{library}_NUM_THREADS": str(threads) for library in ("OMP", "OPENBLAS", "MKL")}
    return limits | ({"OMP_WAIT_POLICY": "PASSIVE"} if passive else {})


def measure(case: Case, task: str, sides: Sequence[str], rounds: int, limits: dict[str, str]) -> dict[str, Found | str]:
    """By turns, `rounds` times each, what every side takes for a task; or why a side could not."""
    found: dict[str, Found | str] = {}
    with _job(case, task) as folder, ExitStack() as stack:
        running = {}
        for name in sides:
            side = stack.enter_context(_side(case, task, name, folder, limits))
            try:
                side.get_ready()
                running[name] = side
            except RuntimeError as problem:
                found[name] = str(problem)
        for _ in range(rounds):
            for side in running.values():
                side.take_turn()
        return found | {name: side.end() for name, side in running.items()}


@contextmanager
def _side(case: Case, task: str, name: str, folder: real_caffe.RealFolder, limits: dict[str, str]) -> Iterator[Side]:
    """The running worker; stopped at the end, if it has not come to its own."""
    env = os.environ | limits | {"TORCHINDUCTOR_CACHE_DIR": str(folder.path / "compiled")}
    if name == REAL:
        command = folder.command("python3", "worker.py", "real", task, ".", str(case.classes))
        env = real_caffe.environment | limits
    elif name == OURS:
        env["GLOG_minloglevel"] = "2"
        command = [sys.executable, "-m", f"{__package__}.worker", "ours", task, str(folder.path), str(case.classes)]
    else:
        command = [sys.executable, "-m", f"{__package__}.torch_worker", case.name, name, task]
    with tempfile.TemporaryFile("w+") as log:
        side = Side(command, env, log)
        try:
            yield side
        finally:
            side.stop()


@contextmanager
def _job(case: Case, task: str) -> Iterator[real_caffe.RealFolder]:
    """A folder with the prototxts, and the worker for real Caffe's Python."""
    with ExitStack() as stack:
        if real_caffe.problem:
            path = Path(stack.enter_context(tempfile.TemporaryDirectory()))
            folder = real_caffe.RealFolder(path, str(path))
        else:
            folder = stack.enter_context(real_caffe.folder())
        write_job(case, task, folder.path)
        (folder.path / "worker.py").write_text((HERE / "worker.py").read_text())
        yield folder


def write_job(case: Case, task: str, folder: Path) -> None:
    """train.prototxt and solver.prototxt, or the deploy net as TASK.prototxt."""
    write_text(folder / ("train.prototxt" if task == STEP else f"{task}.prototxt"), case.prototxt(task))
    if task == STEP:
        (folder / "solver.prototxt").write_text(SOLVER)
