"""make_lmdb.py on a set as large as one likes: memory, and whether its speed holds.

    python tests/bench/bench_large_set.py [--count 200000] [--side 64] [--encoded]

Lists that many entries over 64 drawn JPEGs; prints the rate in each tenth of the run, by the clock and by
processor time (which other programs disturb less), and the most memory.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import cv2
import numpy as np

ROOT = Path(__file__).parents[2]
CODE = """
import runpy, sys, time
import pycaffe_ext.progress
from contextlib import contextmanager

@contextmanager
def times(what, total):
    clocks = time.perf_counter, time.process_time
    marks = [[clock() for clock in clocks]]
    def progress(done):
        if done * 10 >= len(marks) * total:
            marks.append([clock() for clock in clocks])
    yield progress
    for number in range(2):
        print("rates", *(total / 10 / (end[number] - begin[number]) for begin, end in zip(marks, marks[1:])))

pycaffe_ext.progress.counting = times
runpy.run_path({tool!r}, run_name="__main__")
"""


def main() -> None:
    """Prints the figures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--count", type=int, default=200_000)
    parser.add_argument("--side", type=int, default=64)
    parser.add_argument("--encoded", action="store_true")
    options = parser.parse_args()
    random = np.random.default_rng(0)
    with tempfile.TemporaryDirectory() as folder:
        for number in range(64):
            image = random.integers(0, 256, (8, 8, 3)).astype(np.uint8)
            image = cv2.resize(image, (options.side, options.side), interpolation=cv2.INTER_CUBIC)
            cv2.imwrite(f"{folder}/{number}.jpg", image)
        lines = [f"{number % 64}.jpg {number % 1000}\n" for number in range(options.count)]
        Path(folder, "list.txt").write_text("".join(lines))
        code = CODE.format(tool=str(ROOT / "tools/make_lmdb.py"))
        command = [sys.executable, "-c", code, f"{folder}/list.txt", f"{folder}/out_lmdb"]
        begin = time.perf_counter()
        process = subprocess.Popen(
            [*command, *(["--encoded", "jpg"] if options.encoded else [])], stdout=subprocess.PIPE, text=True
        )
        assert process.stdout
        printed = process.stdout.read()
        used = os.wait4(process.pid, 0)[2]
        seconds = time.perf_counter() - begin
        by_clock, by_processor = (
            [float(rate) for rate in part.split("\n")[0].split()] for part in printed.split("rates")[1:3]
        )
        print(f"{options.count} images of {options.side}x{options.side} in {seconds:.1f} s")
        for what, rates in (("a second", by_clock), ("a second of processor time", by_processor)):
            tenths = " ".join(f"{rate:.0f}" for rate in rates)
            print(f"images for {what}, in each tenth: {tenths}; last against first: {rates[-1] / rates[0]:.2f}")
        print(f"most memory: {used.ru_maxrss / 1024:.0f} MB")


if __name__ == "__main__":
    main()
