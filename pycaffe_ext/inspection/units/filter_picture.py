"""Filters of a convolution as one picture, on one scale."""

from __future__ import annotations

from math import ceil, sqrt
from typing import Any

import numpy as np
import numpy.typing as npt

from ..backprojection import Array
from ..figures import colour_bar, new_figure, png

_TALLEST, _WIDEST = 10.0, 11.0  # inches


def sheet(tiles: npt.NDArray[Any], columns: int) -> npt.NDArray[np.float64]:
    """Tiles N x h x w (x 3) row by row in a grid with gaps of NaN about a sixth of a tile wide."""
    count, height, width = tiles.shape[:3]
    gap, rows = max(1, round(min(height, width) / 6)), ceil(count / columns)
    size = (rows * (height + gap) - gap, columns * (width + gap) - gap)
    found = np.full((*size, *tiles.shape[3:]), np.nan)
    for number, tile in enumerate(tiles):
        row, column = divmod(number, columns)
        found[row * (height + gap) :, column * (width + gap) :][:height, :width] = tile
    return found


def filter_picture(weights: Array, units: range, channels: range, title: str, *, rgb: bool = False) -> bytes:
    """A PNG of filters N x C x h x w, which are `units` and `channels` of their layer.

    Three channels are shown in colour (`rgb`: the first is red, else blue), filter after filter; others with a row
    for each filter and a column for each channel. All share one scale, on which 0 is grey.
    """
    largest = float(np.abs(weights).max()) or 1.0
    in_colour = weights.shape[1] == 3
    if in_colour:
        columns = ceil(sqrt(1.6 * len(weights)))
        found = sheet(weights.transpose(0, 2, 3, 1)[..., :: 1 if rgb else -1] / largest / 2 + 0.5, columns)
        found = np.where(np.isnan(found), 1, found)
    else:
        columns = weights.shape[1]
        found = sheet(weights.reshape(-1, *weights.shape[2:]), columns)
    height, width = found.shape[:2]
    scale = min(_TALLEST / height, _WIDEST / width)
    figure = new_figure(max(width * scale, 3.5) + (1.0 if in_colour else 2.4), height * scale + 1.1)
    figure.suptitle(title, fontsize=11)
    panel = figure.subplots()
    how: dict[str, Any] = {} if in_colour else {"cmap": "gray", "vmin": -largest, "vmax": largest}
    shown = panel.imshow(found, interpolation="nearest", **how)
    rows = ceil(len(weights) / columns) if in_colour else len(weights)
    starts = [units[row * (columns if in_colour else 1)] for row in range(rows)]
    _number(panel.set_yticks, starts, height)
    panel.set_ylabel("filter at the row's left" if in_colour else "filter", fontsize=9)
    if in_colour:
        panel.set_xticks([])
        panel.set_xlabel(f"grey: weight 0; full colour: ±{largest:.2g}, one scale for all", fontsize=9)
    else:
        _number(panel.set_xticks, list(channels), width)
        panel.set_xlabel("input channel (within the group)", fontsize=9)
        colour_bar(figure, shown, [panel], "weight")
    panel.tick_params(labelsize=7, length=0)
    panel.set_frame_on(False)
    return png(figure)


def _number(set_ticks: Any, numbers: list[int], length: int) -> None:
    """Numbers in the middle of rows or columns, some left out where they would overlap."""
    step = ceil(len(numbers) / 32)
    each = length / len(numbers)
    places = range(0, len(numbers), step)
    set_ticks([(place + 0.5) * each - 0.5 for place in places], [str(numbers[place]) for place in places])
