"""Runs cases in several processes, and sees to it that none hangs, dies or takes too much."""

from __future__ import annotations

import json
import os
import select
import subprocess
import sys
import threading
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from queue import Queue
from typing import Any

from .worker import MEMORY

ROOT = Path(__file__).parents[2]
SECONDS = 5.0
HANGS = 30.0  # then the process is killed

Case = tuple[str, int]


@dataclass(frozen=True)
class Outcome:
    """What came of a case; `wrong` is empty where all is well."""

    case: Case
    result: str
    wrong: str
    seconds: float = 0.0
    memory: int = 0


def run(cases: Iterable[Case], prepared: Path, processes: int = 2) -> Iterator[Outcome]:
    """The outcomes of all cases, as they come."""
    waiting: Queue[Case] = Queue()
    for case in cases:
        waiting.put(case)
    done: Queue[Outcome | None] = Queue()
    threads = [threading.Thread(target=_serve, args=(waiting, done.put, prepared)) for _ in range(processes)]
    for thread in threads:
        thread.start()
    running = len(threads)
    while running:
        outcome = done.get()
        if outcome is None:
            running -= 1
        else:
            yield outcome


def _serve(waiting: Queue[Case], tell: Callable[[Outcome | None], None], prepared: Path) -> None:
    process: subprocess.Popen[str] | None = None
    try:
        while not waiting.empty():
            try:
                case = waiting.get_nowait()
            except Exception:
                break
            process = process or _start(prepared)
            outcome = _ask(process, case)
            if process.poll() is not None:
                process = None
            tell(outcome)
    finally:
        if process is not None:
            assert process.stdin is not None
            process.stdin.close()
            process.wait()
        tell(None)


def _start(prepared: Path) -> subprocess.Popen[str]:
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.robustness.worker", str(prepared)],
        cwd=ROOT,
        env=os.environ | {"PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1", "PYTHONDONTWRITEBYTECODE": "1"},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    process.stdout.readline()
    return process


def _ask(process: subprocess.Popen[str], case: Case) -> Outcome:
    assert process.stdin is not None
    assert process.stdout is not None
    print(*case, file=process.stdin, flush=True)
    if not select.select([process.stdout], [], [], HANGS)[0]:
        process.kill()
        process.wait()
        return Outcome(case, "", f"no answer after {HANGS:g} s", HANGS)
    line = process.stdout.readline()
    if not line:
        process.wait()
        return Outcome(case, "", f"the process died with status {process.returncode}: {_last_words(process)}")
    answer: dict[str, Any] = json.loads(line)
    outcome = Outcome(case, **answer)
    if not outcome.wrong and outcome.seconds > SECONDS:
        return Outcome(case, **answer | {"wrong": f"took {outcome.seconds:.1f} s: {outcome.result}"})
    if not outcome.wrong and outcome.memory > MEMORY:
        return Outcome(case, **answer | {"wrong": f"took {outcome.memory >> 20} MB: {outcome.result}"})
    return outcome


def _last_words(process: subprocess.Popen[str]) -> str:
    assert process.stderr is not None
    return process.stderr.read()[-3000:]
