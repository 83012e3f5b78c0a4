"""Pascal VOC for segmentation: JPEGImages, SegmentationClass, ImageSets/Segmentation."""

from __future__ import annotations

import os
import re

from ...errors import DataError
from ...proto.files import read_bytes
from .folder_maps import FolderMaps, with_maps
from .source import Source, SourceOptions, choose_subset, visible

_OF_A_CLASS = re.compile(r"\S+\s+(-1|0|1)")

CLASSES = (
    "aeroplane",
    "bicycle",
    "bird",
    "boat",
    "bottle",
    "bus",
    "car",
    "cat",
    "chair",
    "cow",
    "diningtable",
    "dog",
    "horse",
    "motorbike",
    "person",
    "pottedplant",
    "sheep",
    "sofa",
    "train",
    "tvmonitor",
)


def subset_names(path: str, task: str, wanted: str | None) -> list[str]:
    """The names in ImageSets/TASK/SUBSET.txt, one a line. Raises OptionError, FileError, DataError."""
    folder = os.path.join(path, "ImageSets", task)
    there = [name.removesuffix(".txt") for name in visible(folder) if name.endswith(".txt")]
    if wanted not in there:
        wanted = choose_subset(path, [name for name in there if "_" not in name], wanted)  # not those of a class
    file = os.path.join(folder, f"{wanted}.txt")
    names = []
    for number, line in enumerate(read_bytes(file).splitlines(), start=1):
        names.append(os.fsdecode(line.strip()))
        if _OF_A_CLASS.fullmatch(names[-1]):
            problem = f"'{names[-1]}': a list of one class, with 1, 0 or -1 for each image, is no subset"
            raise DataError(f"{file}:{number}: {problem}")
    if not any(names):
        raise DataError(f"{file}: names no images")
    return [name for name in names if name]


def image_names(path: str, names: list[str]) -> list[str]:
    """The image files in JPEGImages: .jpg, or whatever kind is there in its place. Raises FileError."""
    kinds = {os.path.splitext(file)[0]: file for file in visible(os.path.join(path, "JPEGImages"))}
    return [f"JPEGImages/{kinds.get(name, name + '.jpg')}" for name in names]


def _open(path: str, options: SourceOptions) -> FolderMaps:
    names = subset_names(path, "Segmentation", options.subset)
    maps = [f"SegmentationClass/{name}.png" for name in names]
    pairs = list(zip(image_names(path, names), maps, strict=True))
    return with_maps(path, pairs, classes=["background", *CLASSES])


SOURCE = Source(
    "voc",
    "a Pascal VOC folder with label maps (JPEGImages, SegmentationClass; 255 is void: --ignore 255)",
    lambda path: all(os.path.isdir(os.path.join(path, name)) for name in ("JPEGImages", "SegmentationClass")),
    _open,
    uses=("subset",),
)
