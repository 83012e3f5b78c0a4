"""A picture of a database: a grid of entries, label maps laid over their images in colours."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import cv2
import numpy as np
import numpy.typing as npt
from PIL import Image, ImageDraw, ImageFont

from .label_colors import label_colors
from .label_maps import sample
from .palettes import Palette

Array = npt.NDArray[Any]
Pixels = npt.NDArray[np.uint8]

_TILE = 176  # pixels, of the longer side of an entry
_GAP, _LINE, _SWATCH = 10, 15, 12
_STRENGTH = 0.55  # of the labels' colours over the image
_PAPER, _INK, _FAINT = (255, 255, 255), (20, 20, 20), (110, 110, 110)


class Tile(NamedTuple):
    """An entry `pixels` C x H x W, its label map `labels` h x w, or both (none: it cannot be decoded); two lines."""

    pixels: Array | None
    labels: Array | None
    title: str
    note: str


def montage(
    tiles: Sequence[Tile], *, names: Mapping[int, str] | None = None, palette: Palette | None = None, columns: int = 0
) -> Image.Image:
    """The grid as a picture, with a legend of the labels that occur in label maps.

    `names`: names of labels for the legend. `columns`: 0 makes the grid about as wide as high.
    """
    colors = label_colors(palette)
    columns = columns or max(1, min(len(tiles), round((len(tiles) * 1.4) ** 0.5)))
    rows = -(-len(tiles) // columns)
    shown = [Image.fromarray(_shown(tile, colors)) for tile in tiles]
    tallest = max((image.height for image in shown), default=0)
    cell_width, cell_height = _TILE + _GAP, tallest + 2 * _LINE + _GAP
    shares = _shares([tile.labels for tile in tiles if tile.labels is not None])
    width = columns * cell_width + _GAP
    font = ImageFont.load_default(11)
    room = width - 2 * _GAP - _SWATCH - 5
    legend = [_legend(label, (names or {}).get(label, ""), share, font, room) for label, share in shares.items()]
    legend_width = _SWATCH + 5 + _GAP + max((int(font.getlength(text)) + 1 for text in legend), default=0)
    per_line = max(1, (width - _GAP) // legend_width)
    lines = -(-len(legend) // per_line)
    picture = Image.new("RGB", (width, rows * cell_height + _GAP + lines * (_LINE + 4)), _PAPER)
    draw = ImageDraw.Draw(picture)
    for place, (tile, image) in enumerate(zip(tiles, shown, strict=True)):
        left, top = _GAP + place % columns * cell_width, _GAP + place // columns * cell_height
        picture.paste(image, (left + (_TILE - image.width) // 2, top + (tallest - image.height) // 2))
        title, note = _fitting(tile.title, font, _TILE, keep_end=True), _fitting(tile.note, font, _TILE)
        draw.text((left, top + tallest + 2), title, _INK, font)
        draw.text((left, top + tallest + 2 + _LINE), note, _FAINT, font)
    for place, (label, text) in enumerate(zip(shares, legend, strict=True)):
        left = _GAP + place % per_line * legend_width
        top = rows * cell_height + _GAP + place // per_line * (_LINE + 4)
        color = tuple(colors[label].tolist())
        draw.rectangle((left, top, left + _SWATCH, top + _SWATCH), color, _FAINT)
        draw.text((left + _SWATCH + 5, top - 1), text, _INK, font)
    return picture


def _shares(maps: Sequence[Array]) -> dict[int, float]:
    """Share of pixels of each label that occurs."""
    counts = sum((np.bincount(labels.reshape(-1), minlength=256) for labels in maps), np.zeros(256, np.int64))
    return {int(label): float(counts[label] / counts.sum()) for label in np.flatnonzero(counts)}


def _legend(label: int, name: str, share: float, font: Any, room: float) -> str:
    """Label, as much of the name as there is room for, and share."""
    end = f"  {share:.1%}"
    return _fitting(f"{label} {name}".strip(), font, room - font.getlength(end)) + end


def _fitting(text: str, font: Any, width: float, *, keep_end: bool = False) -> str:
    """The text, or its beginning or end where it is too wide; the end of a path tells more."""
    if font.getlength(text) <= width:
        return text
    while text and font.getlength("..." + text) > width:
        text = text[1:] if keep_end else text[:-1]
    return "..." + text if keep_end else text + "..."


def _shown(tile: Tile, colors: Pixels) -> Pixels:
    """The entry as red, green and blue at its size in the grid."""
    if tile.pixels is None and tile.labels is None:
        return np.full((_TILE, _TILE, 3), (255, 220, 220), np.uint8)
    if tile.pixels is None:
        return _resized(colors[tile.labels])
    image = _resized(_rgb(tile.pixels))
    if tile.labels is None:
        return image
    over = colors[sample(tile.labels, (image.shape[0], image.shape[1]))]
    mixed: Pixels = np.rint((1 - _STRENGTH) * image + _STRENGTH * over).astype(np.uint8)
    return mixed


def _rgb(pixels: Array) -> Pixels:
    """C x H x W of any kind as an H x W x 3 picture; numbers that are no bytes are stretched from least to most."""
    if pixels.dtype != np.uint8:
        finite = np.nan_to_num(pixels.astype(np.float64), posinf=0, neginf=0)
        low, high = finite.min(), finite.max()
        pixels = np.rint((finite - low) * (255 / (high - low) if high > low else 0)).astype(np.uint8)
    planes = pixels[2::-1] if len(pixels) >= 3 else pixels[[0, 0, 0]]  # Caffe's colours are blue, green, red
    return np.ascontiguousarray(planes.transpose(1, 2, 0))


def _resized(image: Pixels) -> Pixels:
    height, width = image.shape[:2]
    scale = _TILE / max(height, width)
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    how = cv2.INTER_AREA if scale < 1 else cv2.INTER_NEAREST
    return np.asarray(cv2.resize(image, size, interpolation=how), np.uint8)
