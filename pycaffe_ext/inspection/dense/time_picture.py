"""Scores of the snapshots of a training as lines."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ..figures import COLOURS, new_figure, png
from .scores import DenseScores


def time_picture(
    iterations: Sequence[int], scores: Sequence[DenseScores], classes: Sequence[str], *, title: str
) -> bytes:
    """A PNG: the IoU of each class, the mean, and the mean of the constant answer, by iteration.

    Of more than 8 classes the mean is in colour, and each class a thin grey line.
    """
    figure = new_figure(8, 4.2)
    panel = figure.subplots()
    by_class = np.array([one.iou for one in scores]).T
    few = len(classes) <= len(COLOURS)
    for index, (name, line) in enumerate(zip(classes, by_class, strict=True)):
        how = {"color": COLOURS[index], "label": name} if few else {"color": "0.75", "lw": 0.8}
        panel.plot(iterations, line, marker="o" if len(iterations) < 25 else "", ms=3, **how)
    if not few:
        panel.plot([], [], color="0.75", lw=0.8, label="each class")
    panel.plot(iterations, [one.mean_iou for one in scores], color="black", lw=2.2, label="mean")
    constant = scores[-1]
    label = f"mean, '{classes[constant.constant[0]]}' everywhere"
    panel.axhline(constant.constant_mean_iou, color="black", ls=":", lw=1, label=label)
    panel.set_ylim(-0.02, 1.02)
    panel.set_xlabel("iteration")
    panel.set_ylabel("IoU")
    panel.grid(alpha=0.3)
    figure.legend(*panel.get_legend_handles_labels(), loc="outside right center", frameon=False, fontsize=8)
    figure.suptitle(title, fontsize=11)
    return png(figure)
