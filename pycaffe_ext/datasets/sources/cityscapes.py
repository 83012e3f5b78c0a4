"""Cityscapes and sets laid out like it: leftImg8bit/SUBSET/CITY/*, gtFine/SUBSET/CITY/*."""

from __future__ import annotations

import os

from .folder_maps import FolderMaps, with_maps
from .source import Source, SourceOptions, choose_subset, subfolders, visible

_IMAGES, _IMAGE = "leftImg8bit", "_leftImg8bit.png"
_MAPS = ("gtFine", "gtCoarse")

TRAIN_IDS = {7: 0, 8: 1, 11: 2, 12: 3, 13: 4, 17: 5, 19: 6, 20: 7, 21: 8, 22: 9, 23: 10}
TRAIN_IDS |= {24: 11, 25: 12, 26: 13, 27: 14, 28: 15, 31: 16, 32: 17, 33: 18}
"""The number that each label id has in training; all others are ignored (255)."""

CLASSES = (
    "road",
    "sidewalk",
    "building",
    "wall",
    "fence",
    "pole",
    "traffic_light",
    "traffic_sign",
    "vegetation",
    "terrain",
    "sky",
    "person",
    "rider",
    "car",
    "truck",
    "bus",
    "train",
    "motorcycle",
    "bicycle",
)


def _open(path: str, options: SourceOptions) -> FolderMaps:
    """Label maps are those with ids for training where there are such, else those of all label ids."""
    subset = choose_subset(path, subfolders(os.path.join(path, _IMAGES)), options.subset)
    there = [name for name in _MAPS if os.path.isdir(os.path.join(path, name))]
    kind = next((name for name in there if os.path.isdir(os.path.join(path, name, subset))), there[0])
    pairs = []
    for city in subfolders(os.path.join(path, _IMAGES, subset)):
        for name in visible(os.path.join(path, _IMAGES, subset, city)):
            if name.endswith(_IMAGE):
                stem = f"{kind}/{subset}/{city}/{name.removesuffix(_IMAGE)}_{kind}"
                pairs.append((f"{_IMAGES}/{subset}/{city}/{name}", f"{stem}_labelTrainIds.png"))
    if not all(os.path.exists(os.path.join(path, label_map)) for _, label_map in pairs):
        pairs = [(image, label_map.replace("labelTrainIds", "labelIds")) for image, label_map in pairs]
        return with_maps(path, pairs, classes=list(CLASSES), relabel={**TRAIN_IDS, None: 255})
    return with_maps(path, pairs, classes=list(CLASSES))


SOURCE = Source(
    "cityscapes",
    "a folder with leftImg8bit and gtFine (label ids become the 19 classes of training; 255 is ignored)",
    lambda path: (
        os.path.isdir(os.path.join(path, _IMAGES)) and any(os.path.isdir(os.path.join(path, name)) for name in _MAPS)
    ),
    _open,
    uses=("subset",),
)
