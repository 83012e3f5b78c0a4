"""Parts of pictures as boxes, from a CSV file."""

from __future__ import annotations

import csv
import io
from os import PathLike
from pathlib import Path
from typing import NamedTuple

from ...errors import DataError
from ...proto.files import read_bytes
from ..patches import Box

HEADER = ("image", "part", "left", "top", "width", "height")
WHOLE = "object"  # the part within which random parts lie


class PartedImage(NamedTuple):
    """A picture's file, and its parts by name."""

    path: str
    parts: dict[str, Box]


def read_parts(path: str | PathLike[str]) -> list[PartedImage]:
    """The pictures of a CSV file with the columns image, part, left, top, width, height (pixels of the picture).

    Images are looked for beside the file. Every picture has the same parts; one named "object" is optional. Raises
    FileError; DataError with file and line for what is no box, and where there are less than two pictures or parts
    differ.
    """
    try:
        text = read_bytes(path).decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise DataError(f"{path}: is no text in UTF-8") from error
    rows = csv.DictReader(io.StringIO(text))
    missing = [name for name in HEADER if name not in (rows.fieldnames or ())]
    if missing:
        raise DataError(f"{path}:1: no column '{missing[0]}'; the columns are {','.join(HEADER)}")
    found: dict[str, PartedImage] = {}
    for row in rows:
        image = found.setdefault(row["image"], PartedImage(str(Path(path).parent / row["image"]), {}))
        if row["part"] in image.parts:
            raise DataError(f"{path}:{rows.line_num}: {row['image']} has the part '{row['part']}' already")
        image.parts[row["part"]] = _box(row, f"{path}:{rows.line_num}")
    images = list(found.values())
    if len(images) < 2:
        raise DataError(f"{path}: parts of at least 2 pictures are needed, there are {len(images)}")
    names = images[0].parts.keys() - {WHOLE}
    for image in images:
        for name in names ^ (image.parts.keys() - {WHOLE}):
            raise DataError(f"{path}: not every picture has the part '{name}' (see {image.path})")
    if not names:
        raise DataError(f"{path}: there is no part beside '{WHOLE}'")
    return images


def _box(row: dict[str, str], where: str) -> Box:
    try:
        left, top, width, height = (int(row[name]) for name in HEADER[2:])
    except (TypeError, ValueError):
        raise DataError(f"{where}: left, top, width and height are whole numbers of pixels") from None
    if left < 0 or top < 0 or width < 1 or height < 1:
        raise DataError(f"{where}: a box of {width} x {height} at ({left}, {top}) lies in no picture")
    return Box(top, left, top + height, left + width)
