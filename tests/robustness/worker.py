"""One process that runs cases: reads "KIND SEED" lines, answers each with a line of JSON.

    python -m tests.robustness.worker PREPARED

Its memory is limited; a case that kills it, or that it never answers, is for the pool to see.
"""

from __future__ import annotations

import faulthandler
import json
import os
import resource
import sys
import tempfile
import time
import traceback
from pathlib import Path
from random import Random

MEMORY = 2 << 30  # bytes, all that a case may take, libraries included
HANGS = 30.0  # seconds; then the process tells where it is, and ends


def peak() -> int:
    """The most memory, in bytes, that the process had since `forget_peak`."""
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) << 10
    return 0


def forget_peak() -> None:
    Path("/proc/self/clear_refs").write_text("5")


def main(prepared: Path) -> None:
    answers = os.fdopen(os.dup(1), "w")  # what cases print must not come between
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
    import torch

    from . import material, trials

    torch.set_num_threads(1)
    faulthandler.enable()
    resource.setrlimit(resource.RLIMIT_DATA, (MEMORY, MEMORY))
    for line in sys.stdin:
        kind, seed = line.split()
        with tempfile.TemporaryDirectory(prefix="case-") as folder:
            os.chdir(folder)
            material.link(Path(folder), prepared)
            forget_peak()
            faulthandler.dump_traceback_later(HANGS, exit=True)
            start = time.process_time()
            wrong = ""
            try:
                result = getattr(trials, kind)(Random(f"{kind} {seed}"), prepared)
                if left := trials.leftovers():
                    wrong = f"left behind: {left}"
            except BaseException as error:
                result, wrong = type(error).__name__, traceback.format_exc()
            faulthandler.cancel_dump_traceback_later()
            seconds, memory = time.process_time() - start, peak()
            os.chdir("/")
        answer = {"result": result, "wrong": wrong, "seconds": seconds, "memory": memory}
        print(json.dumps(answer), file=answers, flush=True)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
