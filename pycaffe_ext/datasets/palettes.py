"""Palette files: which colour of a label map is which label."""

from __future__ import annotations

import re
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from ..errors import DataError
from ..proto.files import AnyPath, read_bytes

_LINE = re.compile(r"([0-9]+)\s+([0-9]+)\s+([0-9]+)\s+([0-9]+)(?:\s+(\S.*))?")


@dataclass(frozen=True)
class Palette:
    """Colours (packed r * 65536 + g * 256 + b, ascending), the label of each, and the labels' names."""

    file: str
    colors: npt.NDArray[np.int32]
    labels: npt.NDArray[np.uint8]
    names: dict[int, str]

    def labels_of(self, rgb: npt.NDArray[np.uint8]) -> tuple[npt.NDArray[np.uint8], npt.NDArray[np.bool_]]:
        """Labels (H x W) of the colours H x W x 3, and which pixels' colours are in the palette at all."""
        packed = (rgb.astype(np.int32) * np.array([65536, 256, 1], np.int32)).sum(axis=2, dtype=np.int32)
        places = np.minimum(np.searchsorted(self.colors, packed), len(self.colors) - 1)
        return self.labels[places], self.colors[places] == packed


def read_palette(path: AnyPath) -> Palette:
    """Reads lines of "index r g b name" (0 to 255 each, the name may be missing; # begins a comment line).

    Several colours may share an index. Raises FileError, and DataError naming file and line.
    """
    table: dict[int, int] = {}
    names: dict[int, str] = {}
    for number, line in enumerate(read_bytes(path).decode(errors="replace").splitlines(), start=1):
        text = line.strip()
        if not text or text.startswith("#"):
            continue
        found = _LINE.fullmatch(text)
        if not found:
            raise DataError(f"{path}:{number}: '{text}' is no palette line; one is: index r g b name")
        index, red, green, blue = map(int, found.groups()[:4])
        if max(index, red, green, blue) > 255:
            raise DataError(f"{path}:{number}: index, r, g and b are 0 to 255: '{text}'")
        if table.setdefault(red * 65536 + green * 256 + blue, index) != index:
            raise DataError(f"{path}:{number}: colour {red} {green} {blue} has another index above")
        if found[5]:
            names.setdefault(index, found[5])
    if not table:
        raise DataError(f"{path}: holds no palette line; one is: index r g b name")
    colors = np.array(sorted(table), np.int32)
    return Palette(str(path), colors, np.array([table[int(c)] for c in colors], np.uint8), names)
