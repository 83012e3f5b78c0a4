"""What is made of an entry: an image, its numbers, its label map; whatever is written of them then."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

import cv2
import numpy as np

from ..errors import DataError
from .images import Pixels, Reading, Size, check_image, check_not_cut, read_pixels, resize
from .label_grid import Divided, Grid
from .label_maps import LabelMaps, LabelRule, Labels, checked, read_label_map, sample, swapped
from .sources.entries import Array, Content, Entry, Listing

SAME = "same"
_CHUNK_PIXELS = 1 << 18  # four images of 256 x 256


class Sample(NamedTuple):
    """`image`: pixels H x W or H x W x C (uint8 or float32), or the bytes of a file that is kept as it is."""

    image: bytes | Array
    entry: Entry
    labels: Labels | None = None
    is_rgb: bool = False

    @property
    def shape(self) -> tuple[int, ...] | None:
        """C x H x W of the image; None where its file is kept."""
        if isinstance(self.image, bytes):
            return None
        return (1 if self.image.ndim == 2 else self.image.shape[2], *self.image.shape[:2])


@dataclass(frozen=True)
class MapRecipe:
    """How label maps are made: of the folder `maps`, or the source's own; sampled as the image is, then by `grid`."""

    rule: LabelRule = field(default_factory=LabelRule)
    grid: Grid = field(default_factory=Divided)
    maps: LabelMaps | None = None
    swap: Mapping[int, int] = field(default_factory=dict)
    """Labels that change places in an entry that is mirrored."""

    def read(self, listing: Listing, entry: Entry, size: Size) -> Labels:
        """The label map of an image of `size`, as large as it. Raises DataError."""
        name = self.maps.find(entry.name) if self.maps else listing.label_map_name(entry)
        found = name if self.maps else listing.label_map(entry)
        if isinstance(found, np.ndarray):
            labels = checked(name, found, self.rule)
        else:
            labels = read_label_map(name, self.rule, found if isinstance(found, bytes) else None)
        divisor = self.grid.divisor if isinstance(self.grid, Divided) else 1
        if (labels.shape[0] * divisor, labels.shape[1] * divisor) == size:  # as it is to be, such as one exported
            labels = labels.repeat(divisor, axis=0).repeat(divisor, axis=1)
        if labels.shape != size:
            ours, theirs = ("x".join(map(str, shape)) for shape in (labels.shape, size))
            image = listing.path(entry)
            raise DataError(f"{name}: label map is {ours}, but its image {image} is {theirs} (height x width)")
        return labels

    def finished(self, name: str, labels: Labels, size: Size | None, mirrored: bool) -> Labels:
        """The label map that is stored. Raises DataError."""
        if size:
            labels = sample(labels, size)
        if mirrored:
            labels = swapped(labels, self.swap)
        return self.grid(name, labels)


@dataclass(frozen=True)
class Recipe:
    """Makes a Sample of an entry; called from several threads.

    `encoded`: the kind of file that images are stored as, or SAME: each as its own file is. A file whose extension
    says that it is of that kind already, and that is not resized, mirrored, turned otherwise than Caffe does or freed
    of its alpha, is taken over byte for byte (also when it is to be grey).
    `bgr`: colours that come as red, green, blue are turned round.
    """

    size: Size | None = None
    reading: Reading = field(default_factory=Reading)
    encoded: str = ""
    bgr: bool = False
    maps: MapRecipe | None = None

    @property
    def chunk(self) -> int:
        """How many entries one thread takes at once: more than one where it is known that what is made is small."""
        return max(1, min(16, _CHUNK_PIXELS // (self.size[0] * self.size[1]))) if self.size else 1

    def __call__(self, listing: Listing, entry: Entry, content: Content) -> Sample:
        """Raises DataError naming file or entry."""
        path = listing.path(entry)
        if isinstance(content, bytes):
            check_not_cut(path, content)
        keeps = isinstance(content, bytes) and self._keeps_file(entry)
        if keeps and self.maps is None:
            check_image(path, content)  # type: ignore[arg-type]
            return Sample(content, entry)
        image = self._pixels(path, content, listing)
        labels = None
        if self.maps:
            labels = self.maps.read(listing, entry, image.shape[:2])
            labels = self.maps.finished(path, labels, self.size, entry.mirrored)
        if keeps:
            return Sample(content, entry, labels)
        if self.size:
            image = resize(image, self.size)
        if entry.mirrored:
            image = np.asarray(cv2.flip(image, 1))
        return Sample(image, entry, labels, listing.is_rgb and not self.bgr and image.ndim == 3)

    def _keeps_file(self, entry: Entry) -> bool:
        extension = _extension(entry)
        if not self.encoded or not extension:
            return False
        is_jpeg = extension in ("jpg", "jpeg")
        is_kind = self.encoded in (SAME, extension) or (self.encoded == "jpg" and is_jpeg)
        is_changed = self.reading.turn != "caffe" or (self.reading.alpha != "drop" and not is_jpeg)
        return is_kind and self.size is None and not entry.mirrored and not is_changed

    def _pixels(self, path: str, content: Content, listing: Listing) -> Array:
        if isinstance(content, bytes):
            return read_pixels(path, content, self.reading)
        image = content if content.dtype == np.uint8 else content.astype(np.float32)
        if not np.isfinite(image).all():
            raise DataError(f"{path}: holds values that are not finite")
        if image.ndim == 3 and image.shape[2] == 1:
            image = image[..., 0]
        if image.ndim == 3 and image.shape[2] == 3:
            if self.reading.gray:
                return np.asarray(cv2.cvtColor(image, cv2.COLOR_RGB2GRAY if listing.is_rgb else cv2.COLOR_BGR2GRAY))
            if listing.is_rgb and self.bgr:
                image = image[..., ::-1]
        return np.ascontiguousarray(image)


def _extension(entry: Entry) -> str:
    _, dot, extension = os.path.basename(entry.name).rpartition(".")
    return extension.lower() if dot else ""


def file_kind(encoded: str, entry: Entry) -> str:
    """The kind of file ("jpg", "png", ...) that an entry is encoded as. Raises DataError where nothing tells it."""
    kind = _extension(entry) if encoded == SAME else encoded
    if not kind:
        raise DataError("no extension tells its kind of file; give --encoded jpg or png")
    return kind


def as_bgr(made: Sample) -> Pixels:
    """The image as encoders take it. Raises DataError for one that is not uint8 of 1, 3 or 4 channels."""
    assert not isinstance(made.image, bytes)
    image = made.image
    if image.dtype != np.uint8 or (image.ndim == 3 and image.shape[2] not in (3, 4)):
        kind = f"{image.dtype} of shape {'x'.join(map(str, image.shape))}"
        raise DataError(f"{kind} cannot be encoded as an image file")
    return np.asarray(cv2.cvtColor(image, cv2.COLOR_RGB2BGR) if made.is_rgb and image.shape[2] == 3 else image)
