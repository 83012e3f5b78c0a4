"""Boxes around the parts of faces, of images and label maps as CelebAMask-HQ has them, for probe.py correspondence.

    python data/face_parts.py CelebAMask-HQ/images CelebAMask-HQ/masks faces --count 40

Copies the first images in which nose, eyes and mouth are all seen to the folder, and writes parts.csv beside them.
"""

from __future__ import annotations

import argparse
import shutil
import sys
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from PIL import Image

from pycaffe_ext import cli
from pycaffe_ext.atomic import write_text
from pycaffe_ext.errors import DataError
from pycaffe_ext.inspection.attribution.parts import HEADER, WHOLE

PARTS = {"nose": (2,), "left eye": (4,), "right eye": (5,), "mouth": (10, 11, 12)}
FACE = (1, 2, 4, 5, 6, 7, 10, 11, 12)  # skin, nose, eyes, brows, mouth and lips
ROOM, LEAST = 8, 150  # pixels around a part; pixels of a part that is seen


def boxes(labels: np.ndarray) -> dict[str, tuple[int, int, int, int]] | None:
    """Left, top, width and height of each part of a label map H x W; None where a part is hardly seen."""
    found = {}
    for name, values in {**PARTS, WHOLE: FACE}.items():
        rows, columns = np.nonzero(np.isin(labels, values))
        if len(rows) < LEAST:
            return None
        room = 0 if name == WHOLE else ROOM
        left, top = max(int(columns.min()) - room, 0), max(int(rows.min()) - room, 0)
        right = min(int(columns.max()) + 1 + room, labels.shape[1])
        bottom = min(int(rows.max()) + 1 + room, labels.shape[0])
        found[name] = (left, top, right - left, bottom - top)
    return found


def main(arguments: Sequence[str]) -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("images", type=Path)
    parser.add_argument("masks", type=Path, help="PNG label maps of the same names")
    parser.add_argument("out", type=Path)
    parser.add_argument("--count", type=int, default=40)
    options = parser.parse_args(arguments)
    lines, taken = [",".join(HEADER)], 0
    options.out.mkdir(parents=True, exist_ok=True)
    for image in sorted(options.images.glob("*.*")):
        mask = options.masks / f"{image.stem}.png"
        found = boxes(np.array(Image.open(mask))) if mask.exists() and taken < options.count else None
        if found:
            shutil.copy(image, options.out)
            lines += [f"{image.name},{name},{','.join(map(str, box))}" for name, box in found.items()]
            taken += 1
    if not taken:
        raise DataError(f"{options.images}: no image has a label map with all parts in {options.masks}")
    write_text(options.out / "parts.csv", "\n".join(lines) + "\n")
    print(f"{taken} faces in {options.out}")


if __name__ == "__main__":
    sys.exit(cli.run(main))
