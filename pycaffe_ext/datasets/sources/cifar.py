"""CIFAR-10 and CIFAR-100 binaries: keys and values as convert_cifar_data writes them (colours in file order, RGB)."""

from __future__ import annotations

import os

import numpy as np

from ...errors import DataError, FileError
from ...proto.files import read_bytes
from .entries import ArrayListing, numbered
from .source import Source, SourceOptions, choose_subset, visible

_PIXELS = 3 * 32 * 32
# subset: file names of CIFAR-10, then of CIFAR-100
_FILES = {
    "train": ([f"data_batch_{number}.bin" for number in range(1, 6)], ["train.bin"]),
    "test": (["test_batch.bin"], ["test.bin"]),
}
_NAMES = ("batches.meta.txt", "fine_label_names.txt")


def _subsets(folder: str) -> dict[str, list[str]]:
    """The files of each subset that are there. A batch that is missing between others is told when it is opened."""
    if not os.path.isdir(folder):
        return {}
    there = set(visible(folder))
    found = {}
    for subset, choices in _FILES.items():
        for files in choices:
            last = max((number for number, name in enumerate(files, 1) if name in there), default=0)
            if last:
                found[subset] = files[:last]
    return found


def _open(path: str, options: SourceOptions) -> ArrayListing:
    """CIFAR-100 has two labels: its fine one counts."""
    files = [path]
    if os.path.isdir(path):
        there = _subsets(path)
        names = there[choose_subset(path, sorted(there), options.subset)]
        files = [os.path.join(path, name) for name in names]
    labels_per_row = 2 if os.path.basename(files[0]) in ("train.bin", "test.bin") else 1
    rows = []
    for file in files:
        content = np.frombuffer(read_bytes(file), np.uint8)
        if not content.size or content.size % (labels_per_row + _PIXELS):
            problem = f"is no CIFAR file, or cut short: {content.size} bytes are not whole rows"
            raise FileError(file, f"{problem} of {labels_per_row + _PIXELS}")
        rows.append(content.reshape(-1, labels_per_row + _PIXELS))
    table = np.concatenate(rows) if len(rows) > 1 else rows[0]
    labels = table[:, labels_per_row - 1]
    classes = _class_names(os.path.dirname(files[0]))
    if classes and labels.max() >= len(classes):
        row = int((labels >= len(classes)).argmax())
        raise DataError(f"{path}[{row}]: label {labels[row]}, but there are {len(classes)} class names")
    pixels = table[:, labels_per_row:].reshape(-1, 3, 32, 32).transpose(0, 2, 3, 1)
    return ArrayListing(path, numbered(labels), classes, digits=5, is_rgb=True, pixels=pixels)


def _class_names(folder: str) -> list[str]:
    for name in _NAMES:
        path = os.path.join(folder, name)
        if os.path.exists(path):
            return read_bytes(path).decode(errors="replace").split()
    return []


def _recognises(path: str) -> bool:
    names = {name for choices in _FILES.values() for files in choices for name in files}
    return bool(_subsets(path)) if os.path.isdir(path) else os.path.basename(path) in names


SOURCE = Source(
    "cifar",
    "CIFAR-10's or CIFAR-100's binary files, or their folder",
    _recognises,
    _open,
    uses=("subset",),
)
