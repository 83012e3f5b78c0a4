"""CamVid as it comes with SegNet: folders train, trainannot, val, valannot, test, testannot."""

from __future__ import annotations

import os

from .folder import EXTENSIONS
from .folder_maps import FolderMaps, with_maps
from .source import Source, SourceOptions, choose_subset, subfolders, visible

_MAPS = "annot"


def _subsets(path: str) -> list[str]:
    folders = set(subfolders(path)) if os.path.isdir(path) else set()
    return sorted(name for name in folders if name + _MAPS in folders)


def _open(path: str, options: SourceOptions) -> FolderMaps:
    subset = choose_subset(path, _subsets(path), options.subset)
    pairs = [
        (f"{subset}/{name}", f"{subset}{_MAPS}/{os.path.splitext(name)[0]}.png")
        for name in visible(os.path.join(path, subset))
        if name.lower().endswith(EXTENSIONS)
    ]
    return with_maps(path, pairs)


SOURCE = Source(
    "camvid",
    "a folder with train and trainannot, val and valannot, ... (CamVid as SegNet has it)",
    lambda path: bool(_subsets(path)),
    _open,
    uses=("subset",),
)
