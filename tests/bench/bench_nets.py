"""Nets on real Caffe (OpenBLAS), on ours, and written by hand in PyTorch: seconds and memory, by turns.

    python -m tests.bench nets [NET ...] [--rounds 3] [--threads 2] [--passive] [--no-compile] [--profile]

Per net one training step (solver.step) and `Net.forward` of the deploy net at batch 1 and 16, the least of all rounds.
By hand: eager with channels first, with channels last, and torch.compile (which takes minutes before the first call;
--no-compile leaves it out). Each side is a process of its own; memory is the most that it had (VmHWM). Our threads
always wait passively, those by hand as torch has it, which slows them on a busy machine: --passive makes all equal.
Real Caffe's column needs `sudo .ci/real-caffe`, and root.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))

from tests import real_caffe
from tests.bench.nets.case import FORWARD_16, STEP, TASKS, Case, cases
from tests.bench.nets.report import Results, bars, head, rows
from tests.bench.nets.sides import COMPILED, REAL, SIDES, measure, thread_limits


def main() -> None:
    """Prints a table, and the bars with what was reached."""
    known = cases()
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("nets", nargs="*", metavar="NET", help=f"of {', '.join(known)}; all where none is named")
    parser.add_argument("--rounds", type=int, default=3, help="turns of each side; the least time counts (3)")
    parser.add_argument("--threads", type=int, default=2, help="of every side (2)")
    parser.add_argument(
        "--tasks", nargs="+", choices=TASKS, default=TASKS, metavar="TASK", help=f"of {', '.join(TASKS)}"
    )
    parser.add_argument(
        "--passive",
        action="store_true",
        help="no side's threads spin while they wait: for a machine that others use too",
    )
    parser.add_argument("--no-compile", action="store_true", help="leave torch.compile out")
    parser.add_argument("--profile", action="store_true", help="show where a step goes instead, ours beside eager")
    options = parser.parse_args()
    for name in options.nets:
        if name not in known:
            parser.error(f"no net '{name}'; there are {', '.join(known)}")
    chosen = [known[name] for name in options.nets or known]
    environment = thread_limits(options.threads, passive=options.passive)
    if options.profile:
        from tests.bench.nets.profiles import show

        for case in chosen:
            show(case, environment)
        return
    left_out = {COMPILED} if options.no_compile else set()
    if real_caffe.problem:
        print(f"without real Caffe's column: {real_caffe.problem}")
        left_out.add(REAL)
    waiting = ", all of which wait without spinning" if options.passive else ""
    print(f"least of {options.rounds} rounds by turns, {options.threads} threads each{waiting}")
    print(head())
    everything: dict[tuple[str, str], Results] = {}
    for case in chosen:
        print(_sizes(case))
        for task in options.tasks:
            sides = [side for side in SIDES if side not in left_out]
            everything[case.name, task] = measure(case, task, sides, options.rounds, environment)
            print("\n".join(rows(case, task, everything[case.name, task])), flush=True)
    print("\n".join(bars(everything, [case.name for case in chosen if case.in_bars])))


def _sizes(case: Case) -> str:
    step, forward = (" x ".join(map(str, case.shape(task))) for task in (STEP, FORWARD_16))
    return f"{case.name}: images of a step {step}, of forward 16 {forward}"


if __name__ == "__main__":
    main()
