"""MNIST's idx files, gzipped or not: keys and values as convert_mnist_data writes them."""

from __future__ import annotations

import gzip
import os
import re
import struct
import zlib

import numpy as np

from ...errors import DataError, FileError
from ...proto.files import read_bytes
from .entries import Array, ArrayListing, numbered
from .source import Source, SourceOptions, choose_subset, visible

_IMAGES = re.compile(r"(?P<subset>.+?)[-_.]?images[-_.]?idx3[-_.]?ubyte(\.gz)?")
_LARGEST = 1 << 33  # bytes: more is no idx file that fits memory


def read_idx(path: str, axes: int) -> Array:
    """The array of bytes in an idx file. Raises FileError where it is cut short, or of another kind."""
    content = read_bytes(path)
    if content.startswith(b"\x1f\x8b"):
        try:
            content = gzip.decompress(content)
        except (OSError, EOFError, zlib.error) as error:
            raise FileError(path, f"is damaged: {error}") from error
    if len(content) < 4 + 4 * axes or content[:4] != bytes([0, 0, 8, axes]):
        raise FileError(path, f"is no idx file of bytes with {axes} axes")
    shape = struct.unpack_from(f">{axes}I", content, 4)
    count = 1
    for size in shape:
        count *= size
    if count > _LARGEST or len(content) != 4 + 4 * axes + count:
        raise FileError(path, f"is damaged: holds {len(content) - 4 - 4 * axes} bytes of {'x'.join(map(str, shape))}")
    return np.frombuffer(content, np.uint8, offset=4 + 4 * axes).reshape(shape)


def _subsets(folder: str) -> dict[str, str]:
    found = {}
    for name in visible(folder) if os.path.isdir(folder) else []:
        if match := _IMAGES.fullmatch(name):
            found[match["subset"]] = name
    return found


def _open(path: str, options: SourceOptions) -> ArrayListing:
    if os.path.isdir(path):
        there = _subsets(path)
        path = os.path.join(path, there[choose_subset(path, sorted(there), options.subset)])
    folder, name = os.path.split(path)
    names = name.replace("images", "labels").replace("idx3", "idx1").removesuffix(".gz")
    beside = [os.path.join(folder, names + end) for end in ("", ".gz")]  # one of the two may be unpacked
    labels_path = next(filter(os.path.exists, beside), beside[0])
    if "images" not in name or not os.path.exists(labels_path):
        raise FileError(path, f"has no labels: {labels_path} does not exist")
    pixels, labels = read_idx(path, 3), read_idx(labels_path, 1)
    if len(pixels) != len(labels):
        raise DataError(f"{path}: holds {len(pixels)} images, but {labels_path} {len(labels)} labels")
    if not pixels.size:
        raise DataError(f"{path}: holds no images")
    return ArrayListing(path, numbered(labels), pixels=pixels)


def _recognises(path: str) -> bool:
    return bool(_subsets(path)) if os.path.isdir(path) else bool(_IMAGES.fullmatch(os.path.basename(path)))


SOURCE = Source(
    "idx",
    "MNIST's ...-images-idx3-ubyte[.gz] with its labels beside it, or their folder",
    _recognises,
    _open,
    uses=("subset",),
)
