"""Damaged nets, solvers and weights by the thousand: python -m tests.robustness --prototxts 2000 --weights 500

Each case, a kind and a number, must give success or an error of the project's own tree within 5 s and 2 GB.
`--only prototxts:17` runs one of them again. Ends with status 1 where one does not.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections import Counter
from pathlib import Path

from . import material, pool


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--prototxts", type=int, default=2000, metavar="N", help="default: %(default)s")
    parser.add_argument("--weights", type=int, default=500, metavar="N", help="default: %(default)s")
    parser.add_argument("--first", type=int, default=0, metavar="SEED", help="the first number; default: %(default)s")
    parser.add_argument("--processes", type=int, default=2, metavar="N", help="default: %(default)s")
    parser.add_argument("--only", metavar="KIND:SEED", help="this case alone")
    options = parser.parse_args()
    if options.only:
        kind, _, seed = options.only.partition(":")
        cases = [(kind, int(seed))]
    else:
        counts = {"prototxts": options.prototxts, "weights": options.weights}
        cases = [(kind, options.first + i) for kind, count in counts.items() for i in range(count)]
    with tempfile.TemporaryDirectory(prefix="robustness-") as folder:
        prepared = Path(folder) / "prepared"
        material.prepare(prepared)
        outcomes = []
        for outcome in pool.run(cases, prepared, options.processes):
            outcomes.append(outcome)
            if outcome.wrong or options.only:
                print(f"{':'.join(map(str, outcome.case))}: {outcome.wrong or outcome.result}", flush=True)
    results = Counter(outcome.result.partition(":")[0] for outcome in outcomes)
    print(", ".join(f"{count} {result}" for result, count in results.most_common(12)))
    slowest, largest = max(o.seconds for o in outcomes), max(o.memory for o in outcomes)
    wrong = sum(bool(outcome.wrong) for outcome in outcomes)
    print(f"{len(outcomes)} cases, {wrong} wrong; at most {slowest:.1f} s and {largest >> 20} MB")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
