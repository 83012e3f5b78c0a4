"""Portraits sorted by the way they face, from photographs with masks of skin and nose (CelebAMask-HQ's layout).

A face is turned to where its nose lies beside the middle of its skin, in parts of the face's width; portraits that
are turned by less than --least are left out, and of the rest so many are held out at random, to test on and to choose
settings by. OUT gets train/left, train/right, and such pairs under check and test, with links to the photographs
("left": to the left of the picture).

    python data/flip_faces.py CelebAMask/images CelebAMask/masks flip/faces_0 --seed 0
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt
from PIL import Image

from pycaffe_ext import cli
from pycaffe_ext.atomic import creating_folder
from pycaffe_ext.errors import DataError

SKIN, NOSE = 1, 2  # CelebAMask-HQ's numbers


def turned(mask: npt.NDArray[np.uint8]) -> float:
    """How far the nose lies to the right of the skin's middle, as a part of the skin's width; nan without either."""
    skin, nose = (np.nonzero(mask == value)[1] for value in (SKIN, NOSE))
    if not len(skin) or not len(nose):
        return float("nan")
    return float((nose.mean() - skin.mean()) / (np.ptp(skin) + 1))


def sort_faces(
    images: Path, masks: Path, out: Path, *, test: int, check: int, least: float, seed: int
) -> dict[str, int]:
    """Makes OUT; how many photographs went into each folder. Raises DataError, FileError."""
    found = {path.stem: path for path in sorted(images.iterdir())}
    ways = {path.stem: turned(np.array(Image.open(path))) for path in sorted(masks.iterdir())}
    names = [name for name, way in ways.items() if name in found and abs(way) >= least]
    if len(names) <= test + check:
        problem = f"{len(names)} portraits are turned by {least:g} or more; {test + check} are to be held out"
        raise DataError(f"{images}: {problem}")
    order = np.random.default_rng(seed).permutation(len(names))
    counts: dict[str, int] = {}
    with creating_folder(out) as folder:
        for place, index in enumerate(order):
            name = names[index]
            part = "test" if place < test else "check" if place < test + check else "train"
            part += "/right" if ways[name] > 0 else "/left"
            (folder / part).mkdir(parents=True, exist_ok=True)
            (folder / part / found[name].name).symlink_to(found[name].resolve())
            counts[part] = counts.get(part, 0) + 1
    return counts


def main(arguments: Sequence[str]) -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("images", type=Path, help="folder of photographs")
    parser.add_argument("masks", type=Path, help="folder of masks, PNGs of the same names")
    parser.add_argument("out", type=Path, metavar="OUT")
    parser.add_argument("--test", type=int, default=70, help="so many to test on (default: %(default)s)")
    parser.add_argument("--check", type=int, default=40, help="so many to choose settings by (default: %(default)s)")
    parser.add_argument("--least", type=float, default=0.02, help="least turn (default: %(default)s)")
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args(arguments)
    counts = sort_faces(
        options.images, options.masks, options.out,
        test=options.test, check=options.check, least=options.least, seed=options.seed,
    )  # fmt: skip
    print(", ".join(f"{part} {counts[part]}" for part in sorted(counts)))


if __name__ == "__main__":
    sys.exit(cli.run(main))
