"""Runs cases in several processes, and sees to it that none dies, hangs or takes too much."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from queue import Queue
from typing import IO

from .worker import MEMORY

ROOT = Path(__file__).parents[2]
SECONDS = 5.0  # of computing: other processes may have the machine in between

Case = tuple[str, int]


@dataclass(frozen=True)
class Outcome:
    """What came of a case; `wrong` is empty where all is well. `memory`: bytes, libraries included."""

    case: Case
    result: str
    wrong: str
    seconds: float = 0.0
    memory: int = 0


def run(cases: Iterable[Case], prepared: Path, processes: int = 2) -> Iterator[Outcome]:
    """The outcomes of all cases, as they come. `prepared`: the folder that material.prepare filled."""
    waiting: Queue[Case | None] = Queue()
    for case in cases:
        waiting.put(case)
    done: Queue[Outcome | None] = Queue()
    threads = [threading.Thread(target=_serve, args=(waiting, done, prepared)) for _ in range(processes)]
    for thread in threads:
        waiting.put(None)
        thread.start()
    for _ in threads:
        yield from iter(done.get, None)


def _serve(waiting: Queue[Case | None], done: Queue[Outcome | None], prepared: Path) -> None:
    worker = _Worker(prepared)
    for case in iter(waiting.get, None):
        outcome = worker.ask(case)
        if worker.has_died:
            worker.close()
            worker = _Worker(prepared)
        done.put(outcome)
    worker.close()
    done.put(None)


class _Worker:
    def __init__(self, prepared: Path) -> None:
        self._errors: IO[bytes] = tempfile.TemporaryFile()  # noqa: SIM115  (as long as the process)
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.robustness.worker", str(prepared)],
            cwd=ROOT,
            env=os.environ | {"PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._errors,
            text=True,
        )

    def ask(self, case: Case) -> Outcome:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        print(*case, file=self._process.stdin, flush=True)
        line = self._process.stdout.readline()
        if not line:
            self._process.wait()
            self._errors.seek(0)
            words = self._errors.read().decode(errors="replace")
            words = words if len(words) < 4000 else f"{words[:2000]}\n...\n{words[-2000:]}"
            return Outcome(case, "death", f"the process ended with status {self._process.returncode}: {words}")
        outcome = Outcome(case, **json.loads(line))
        if not outcome.wrong and outcome.seconds > SECONDS:
            return replace(outcome, wrong=f"took {outcome.seconds:.1f} s: {outcome.result}")
        if not outcome.wrong and outcome.memory > MEMORY:
            return replace(outcome, wrong=f"took {outcome.memory >> 20} MB: {outcome.result}")
        return outcome

    @property
    def has_died(self) -> bool:
        return self._process.poll() is not None

    def close(self) -> None:
        assert self._process.stdin is not None
        self._process.stdin.close()
        self._process.wait()
        assert self._process.stdout is not None
        self._process.stdout.close()
        self._errors.close()
