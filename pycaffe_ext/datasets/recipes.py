"""What is made of an entry: the values that go under its key, one for each database."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple, Protocol

from ..errors import DataError
from .datum import encoded_datum, raw_datum
from .images import Pixels, Size, check_image, encode, read_file, read_image, resize
from .label_maps import LabelMaps, LabelRule, read_label_map, sample, scale_down
from .sources.entries import Entry, Listing


class Made(NamedTuple):
    """The values of one entry, one for each database, and the image's shape C x H x W (None: not looked at)."""

    values: tuple[bytes, ...]
    shape: tuple[int, ...] | None


class Recipe(Protocol):
    """Makes the values of an entry; called from several threads. Raises DataError naming the file."""

    def __call__(self, listing: Listing, entry: Entry) -> Made: ...


@dataclass(frozen=True)
class ImageRecipe:
    """An image as Datum, by convert_imageset's rules.

    encoded "" gives raw pixels. Else a file whose extension says that it is of that kind already, and that is not
    resized, is taken over byte for byte (also when `gray` is set); any other is encoded anew.
    """

    size: Size | None = None
    gray: bool = False
    encoded: str = ""

    def __call__(self, listing: Listing, entry: Entry) -> Made:
        path = listing.path(entry)
        content = read_file(path)
        if self.keeps_file(path):
            check_image(path, content)
            return Made((encoded_datum(content, entry.label),), None)
        return self.from_pixels(read_image(path, content, gray=self.gray), entry.label)

    def keeps_file(self, path: str) -> bool:
        """Whether the file's own bytes are stored."""
        extension = path.rpartition(".")[2].lower()
        return self.size is None and (extension == self.encoded or (self.encoded, extension) == ("jpg", "jpeg"))

    def from_pixels(self, image: Pixels, label: int) -> Made:
        """The Datum of pixels that were read already."""
        if self.size:
            image = resize(image, self.size)
        value = encoded_datum(encode(image, self.encoded), label) if self.encoded else raw_datum(image, label)
        return Made((value,), (1 if image.ndim == 2 else image.shape[2], *image.shape[:2]))


@dataclass(frozen=True)
class PairRecipe:
    """An image and its label map (1 x H x W) as two Datums; the map is resized as the image is, then scaled down."""

    image: ImageRecipe
    maps: LabelMaps
    rule: LabelRule
    divisor: int = 1

    def __call__(self, listing: Listing, entry: Entry) -> Made:
        path, map_path = listing.path(entry), self.maps.find(entry.name)
        content = read_file(path)
        pixels = read_image(path, content, gray=self.image.gray)
        labels = read_label_map(map_path, self.rule)
        if labels.shape != pixels.shape[:2]:
            ours, theirs = ("x".join(map(str, shape)) for shape in (labels.shape, pixels.shape[:2]))
            raise DataError(f"{map_path}: label map is {ours}, but its image {path} is {theirs} (height x width)")
        if self.image.size:
            labels = sample(labels, self.image.size)
        label_value = raw_datum(scale_down(map_path, labels, self.divisor), entry.label)
        if self.image.keeps_file(path):
            return Made((encoded_datum(content, entry.label), label_value), None)
        made = self.image.from_pixels(pixels, entry.label)
        return Made((*made.values, label_value), made.shape)
