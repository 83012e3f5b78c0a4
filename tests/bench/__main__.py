"""Side by side with what people use today: python -m tests.bench [BENCH ...] [its arguments]

Runs the benches named (data_layer, nets, ...: each a bench_NAME.py in this folder), or all of them. What follows the
names goes to each (see its --help). Figures count on an idle machine only.
"""

from __future__ import annotations

import os
import sys
import time
import traceback
from importlib import import_module
from pathlib import Path

from .. import real_caffe

BUSY = 1.0  # waiting processes (mean of the last minute) from which on figures are doubtful


def main(arguments: list[str]) -> int:
    """Runs the benches; status 1 where one failed, 2 for a name that is none."""
    known = sorted(path.stem.removeprefix("bench_") for path in Path(__file__).parent.glob("bench_*.py"))
    names = []
    while arguments and arguments[0] in known:
        names.append(arguments.pop(0))
    if not names and arguments:
        if arguments[0] in ("-h", "--help"):
            print(f"{__doc__}\nbenches: {', '.join(known)}")
            return 0
        print(f"no bench '{arguments[0]}'; there are {', '.join(known)}; arguments come after", file=sys.stderr)
        return 2
    _print_load()
    failed = [name for name in names or known if not _run(name, arguments)]
    if failed:
        print(f"failed: {', '.join(failed)}")
    return 1 if failed else 0


def _print_load() -> None:
    load = os.getloadavg()[0]
    print(f"{os.cpu_count()} cores, load {load:.2f}")
    if load > BUSY:
        print(f"warning: other processes are at work (load above {BUSY:.0f}); ratios may hold, times do not")


def _run(name: str, arguments: list[str]) -> bool:
    """One bench, as if it had been called with these arguments; False where it failed."""
    module = import_module(f"{__package__}.bench_{name}")
    print(f"\n{name}: {(module.__doc__ or '').splitlines()[0]}", flush=True)
    sys.argv = [f"python -m tests.bench {name}", *arguments]
    begin = time.monotonic()
    try:
        module.main()
    except Exception as error:
        if str(error) != real_caffe.problem:
            traceback.print_exc()
            return False
        print(f"{name}: not measured: {error}")
    else:
        print(f"{name}: took {time.monotonic() - begin:.0f} s")
    return True


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
