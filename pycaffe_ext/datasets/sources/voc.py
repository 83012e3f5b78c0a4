"""Pascal VOC for segmentation: JPEGImages, SegmentationClass, ImageSets/Segmentation."""

from __future__ import annotations

import os

from ...errors import DataError
from ...proto.files import read_bytes
from .folder_maps import FolderMaps, with_maps
from .source import Source, SourceOptions, choose_subset, visible

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
    """The names in ImageSets/TASK/SUBSET.txt. Raises OptionError, FileError, DataError."""
    folder = os.path.join(path, "ImageSets", task)
    there = [name[:-4] for name in visible(folder) if name.endswith(".txt") and "_" not in name]
    file = os.path.join(folder, f"{choose_subset(path, there, wanted)}.txt")
    names = os.fsdecode(read_bytes(file)).split()
    if not names:
        raise DataError(f"{file}: names no images")
    return names


def _open(path: str, options: SourceOptions) -> FolderMaps:
    pairs = [
        (f"JPEGImages/{name}.jpg", f"SegmentationClass/{name}.png")
        for name in subset_names(path, "Segmentation", options.subset)
    ]
    return with_maps(path, pairs, classes=["background", *CLASSES])


SOURCE = Source(
    "voc",
    "a Pascal VOC folder with label maps (JPEGImages, SegmentationClass; 255 is void: --ignore 255)",
    lambda path: all(os.path.isdir(os.path.join(path, name)) for name in ("JPEGImages", "SegmentationClass")),
    _open,
    uses=("subset",),
)
