"""make_lmdb.py and real Caffe's convert_imageset side by side: seconds, ratio, and whether the bytes are the same.

    python tests/bench/bench_make_lmdb.py [FOLDER] [--count 1000] [--rounds 3] [--workers N]

FOLDER holds images (the files in it, repeated up to --count); without it, photo-like JPEGs are drawn. The two take
turns, and the best round of each counts.
"""

from __future__ import annotations

import argparse
import os
import resource
import shutil
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import cv2
import lmdb
import numpy as np

sys.path.insert(0, str(Path(__file__).parents[1]))
import real_caffe

TOOL = Path(__file__).parents[2] / "tools" / "make_lmdb.py"
CASES = [  # what, convert_imageset's flags, ours
    ("raw 256x256", ["--resize_height=256", "--resize_width=256"], ["--resize", "256x256"]),
    (
        "jpg 256x256",
        ["--resize_height=256", "--resize_width=256", "--encode_type=jpg"],
        ["--resize", "256x256", "--encoded", "jpg"],
    ),
    ("files as they are", ["--encode_type=jpg"], ["--encoded", "jpg"]),
]


def draw(folder: Path, count: int) -> None:
    """Smooth noise at several scales, 500x375, about 100 KB as JPEG."""
    random = np.random.default_rng(0)
    for number in range(count):
        image = np.zeros((375, 500, 3), np.float32)
        for cells, strength in ((4, 90), (30, 60), (250, 25), (500, 12)):
            noise = random.normal(0, strength, (cells * 3 // 4, cells, 3)).astype(np.float32)
            image += cv2.resize(noise, (500, 375), interpolation=cv2.INTER_CUBIC)
        cv2.imwrite(str(folder / f"{number:04}.jpg"), np.clip(image + 120, 0, 255).astype(np.uint8))


def entries(path: Path) -> list[tuple[bytes, bytes]]:
    """All keys and values of an LMDB."""
    with lmdb.open(str(path), readonly=True, lock=False) as environment, environment.begin() as transaction:
        return list(transaction.cursor())


def clock() -> tuple[float, float]:
    """Wall clock, and processor time of the children that have ended."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return time.perf_counter(), used.ru_utime + used.ru_stime


def begin_without(database: Path) -> tuple[float, float]:
    """Both times, once this database is gone and nothing is waiting for the disk: each program begins alike."""
    shutil.rmtree(database, ignore_errors=True)
    os.sync()
    return clock()


def since(begin: tuple[float, float]) -> tuple[float, float]:
    """Both times since `begin`."""
    now = clock()
    return now[0] - begin[0], now[1] - begin[1]


def show(times: tuple[float, float]) -> str:
    """Both times, to read."""
    return f"{times[0]:.2f} s ({times[1]:.2f} s of processor time)"


def decoding_alone(paths: list[Path], workers: int) -> float:
    """Seconds that OpenCV takes to decode these files in so many threads: no way to raw pixels is faster."""
    cv2.setNumThreads(1)

    def decode(path: Path) -> None:
        cv2.imdecode(np.frombuffer(path.read_bytes(), np.uint8), cv2.IMREAD_COLOR)

    begin = time.perf_counter()
    with ThreadPoolExecutor(workers) as pool:
        for _ in pool.map(decode, paths):
            pass
    return time.perf_counter() - begin


def start_alone() -> float:
    """Seconds until the tool has imported all that it works with, and ended."""
    code = "import pycaffe_ext.datasets.making, pycaffe_ext.datasets.targets.datum_lmdb"
    begin = time.perf_counter()
    subprocess.run([sys.executable, "-c", code], check=True)
    return time.perf_counter() - begin


def main() -> None:
    """Prints a line for each case."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", nargs="?", type=Path)
    parser.add_argument("--count", type=int, default=1000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--workers", type=int, default=os.cpu_count())
    options = parser.parse_args()
    with real_caffe.folder() as real:
        if options.folder:
            shutil.copytree(options.folder, real.path / "images")
        else:
            (real.path / "images").mkdir()
            draw(real.path / "images", min(options.count, 200))
        names = sorted(os.listdir(real.path / "images"))
        lines = [f"images/{names[i % len(names)]} {i}\n" for i in range(options.count)]
        (real.path / "list.txt").write_text("".join(lines))
        paths = [real.path / "images" / names[i % len(names)] for i in range(options.count)]
        alone = min(decoding_alone(paths, options.workers) for _ in range(options.rounds))
        empty = min(start_alone() for _ in range(options.rounds))
        print(f"the limit: decoding alone {alone:.2f} s, and {empty:.2f} s for the program to start", flush=True)
        for what, theirs, ours in CASES:
            best = {"caffe": (float("inf"), 0.0), "ours": (float("inf"), 0.0)}
            for _ in range(options.rounds):
                begin = begin_without(real.path / "caffe_db")
                real.run("convert_imageset", "--backend=lmdb", *theirs, "./", "list.txt", "caffe_db")
                best["caffe"] = min(best["caffe"], since(begin))
                command = [sys.executable, TOOL, "list.txt", "our_db", "--workers", str(options.workers), *ours]
                begin = begin_without(real.path / "our_db")
                subprocess.run(command, cwd=real.path, check=True, stdout=subprocess.DEVNULL)
                best["ours"] = min(best["ours"], since(begin))
            same = entries(real.path / "caffe_db") == entries(real.path / "our_db")
            print(
                f"{what}, {options.count} images: convert_imageset {show(best['caffe'])}, "
                f"make_lmdb.py {show(best['ours'])}: {best['caffe'][0] / best['ours'][0]:.2f} times as fast, "
                f"bytes {'the same' if same else 'DIFFER'}",
                flush=True,
            )


if __name__ == "__main__":
    main()
