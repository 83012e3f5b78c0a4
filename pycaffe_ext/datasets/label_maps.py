"""Label maps: files to arrays of labels, checked, and sampled to other sizes without inventing labels."""

from __future__ import annotations

import io
import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from ..errors import DataError
from .images import Size
from .palettes import Palette

if TYPE_CHECKING:
    from PIL import Image

_KINDS = (".png", ".tif", ".tiff", ".bmp", ".gif")  # which keep values as they are
_NO_MAP = "is not a PNG, TIFF, BMP or GIF, or is damaged"

Labels = npt.NDArray[np.uint8]


@dataclass(frozen=True)
class LabelRule:
    """How label maps are read: by a palette's colours or as indices; which labels there may be."""

    palette: Palette | None = None
    num_classes: int | None = None
    ignore: int | None = None
    """A label that is allowed beside 0 .. num_classes - 1."""
    relabel: Mapping[int | None, int] = field(default_factory=dict)
    """What becomes of the values that are read; None: of all that are not named."""


def read_label_map(path: str, rule: LabelRule, content: bytes | None = None) -> Labels:
    """The labels of a PNG, TIFF, BMP or GIF, H x W uint8; of its bytes, where they are given.

    Without a palette they are the values of a grey image (8 or 16 bit) or the indices of a palette image; with one,
    every pixel is looked up by its colour. Raises DataError naming file, pixel and value.
    """
    from PIL import Image  # which runs without label maps need not wait for

    try:
        if content is None:
            with open(path, "rb") as file:
                content = file.read()
        with Image.open(io.BytesIO(content), formats=["PNG", "TIFF", "BMP", "GIF"]) as image:
            mode, bits = image.mode, _bits(image, content)
            colors = _rgb(path, image) if rule.palette else None
            values = np.asarray(image)
    except (OSError, SyntaxError, ValueError, Image.DecompressionBombError) as error:
        problem = error.strerror if isinstance(error, OSError) and error.strerror else _NO_MAP
        raise DataError(f"{path}: label map cannot be read: {problem}") from error
    if rule.palette and colors is not None:
        labels, known = rule.palette.labels_of(colors)
        if not known.all():
            x, y = _first(~known)
            color = " ".join(map(str, colors[y, x]))
            raise DataError(f"{path}: pixel ({x}, {y}) has colour {color}, which is not in {rule.palette.file}")
        values = labels
    elif mode == "P" or (mode in ("L", "I;16", "I;16B", "I") and bits >= 8):
        pass
    elif mode in ("1", "L"):
        raise DataError(f"{path}: is a {bits}-bit grey image, whose values readers scale; save 8-bit grey or a palette")
    else:
        raise DataError(f"{path}: holds colours ({mode}), not labels; give --palette FILE with their labels")
    return checked(path, values, rule)


def _bits(image: Image.Image, content: bytes) -> int:
    """Of each value: Pillow scales grey of 1, 2 and 4 bits without telling."""
    if image.format == "PNG":
        return content[24]
    if image.format == "TIFF":
        return int(image.tag_v2.get(258, (1,))[0])  # type: ignore[attr-defined]
    return 1 if image.mode == "1" else 8


def sample(labels: Labels, size: Size) -> Labels:
    """The nearest label for each pixel of a new size h x w, counted from pixel centres.

    Row y of the new map is row floor((y + 1/2) * H / h) of the old one, columns likewise: at scale 1/4 pixel
    (y, x) is old pixel (4y + 2, 4x + 2). Images are resized about pixel centres too, so both stay aligned.
    """
    rows, columns = ((2 * np.arange(new) + 1) * old // (2 * new) for old, new in zip(labels.shape, size, strict=True))
    sampled: Labels = labels[rows[:, None], columns]
    return sampled


def scale_down(path: str, labels: Labels, divisor: int) -> Labels:
    """The label map at 1/divisor of its size. Raises DataError, naming file and size, when that is not whole."""
    height, width = labels.shape
    if height % divisor or width % divisor:
        raise DataError(f"{path}: size {height}x{width} does not divide by {divisor} (--label-scale 1/{divisor})")
    return sample(labels, (height // divisor, width // divisor))


class LabelMaps:
    """Which label map belongs to which image."""

    def __init__(self, folder: str, names: Iterable[str]) -> None:
        """Looks for them below the folder: with the image's relative path, else with its stem in the folder itself.
        Where there are several kinds of file, PNG comes first.

        Raises DataError when the folder holds no label maps, or is none.
        """
        if not os.path.isdir(folder):
            raise DataError(f"{folder}: {'is no folder' if os.path.exists(folder) else 'does not exist'}")
        paths = {}
        for place, _, files in os.walk(folder):
            for file in sorted(files, key=lambda name: (name.lower().endswith(".png"), name)):
                if file.lower().endswith(_KINDS):
                    path = os.path.join(place, file)
                    paths[os.path.splitext(os.path.relpath(path, folder))[0]] = path
        if not paths:
            raise DataError(f"{folder}: holds no label maps ({' '.join(_KINDS)}; JPEG changes labels)")
        self._paths: dict[str, str] = {}
        self._problems: dict[str, str] = {}
        users: dict[str, str] = {}
        for name in names:
            relative = os.path.splitext(os.path.normpath(name))[0]
            stem = os.path.basename(relative)
            found = paths.get(relative) or paths.get(stem)
            if found is None:
                expected = os.path.join(folder, stem + ".png")
                self._problems[name] = f"image {name} has no label map: {expected} does not exist"
            elif users.setdefault(found, name) != name:
                self._problems[name] = f"images {users[found]} and {name} would share label map {found}"
            else:
                self._paths[name] = found

    def find(self, name: str) -> str:
        """The label map of an image. Raises DataError when it has none, or one that an earlier image has."""
        if name in self._problems:
            raise DataError(self._problems[name])
        return self._paths[name]


def checked(path: str, values: npt.NDArray[Any], rule: LabelRule) -> Labels:
    """Values H x W of a label map as labels, by the rule. Raises DataError naming map, pixel and value."""
    if rule.relabel:
        values = _relabelled(values, rule.relabel)
    limit = 256 if rule.num_classes is None else rule.num_classes
    bad = values >= limit if values.dtype.kind == "u" else (values >= limit) | (values < 0)
    if rule.ignore is not None:
        bad &= values != rule.ignore
    if bad.any():
        x, y = _first(bad)
        allowed = f"0 to {limit - 1}" + (f" or {rule.ignore}" if rule.ignore is not None else "")
        raise DataError(f"{path}: pixel ({x}, {y}) has label {values[y, x]}; allowed are {allowed}")
    return values.astype(np.uint8, copy=False)


def _relabelled(values: npt.NDArray[Any], relabel: Mapping[int | None, int]) -> npt.NDArray[Any]:
    found, places = np.unique(values, return_inverse=True)
    others = relabel.get(None)
    new = [relabel.get(value, value if others is None else others) for value in found.tolist()]
    return np.array(new, np.int64)[places].reshape(values.shape)


def swapped(labels: Labels, pairs: Mapping[int, int]) -> Labels:
    """The label map flipped left-right, each label turned into its partner."""
    table = np.arange(256, dtype=np.uint8)
    for one, other in pairs.items():
        table[one], table[other] = other, one
    flipped: Labels = table[labels[:, ::-1]]
    return flipped


def _first(where: npt.NDArray[np.bool_]) -> tuple[int, int]:
    y, x = np.unravel_index(int(where.argmax()), where.shape)
    return int(x), int(y)


def _rgb(path: str, image: Image.Image) -> npt.NDArray[np.uint8]:
    colors = np.asarray(image.convert("RGBA"))
    see_through = colors[..., 3] != 255
    if see_through.any():
        x, y = _first(see_through)
        raise DataError(f"{path}: pixel ({x}, {y}) is not opaque; a label map has no transparency")
    return colors[..., :3]
