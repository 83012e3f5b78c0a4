"""Listings of image files whose label maps are files too, each found by a rule of its kind."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from ...errors import DataError
from .entries import Entry, Listing


@dataclass(frozen=True)
class FolderMaps(Listing):
    """`maps`: the label map's path below the root, by the image's name."""

    maps: dict[str, str] = field(default_factory=dict)
    has_maps: bool = True

    def label_map(self, entry: Entry) -> str:
        return os.path.join(self.root, self.maps[entry.name])

    def check(self, entry: Entry) -> None:
        if not os.path.exists(self.label_map(entry)):
            problem = f"image {entry.name} has no label map: {self.label_map(entry)} does not exist"
            raise DataError(f"{self.where(entry)}{problem}")


def with_maps(root: str, pairs: Sequence[tuple[str, str]], **fields: Any) -> FolderMaps:
    """The listing of pairs of image and label map, paths below `root`. Raises DataError where there are none."""
    if not pairs:
        raise DataError(f"{root}: holds no images with label maps where this kind of set has them")
    entries = [Entry(image, 0) for image, _ in pairs]
    return FolderMaps(root, entries, maps=dict(pairs), **fields)
