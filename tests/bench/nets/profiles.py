"""Where a training step goes, ours beside the one written by hand (eager, channels first).

python -m tests.bench.nets.profiles NET ours|eager FOLDER       one side: answers {"ops": ..., "layers": ...}
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

from torch.profiler import ProfilerActivity, profile

from . import worker
from .case import ROOT, STEP, Case, cases
from .sides import write_job

STEPS = 3
Times = dict[str, float]


def show(case: Case, limits: dict[str, str]) -> None:
    """Prints torch's operations by what ours spends on them beyond the other, then our layers by type."""
    found = {}
    with tempfile.TemporaryDirectory() as folder:
        write_job(case, STEP, Path(folder))
        for side in ("ours", "eager"):
            command = [sys.executable, "-m", f"{__package__}.profiles", case.name, side, folder]
            done = subprocess.run(
                command, cwd=ROOT, env=os.environ | limits, check=True, capture_output=True, text=True
            )
            found[side] = json.loads(done.stdout)
    ours, eager = found["ours"]["ops"], found["eager"]["ops"]
    print(f"\n{case.name}, a step of {case.batch}, ms on the processor (mean of {STEPS} steps under torch.profiler)")
    print(f"{'operation':48}{'ours':>9}{'calls':>7}{'by hand':>9}{'calls':>7}{'more':>9}")
    names = sorted({*ours, *eager}, key=lambda name: _ms(eager, name) - _ms(ours, name))
    for name in [name for name in names if max(_ms(ours, name), _ms(eager, name)) >= _least(ours)]:
        cells = "".join(f"{_ms(ops, name):9.1f}{ops.get(name, (0, 0))[1]:7.0f}" for ops in (ours, eager))
        print(f"{name:48}{cells}{_ms(ours, name) - _ms(eager, name):9.1f}")
    sums = [sum(ms for ms, _ in ops.values()) for ops in (ours, eager)]
    print(f"{'all':48}{sums[0]:9.1f}{'':7}{sums[1]:9.1f}{'':7}{sums[0] - sums[1]:9.1f}")
    layers = found["ours"]["layers"]
    print(f"\n{case.name}, our step by layer type, processor ms of all threads (mean of {STEPS} steps, no profiler)")
    for name, ms in sorted(layers.items(), key=lambda item: -item[1]):
        print(f"{name:48}{ms:9.1f}")


def _ms(ops: dict[str, tuple[float, float]], name: str) -> float:
    return ops.get(name, (0.0, 0.0))[0]


def _least(ops: dict[str, tuple[float, float]]) -> float:
    """What is left out of the table: under 0.3 % of all."""
    return 0.003 * sum(ms for ms, _ in ops.values())


def operations(step: Callable[[], Any]) -> dict[str, tuple[float, float]]:
    """{operation: (ms of its own on the processor, calls)} of one step."""
    with profile(activities=[ProfilerActivity.CPU]) as profiler:
        for _ in range(STEPS):
            step()
    return {
        event.key: (event.self_cpu_time_total / 1000 / STEPS, event.count / STEPS) for event in profiler.key_averages()
    }


def by_layer(net: Any, step: Callable[[], Any]) -> Times:
    """Processor milliseconds of a step by layer type, forward and backward, the rest (update, loss) apart."""
    spent: Counter[str] = Counter()
    since = 0.0

    def begin(_: int) -> None:
        nonlocal since
        since = time.process_time()

    def end(way: str) -> Callable[[int], None]:
        def add(index: int) -> None:
            spent[f"{net.layers[index].type} {way}"] += time.process_time() - since

        return add

    for way in ("forward", "backward"):
        getattr(net, f"before_{way}")(begin)
        getattr(net, f"after_{way}")(end(way))
    start = time.process_time()
    for _ in range(STEPS):
        step()
    whole = time.process_time() - start
    spent["update and the rest"] = whole - sum(spent.values())
    spent["whole step"] = whole
    return {name: seconds * 1000 / STEPS for name, seconds in spent.items()}


def main(name: str, side: str, folder: str) -> None:
    """Answers for one side, after two steps that take memory."""
    answer = worker.answers()
    os.chdir(folder)
    layers: Times = {}
    if side == "ours":
        solver, step = worker.solver_step(worker.caffe_of(side), cases()[name].classes)
    else:
        from .torch_worker import prepare

        solver, step = None, prepare(cases()[name], side, STEP)
    for _ in range(2):
        step()
    ops = operations(step)
    if solver is not None:
        layers = by_layer(solver.net, step)
    answer({"ops": ops, "layers": layers})


if __name__ == "__main__":
    main(*sys.argv[1:])
