"""Which class is taken for which, as a picture."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ..figures import colour_bar, new_figure, png
from .scores import Counts

_WRITTEN = 14  # classes; the numbers of more cannot be read
_NAMED = 60


def confusion_picture(confusion: Counts, classes: Sequence[str], *, title: str) -> bytes:
    """A PNG of K x K counts (true classes in rows): each row's shares, on a scale from 0 to 1."""
    of_row = confusion.sum(axis=1, keepdims=True)
    shares = np.divide(confusion, of_row, out=np.full(confusion.shape, np.nan), where=of_row > 0)
    count = len(classes)
    side = max(3.6, min(0.55 * count, 0.17 * count + 4.5, 14))
    figure = new_figure(side + 2.6, side + 1.4)
    panel = figure.subplots()
    panel.set_facecolor("0.85")
    shown = panel.imshow(shares, cmap="Blues", vmin=0, vmax=1, interpolation="nearest")
    if count <= _NAMED:
        size = 9 if count <= 20 else 6
        panel.set_xticks(range(count), classes, rotation=90 if count > 4 else 30, fontsize=size)
        panel.set_yticks(range(count), classes, fontsize=size)
    panel.set_xlabel("predicted class")
    panel.set_ylabel("true class" + (" (grey: does not occur)" if (of_row == 0).any() else ""))
    if count <= _WRITTEN:
        for (row, column), share in np.ndenumerate(shares):
            if np.isfinite(share):
                colour = "white" if share > 0.55 else "black"
                panel.text(column, row, f"{share:.1%}", ha="center", va="center", color=colour, fontsize=8)
    colour_bar(figure, shown, [panel], "share of the true class's pixels")
    figure.suptitle(title, fontsize=11)
    return png(figure)
