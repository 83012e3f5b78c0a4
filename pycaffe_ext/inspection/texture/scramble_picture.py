"""One picture in each form, and the accuracies below."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from ..figures import COLOURS, new_figure, png, show_image
from ..photographs import Pixels
from ..results import Cell


def scramble_picture(rows: Sequence[Sequence[Cell]], examples: Mapping[str, Pixels], title: str) -> bytes:
    """A PNG. `rows`: kind, number of pictures, top-1, top-5 (shares), ...; `examples`: a picture of each kind."""
    count = len(rows)
    figure = new_figure(1.45 * count + 1.2, 5.2)
    grid = figure.add_gridspec(2, count, height_ratios=(1, 1.7))
    for place, row in enumerate(rows):
        kind = str(row[0])
        show_image(figure.add_subplot(grid[0, place]), examples[kind])
    panel = figure.add_subplot(grid[1, :])
    for offset, (column, name, colour) in enumerate(((2, "top-1", COLOURS[0]), (3, "top-5", COLOURS[5]))):
        heights = [float(row[column] or 0) for row in rows]
        bars = panel.bar([place + 0.38 * (offset - 0.5) for place in range(count)], heights, 0.36, color=colour)
        bars.set_label(f"{name}: the class is {'the best' if column == 2 else 'among the best five'}")
        panel.bar_label(bars, [f"{height:.0%}" for height in heights], fontsize=8, padding=1)
    panel.set_xlim(-0.5, count - 0.5)
    panel.set_ylim(0, 1.08)
    panel.set_xticks(range(count), [_short(str(row[0])) for row in rows], fontsize=9)
    panel.set_ylabel("accuracy")
    panel.grid(axis="y", alpha=0.3)
    figure.legend(loc="outside lower center", ncols=2, frameon=False, fontsize=9)
    figure.suptitle(title, fontsize=12)
    return png(figure)


def _short(kind: str) -> str:
    """A kind's name in a column: "scrambled" above "2 x 2", of a folder its own name."""
    return kind.replace("scrambled ", "scrambled\n") if kind.startswith("scrambled") else Path(kind).name
