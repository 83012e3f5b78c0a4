"""A chart of what each layer makes of a change of its input."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from ..figures import COLOURS, new_figure, png
from .measure import LayerSymmetry

if TYPE_CHECKING:
    from matplotlib.axes import Axes


def symmetry_picture(layers: Sequence[LayerSymmetry], title: str, done: str) -> bytes:
    """A PNG: above, agreement of features before and after; below, where measured, the read-out's accuracy.

    `done`: what was done to pictures ("mirrored").
    """
    has_readout = any(layer.readout for layer in layers)
    width = max(7.5, 0.34 * len(layers) + 3.2)
    figure = new_figure(width, 6.6 if has_readout else 4.4)
    panels = figure.subplots(2 if has_readout else 1, 1, squeeze=False, sharex=True)[:, 0]
    figure.suptitle(title, fontsize=11)
    places = np.arange(len(layers))
    curves = (
        (f"map {done} along (equivariance)", [layer.equivariance.agreement for layer in layers], "o-"),
        ("same averages over the map", [layer.content.agreement for layer in layers], "^-"),
        ("same vector (invariance)", [layer.invariance.agreement for layer in layers], "s-"),
    )
    for (label, values, style), colour in zip(curves, COLOURS, strict=False):
        panels[0].plot(places, values, style, color=colour, label=label, markersize=4, linewidth=1.3)
    panels[0].axhline(0, color="0.4", linewidth=1, linestyle="--")
    panels[0].annotate("unrelated pictures", (0, 0), (4, 3), textcoords="offset points", fontsize=8, color="0.3")
    panels[0].set_ylabel(f"agreement with the\n{done} copy (1: equal)", fontsize=9)
    low = min(0, *(value for _, values, _ in curves for value in values if np.isfinite(value)))
    panels[0].set_ylim(min(-0.08, 1.08 * low), 1.04)
    if has_readout:
        _draw_readout(panels[1], layers)
    for panel in panels:
        panel.grid(axis="y", color="0.9")
        panel.tick_params(labelsize=8)
        panel.legend(fontsize=8, loc="center left", bbox_to_anchor=(1.005, 0.5), frameon=False)
    panels[-1].set_xticks(places, [layer.blob for layer in layers], rotation=90 if len(layers) > 8 else 30, fontsize=8)
    panels[-1].set_xlabel("blob, from the input to the output", fontsize=9)
    return png(figure)


def _draw_readout(panel: Axes, layers: Sequence[LayerSymmetry]) -> None:
    curves = (
        ("of the whole map", [layer.readout for layer in layers], "D-", COLOURS[3]),
        ("of averages over the map", [layer.of_averages for layer in layers], "v:", COLOURS[4]),
    )
    lowest = 45.0
    for label, readouts, style, colour in curves:
        places = [place for place, readout in enumerate(readouts) if readout]
        accuracies = [100 * readout.accuracy for readout in readouts if readout]
        errors = [100 * readout.error for readout in readouts if readout]
        how: dict[str, Any] = {"color": colour, "markersize": 4, "linewidth": 1.3, "capsize": 2}
        panel.errorbar(
            places, accuracies, errors, fmt=style, label=f"linear read-out\n{label}\n(± standard error)", **how
        )
        lowest = min(lowest, *(value - error for value, error in zip(accuracies, errors, strict=True)))
    panel.axhline(50, color="0.4", linewidth=1, linestyle="--")
    chance: dict[str, Any] = {"xycoords": ("axes fraction", "data"), "textcoords": "offset points", "ha": "right"}
    panel.annotate("chance", (1, 50), (-4, -10), fontsize=8, color="0.3", **chance)
    panel.set_ylabel("told apart, of held-out\npictures (%)", fontsize=9)
    panel.set_ylim(lowest - 3, 102)
