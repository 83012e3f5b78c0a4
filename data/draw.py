"""Draws one of the project's own data sets: photographs of coins or emblems by class, or portraits with label maps.

    python data/draw.py coins OUT      OUT/train/left/0000.jpg, ..., OUT/test/right/0399.jpg
    python data/draw.py faces OUT      OUT/train/images/0000.jpg and OUT/train/labels/0000.png, ...

OUT/samples.jpg shows some of the held-out pictures. The same seed gives the same files, whatever the number of
workers.
"""

from __future__ import annotations

import argparse
import importlib
import os
import shutil
import sys
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from multiprocessing import get_context
from pathlib import Path

import cv2
from photo.files import sheet

from pycaffe_ext import cli
from pycaffe_ext.errors import FileError

DATA_SETS = ("coins", "emblems", "faces")
_AT_A_TIME = 20  # pictures for one worker: a multiple of coins.draw.PHOTOS_OF_EACH


def _write(name: str, seed: int, part: int, folder: Path, start: int, count: int) -> None:
    cv2.setNumThreads(1)
    draw = importlib.import_module(f"{name}.draw").draw
    for index in range(start, min(start + _AT_A_TIME, count)):
        for path, content in draw(seed, part, index).items():
            (folder / path).parent.mkdir(parents=True, exist_ok=True)
            (folder / path).write_bytes(content)


def draw_all(name: str, out: Path, *, seed: int, counts: dict[str, int], workers: int | None) -> None:
    """Draws `counts` pictures by part ("train", "test") into the new folder OUT. Raises FileError if it exists."""
    if out.exists():
        raise FileError(out, "exists already; remove it or choose another name")
    aside = out.with_name(f".{out.name}.part-{os.getpid()}")
    try:
        with ProcessPoolExecutor(workers, get_context("spawn")) as pool:
            for part, (folder, count) in enumerate(counts.items()):
                write = partial(_write, name, seed, part, aside / folder, count=count)
                list(pool.map(write, range(0, count, _AT_A_TIME)))
        paths = sorted((aside / "test").rglob("*.jpg"))
        (aside / "samples.jpg").write_bytes(sheet(paths, rows=4, columns=10))
        aside.rename(out)
    finally:
        shutil.rmtree(aside, ignore_errors=True)


def main(arguments: Sequence[str]) -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data_set", choices=DATA_SETS, metavar="DATA_SET", help=", ".join(DATA_SETS))
    parser.add_argument("out", type=Path, metavar="OUT", help="folder to make; it must not exist yet")
    parser.add_argument("--seed", type=int, default=1, help="another seed draws other pictures (default: 1)")
    parser.add_argument("--train", type=int, metavar="N", help="number of pictures to train on")
    parser.add_argument("--test", type=int, metavar="N", help="number of held-out pictures")
    parser.add_argument(
        "--workers", type=int, default=os.cpu_count(), metavar="N", help="processes (default: as cores)"
    )
    given = parser.parse_args(arguments)
    usual = importlib.import_module(f"{given.data_set}.draw").COUNTS
    counts = {part: usual[part] if getattr(given, part) is None else getattr(given, part) for part in usual}
    draw_all(given.data_set, given.out, seed=given.seed, counts=counts, workers=given.workers)
    print(f"{given.out}: " + ", ".join(f"{count} pictures in {part}/" for part, count in counts.items()))


if __name__ == "__main__":
    sys.exit(cli.run(main))
