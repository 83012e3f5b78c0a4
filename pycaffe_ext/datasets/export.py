"""A database back to files, from which make_lmdb.py makes the same entries again."""

from __future__ import annotations

import io
import re
from collections.abc import Callable
from pathlib import Path

import numpy as np

from ..atomic import creating_folder
from .databases import Database
from .datum import Array, datum_array, parse_datum
from .encodings import encoding_of
from .images import encode
from .side_by_side import Pair, missing_entry, side_by_side

_KNOWN = {".jpg", ".jpeg", ".png", ".bmp", ".tif", ".tiff", ".webp", ".gif"}
_LONGEST = 180  # bytes of a name, of the 255 that file systems take


def export(
    database: Database, folder: Path, maps: Database | None = None, *, done: Callable[[int], None] = lambda count: None
) -> int:
    """Writes each entry as a file, and the list file list.txt with their labels, into a new folder.

    Encoded entries keep their bytes, raw ones of 1 or 3 channels become PNG, all others .npy (C x H x W). With label
    `maps` these are in folder labels, and the images in folder images under the same names. Returns the number of
    entries; nothing is left after an error. Raises FileError, DataError.
    """
    count = 0
    with creating_folder(folder) as place:
        images, labels = (place / "images", place / "labels") if maps else (place, place)
        for one in {images, labels} - {place}:
            one.mkdir()
        named = _Names()
        with open(images / "list.txt", "w", encoding="utf-8") as listing:
            for pair in side_by_side(database, maps) if maps else (Pair(*item, None) for item in database):
                if pair.first is None or (maps and pair.second is None):
                    raise missing_entry(database, maps or database, pair)
                name = named.name(pair.key)
                suffix, label = _write(database, pair.key, pair.first, images / name)
                listing.write(f"{name}{suffix} {label}\n")
                if maps and pair.second is not None:
                    _write(maps, pair.key, pair.second, labels / name)
                count += 1
                done(count)
    return count


class _Names:
    """Names for files, each another: no folders, nothing that a shell or another system stumbles over."""

    def __init__(self) -> None:
        self._taken: set[int] = set()  # hashes, since there may be millions

    def name(self, key: bytes) -> str:
        """The name for a key, without a suffix for its kind."""
        stem = re.sub(r'[\x00-\x20\x7f/\\:*?"<>|\']', "_", key.decode(errors="backslashreplace")).strip(".") or "_"
        if Path(stem).suffix.lower() in _KNOWN:
            stem = stem[: -len(Path(stem).suffix)]
        while len(stem.encode()) > _LONGEST:
            stem = stem[:-1]
        name, again = stem, 2
        while hash(name.lower()) in self._taken:
            name, again = f"{stem}~{again}", again + 1
        self._taken.add(hash(name.lower()))
        return name


def _write(database: Database, key: bytes, value: bytes | memoryview, path: Path) -> tuple[str, int]:
    """Writes the entry's file; returns the suffix of its name, and the entry's label."""
    with database.naming(key):
        datum = parse_datum(value)
        kind = encoding_of(datum)
        if datum.encoded:
            content, suffix = bytes(datum.data), "" if kind == "other" else f".{kind}"
        else:
            content, suffix = _as_file(datum_array(datum))
    path.with_name(path.name + suffix).write_bytes(content)
    return suffix, datum.label


def _as_file(pixels: Array) -> tuple[bytes, str]:
    if pixels.dtype == np.uint8 and len(pixels) in (1, 3):
        planes = pixels[0] if len(pixels) == 1 else pixels.transpose(1, 2, 0)
        return encode(np.ascontiguousarray(planes), "png"), ".png"
    file = io.BytesIO()
    np.save(file, pixels, allow_pickle=False)
    return file.getvalue(), ".npy"
