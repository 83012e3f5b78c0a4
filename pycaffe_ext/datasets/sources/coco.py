"""COCO JSON: instances (polygons, run lengths) and panoptic (PNG) to label maps."""

from __future__ import annotations

import json
import os
from collections import defaultdict
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from ...errors import DataError
from ...proto.files import read_bytes
from .coco_shapes import fill_polygons, run_length_mask
from .entries import Array, Entry, Listing
from .source import Source, SourceOptions

_VOID = 255  # pixels of no segment in a panoptic map
_MOST = 255  # categories: label maps are bytes, one of which is background or void


@dataclass(frozen=True)
class CocoListing(Listing):
    """`annotations`: of each image, by its place in the list of entries; `numbers`: label by category id."""

    images: list[dict[str, Any]] = field(default_factory=list)
    annotations: list[list[dict[str, Any]]] = field(default_factory=list)
    numbers: dict[int, int] = field(default_factory=dict)
    panoptic: str = ""
    """The folder of a panoptic set's PNGs."""
    has_maps: bool = True

    def check(self, entry: Entry) -> None:
        if not os.path.exists(self.path(entry)):
            raise DataError(f"{self.path(entry)}: does not exist; --root says where the images lie")

    def label_map_name(self, entry: Entry) -> str:
        return f"{self.file}: label map of {entry.name}"

    def label_map(self, entry: Entry) -> Array:
        image, annotations = self.images[entry.place], self.annotations[entry.place]
        try:
            if self.panoptic:
                return self._segments(annotations)
            labels = np.zeros((int(image["height"]), int(image["width"])), np.uint8)
            for found in sorted(annotations, key=lambda one: -float(one.get("area", 0))):  # small ones lie above
                labels[self._mask(found, labels.shape)] = self._number(found)
            return labels
        except (KeyError, TypeError, ValueError, IndexError, OverflowError) as error:
            raise DataError(f"{self.label_map_name(entry)}: annotation is not COCO's: {error!r}") from error

    def _number(self, found: dict[str, Any]) -> int:
        if found["category_id"] not in self.numbers:
            raise DataError(f"{self.file}: annotation has category_id {found['category_id']}, which is no category")
        return self.numbers[found["category_id"]]

    def _mask(self, found: dict[str, Any], shape: tuple[int, int]) -> Array:
        segmentation = found["segmentation"]
        if isinstance(segmentation, dict):
            return run_length_mask(segmentation["counts"], segmentation["size"], shape)
        return fill_polygons(segmentation, shape)

    def _segments(self, annotations: list[dict[str, Any]]) -> Array:
        from PIL import Image

        if len(annotations) != 1:
            raise DataError(f"{self.file}: {len(annotations)} panoptic annotations for one image")
        path = os.path.join(self.panoptic, annotations[0]["file_name"])
        try:
            with Image.open(path, formats=["PNG"]) as image:
                colors = np.asarray(image.convert("RGB")).astype(np.int64)
        except (OSError, SyntaxError, Image.DecompressionBombError) as error:
            raise DataError(f"{path}: label map cannot be read: {error}") from error
        ids = colors @ np.array([1, 256, 65536])
        labels = np.full(ids.shape, _VOID, np.uint8)
        for found in annotations[0]["segments_info"]:
            labels[ids == found["id"]] = self._number(found)
        known = np.isin(ids, [0, *(found["id"] for found in annotations[0]["segments_info"])])
        if not known.all():
            y, x = np.argwhere(~known)[0]
            raise DataError(f"{path}: pixel ({x}, {y}) has segment {ids[y, x]}, which {self.file} does not describe")
        return labels


def _open(path: str, options: SourceOptions) -> CocoListing:
    """Instances: 0 is background, categories count from 1 in the order of their ids. Panoptic: they count from 0,
    and pixels of no segment are 255. Images lie in `root` (default: the JSON's folder)."""
    try:
        content = json.loads(read_bytes(path))
        images, annotations = list(content["images"]), list(content["annotations"])
        categories = sorted(content["categories"], key=lambda category: int(category["id"]))
        is_panoptic = any("segments_info" in found for found in annotations)
        first = 0 if is_panoptic else 1
        numbers = {int(category["id"]): label for label, category in enumerate(categories, first)}
        names = [str(category["name"]) for category in categories]
        of_image: dict[int, list[dict[str, Any]]] = defaultdict(list)
        for found in annotations:
            of_image[found["image_id"]].append(found)
        entries = [Entry(str(image["file_name"]), 0, place=place) for place, image in enumerate(images)]
        ordered = [of_image.pop(image["id"], []) for image in images]
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise DataError(f"{path}: is not COCO's JSON (images, annotations, categories): {error!r}") from error
    if not entries:
        raise DataError(f"{path}: lists no images")
    if len(numbers) > _MOST:
        raise DataError(f"{path}: has {len(numbers)} categories; label maps are bytes, which tell {_MOST} apart")
    if of_image:
        raise DataError(f"{path}: annotations name image_id {next(iter(of_image))}, which is no image's")
    return CocoListing(
        os.path.dirname(path) if options.root is None else options.root,
        entries,
        names if is_panoptic else ["background", *names],
        file=path,
        images=images,
        annotations=ordered,
        numbers=numbers,
        panoptic=os.path.splitext(path)[0] if is_panoptic else "",
    )


SOURCE = Source(
    "coco",
    "COCO's JSON of instances or panoptic segments (panoptic PNGs lie in the folder of its name)",
    lambda path: path.lower().endswith(".json"),
    _open,
    uses=("root",),
)
