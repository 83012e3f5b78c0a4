"""A net's health as pictures: a histogram per layer, and all layers side by side."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from math import ceil
from typing import TYPE_CHECKING

import numpy as np

from ..figures import COLOURS, new_figure, png
from .advice import LARGE_UPDATE, SMALL_UPDATE
from .health import Health, Histogram, LayerHealth, UnitHealth

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_COLUMNS = 5
_FROZEN = "#9ecae1"


def histograms_picture(layers: Sequence[tuple[LayerHealth, Histogram]], title: str, what: str) -> bytes:
    """A PNG with one histogram for each layer, its counts on a logarithmic scale; frozen layers are pale."""
    columns = min(_COLUMNS, len(layers))
    rows = ceil(len(layers) / columns)
    figure = new_figure(max(6.5, 2.3 * columns), 1.75 * rows + 0.9)
    panels = figure.subplots(rows, columns, squeeze=False)
    for panel in panels.flat[len(layers) :]:
        panel.set_axis_off()
    for panel, (layer, histogram) in zip(panels.flat, layers, strict=False):
        limit = histogram.limit or 1.0
        edges = np.linspace(-limit, limit, len(histogram.counts) + 1)
        colour = COLOURS[0] if layer.rate else _FROZEN
        panel.stairs(np.maximum(histogram.counts, 0.5), edges, fill=True, baseline=0.5, color=colour)
        panel.axvline(0, color="0.5", linewidth=0.6)
        panel.set_yscale("log")
        panel.set_ylim(bottom=0.5)
        panel.set_title(_short(layer.name), fontsize=9)
        frozen = "" if layer.rate else ", frozen"
        panel.set_xlabel(f"rms {histogram.rms:.2g}{frozen}", fontsize=8)
        panel.ticklabel_format(axis="x", scilimits=(-2, 3))
        panel.xaxis.get_offset_text().set_fontsize(6)
        panel.locator_params(axis="x", nbins=3)
        panel.tick_params(labelsize=7)
        panel.spines[["top", "right"]].set_visible(False)
    figure.suptitle(title, fontsize=12)
    figure.supylabel(f"how many {what} (logarithmic)", fontsize=9)
    return png(figure)


def layers_picture(health: Health, title: str) -> bytes:
    """A PNG with all layers from the input to the output: sizes, gradients, updates and dead units."""
    names = [layer.name for layer in health.layers]
    parts: list[Callable[[Axes], None]] = [lambda panel: _sizes(panel, health.layers)]
    if any(layer.flows for layer in health.layers):
        parts.append(lambda panel: _flows(panel, health.layers))
    if any(layer.updates for layer in health.layers):
        parts.append(lambda panel: _updates(panel, health.layers))
    has_units = bool(health.units)
    count = max(len(names), len(health.units))
    figure = new_figure(max(7.0, 0.24 * count + 1.6), 1.9 * (len(parts) + has_units) + 1.4)
    panels = figure.subplots(len(parts) + has_units, 1, squeeze=False)[:, 0]
    for panel, draw in zip(panels, parts, strict=False):
        draw(panel)
        panel.set_yscale("log")
        panel.grid(color="0.92")
        _name(panel, names if panel is panels[len(parts) - 1] else [""] * len(names))
    if has_units:
        _dead(panels[-1], health.units)
    for panel in panels:
        panel.spines[["top", "right"]].set_visible(False)
        panel.tick_params(axis="y", which="both", labelsize=8)
        if panel.get_legend_handles_labels()[0]:
            panel.legend(frameon=False, fontsize=8, loc="center left", bbox_to_anchor=(1, 0.5))
    figure.suptitle(title, fontsize=12)
    return png(figure)


def _sizes(panel: Axes, layers: Sequence[LayerHealth]) -> None:
    _line(panel, [layer.weights.rms or None for layer in layers], COLOURS[0], "weights")
    if any(layer.gradients for layer in layers):
        _line(panel, [layer.gradient_rms or None for layer in layers], COLOURS[1], "their gradient")
    panel.set_ylabel("root mean square", fontsize=9)


def _flows(panel: Axes, layers: Sequence[LayerHealth]) -> None:
    _line(panel, [layer.flow or None for layer in layers], COLOURS[2], "gradient at\nthe layer's top")
    panel.set_ylabel("norm", fontsize=9)


def _updates(panel: Axes, layers: Sequence[LayerHealth]) -> None:
    panel.axhspan(SMALL_UPDATE, LARGE_UPDATE, color="0.94", label="usual")
    panel.axhline(1e-3, color="0.6", linestyle="--", linewidth=1, label="rule of thumb")
    _line(panel, [layer.update_ratio or None for layer in layers], COLOURS[3], "measured")
    panel.set_ylabel("update / weights", fontsize=9)


def _line(panel: Axes, values: Sequence[float | None], colour: str, label: str) -> None:
    numbers = [np.nan if value is None else value for value in values]
    panel.plot(range(len(numbers)), numbers, ".-", color=colour, linewidth=1, label=label)


def _dead(panel: Axes, units: Sequence[UnitHealth]) -> None:
    from matplotlib.ticker import PercentFormatter

    shares = [len(unit.dead) / len(unit.active) for unit in units]
    panel.bar(range(len(units)), shares, color=COLOURS[7], label="dead units")
    panel.plot(range(len(units)), [unit.share for unit in units], ".", color=COLOURS[4], label="values above 0")
    panel.yaxis.set_major_formatter(PercentFormatter(1, decimals=0))
    panel.set_ylim(0, 1)
    panel.set_ylabel("share", fontsize=9)
    _name(panel, [unit.blob for unit in units])


def _name(panel: Axes, names: Sequence[str]) -> None:
    panel.set_xticks(range(len(names)), [_short(name) for name in names], rotation=90, fontsize=8)
    panel.set_xlim(-0.6, len(names) - 0.4)


def _short(name: str, most: int = 26) -> str:
    return name if len(name) <= most else f"{name[: most // 2 - 1]}…{name[-most // 2 :]}"
