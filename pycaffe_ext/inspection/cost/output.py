"""A net's cost as a table, sentences, a picture and JSON."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from ..results import Cell
from .cost import Cost, LayerCost


def layer_rows(cost: Cost, *, everything: bool = False) -> tuple[Sequence[str], list[Sequence[Cell]]]:
    """Header and rows; MACs and operations in millions, memory in millions of bytes."""
    header = ["layer", "type", "first top", "parameters", "MACs", "ops", "blobs", "diffs", "own"]
    rows: list[Sequence[Cell]] = []
    for layer in cost.layers if everything else _worth_showing(cost):
        shape = "x".join(map(str, layer.shape))
        memory = [layer.blobs / 1e6, layer.diffs / 1e6, layer.own / 1e6]
        rows.append(
            [layer.name, layer.type, shape, layer.parameters, layer.macs / 1e6, layer.operations / 1e6, *memory]
        )
    return header, rows


def totals(cost: Cost) -> list[str]:
    """What it comes to, in sentences."""
    macs, others = cost.total("macs"), cost.total("operations")
    per_image = f" ({_count(macs / cost.batch)} per image)" if cost.batch > 1 else ""
    found = [
        f"{cost.phase}, batch of {cost.batch}: {_count(macs)} MACs forward{per_image} and {_count(others)} other "
        f"operations ({_count(2 * macs + others)} FLOPs); {cost.total('parameters'):,} parameters."
    ]
    if cost.is_training:
        step = macs + cost.total("backward_macs")
        found.append(f"A training step takes {_count(step)} MACs, forward and backward.")
    memory = {
        "blobs": cost.total("blobs") + cost.inputs,
        "their diffs": cost.total("diffs"),
        "layers' own": cost.total("own"),
        "parameters": cost.total("params"),
        "their diffs and history": cost.total("learning"),
    }
    parts = ", ".join(f"{what} {_bytes(size)}" for what, size in memory.items() if size)
    found.append(f"Memory of this phase: {_bytes(sum(memory.values()))} ({parts}).")
    if cost.is_training and cost.whole is not None:
        found.append(
            f"With the test net and the batches that are read ahead: {_bytes(cost.whole.total)}; the CUDA context and "
            "cuDNN's workspaces come on top."
        )
    return found


def numbers(cost: Cost) -> dict[str, Any]:
    """Everything, for JSON; memory in bytes."""
    what = ("macs", "operations", "backward_macs", "parameters", "blobs", "diffs", "own", "params", "learning")
    return {
        "phase": cost.phase,
        "batch": cost.batch,
        "layers": [asdict(layer) for layer in cost.layers],
        "totals": {name: cost.total(name) for name in what} | {"inputs": cost.inputs},
        "whole training": None if cost.whole is None else cost.whole.parts,
    }


def cost_picture(cost: Cost, title: str) -> bytes:
    """A PNG: bars for MACs, memory and parameters, one row for each layer that has any."""
    from ..figures import COLOURS, new_figure, png

    layers = _worth_showing(cost)
    figure = new_figure(10, 0.2 * len(layers) + 1.4)
    panels = figure.subplots(1, 3, sharey=True)
    places = range(len(layers))
    panels[0].barh(places, [layer.macs for layer in layers], color=COLOURS[0])
    left = [0.0] * len(layers)
    kinds = [("blobs", COLOURS[2]), ("diffs", COLOURS[5]), ("own", COLOURS[4])]
    for kind, colour in kinds:
        sizes = [getattr(layer, kind) / 1e6 for layer in layers]
        if any(sizes):
            panels[1].barh(places, sizes, left=left, color=colour, label=_KINDS[kind])
        left = [a + b for a, b in zip(left, sizes, strict=True)]
    panels[2].barh(places, [layer.parameters for layer in layers], color=COLOURS[1])
    for panel, label in zip(panels, ("MACs, forward", "memory (MB)", "parameters"), strict=True):
        panel.set_xlabel(label, fontsize=9)
        panel.tick_params(labelsize=8)
        panel.spines[["top", "right"]].set_visible(False)
        panel.set_axisbelow(True)
        panel.grid(axis="x", color="0.92")
        panel.locator_params(axis="x", nbins=5)
    for panel in (panels[0], panels[2]):
        panel.xaxis.set_major_formatter(lambda value, _: _count(value))
    panels[0].set_yticks(places, [layer.name for layer in layers], fontsize=8)
    panels[0].set_ylim(len(layers) - 0.4, -0.6)
    panels[1].legend(frameon=False, fontsize=8)
    figure.suptitle(title, fontsize=12)
    return png(figure)


_KINDS = {"blobs": "blobs", "diffs": "their diffs", "own": "the layer's work space"}


def _worth_showing(cost: Cost) -> list[LayerCost]:
    found = [layer for layer in cost.layers if layer.macs or layer.parameters]
    return found or cost.layers


def _count(number: float) -> str:
    for size, letter in ((1e12, "T"), (1e9, "G"), (1e6, "M"), (1e3, "k")):
        if number >= size:
            return f"{number / size:.3g} {letter}"
    return f"{number:.0f}"


def _bytes(size: float) -> str:
    return f"{size / 1e9:.3g} GB" if size >= 1e9 else f"{size / 1e6:.3g} MB"
