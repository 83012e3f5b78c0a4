"""Unpacks Fashion-MNIST (Xiao et al. 2017) into PNGs and list files, as make_lmdb.py and convert_imageset take them.

    python data/fashion_mnist/to_images.py [IDX_FOLDER] OUT

IDX_FOLDER holds the four *-ubyte.gz files (default: where Debian's package dataset-fashion-mnist puts them).
OUT gets train/ and test/ with one PNG per image (28 x 28, grey) and train.txt and test.txt with a line
"train/00000.png LABEL" each.
"""

from __future__ import annotations

import gzip
import sys
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt

DEBIAN = Path("/usr/share/datasets/fashion-mnist")
PARTS = {"train": "train", "test": "t10k"}


def read_idx(path: Path) -> npt.NDArray[np.uint8]:
    """The array of an idx file of bytes: a big-endian header (type 0x08, number of axes, their sizes), then data."""
    content = gzip.decompress(path.read_bytes())
    if content[:3] != b"\0\0\x08":
        raise SystemExit(f"{path}: is not an idx file of bytes")
    axes = content[3]
    shape = np.frombuffer(content, ">u4", axes, 4)
    return np.frombuffer(content, np.uint8, offset=4 + 4 * axes).reshape(shape)


def unpack(source: Path, out: Path) -> None:
    for part, name in PARTS.items():
        images = read_idx(source / f"{name}-images-idx3-ubyte.gz")
        labels = read_idx(source / f"{name}-labels-idx1-ubyte.gz")
        (out / part).mkdir(parents=True, exist_ok=True)
        lines = []
        for index, (image, label) in enumerate(zip(images, labels, strict=True)):
            path = f"{part}/{index:05d}.png"
            cv2.imwrite(str(out / path), image, [cv2.IMWRITE_PNG_COMPRESSION, 1])
            lines.append(f"{path} {label}\n")
        (out / f"{part}.txt").write_text("".join(lines))
        print(f"{out / part}.txt: {len(lines)} images")


if __name__ == "__main__":
    if len(sys.argv) not in (2, 3):
        raise SystemExit(__doc__)
    unpack(Path(sys.argv[1]) if len(sys.argv) == 3 else DEBIAN, Path(sys.argv[-1]))
