"""Random layers and nets by the thousand against real Caffe: python -m tests.differential [TYPE ...] [--count N]

`--only TYPE:N` shows one of them. Ends with status 1 where anything differs. Needs `sudo .ci/real-caffe`.
"""

from __future__ import annotations

import argparse
import sys
from collections import Counter
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from . import trials


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("types", nargs="*", metavar="TYPE", help="or 'net', 'solver': small nets; default: all")
    parser.add_argument("--count", type=int, default=50, metavar="N", help="of each type; default: %(default)s")
    parser.add_argument("--first", type=int, default=0, metavar="N", help="the first number; default: %(default)s")
    parser.add_argument("--only", metavar="TYPE:N", help="this case alone")
    options = parser.parse_args()
    if options.only:
        kind, _, number = options.only.partition(":")
        asked = [(kind, int(number))]
    else:
        numbers = range(options.first, options.first + options.count)
        asked = [(kind, number) for kind in options.types or [*trials.CASES, *trials.sides.NETS] for number in numbers]
    outcomes = trials.run(asked)
    for outcome in outcomes:
        if outcome.differs or options.only:
            layer = " ".join(outcome.net.split())
            print(f"{outcome.kind}:{outcome.number}: {outcome.differs or 'same'}\n    {layer}")
            print(f"    real: {outcome.real or 'runs'}\n    ours: {outcome.ours or 'runs'}", flush=True)
    wrong = Counter(outcome.kind for outcome in outcomes if outcome.differs)
    refused = sum(bool(outcome.real) for outcome in outcomes)
    lenient = Counter(f"{o.kind}: {o.real}" for o in outcomes if o.real and not o.ours)
    for words, count in lenient.most_common():
        print(f"    runs here alone, {count} times: {words}")
    print(
        f"{len(outcomes)} cases, {refused} of them refused by real Caffe; {sum(wrong.values())} differ: {dict(wrong)}"
    )
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
