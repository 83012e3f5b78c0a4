"""A net's health as tables and as JSON."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ..results import Cell
from .health import Health, LayerHealth

_MOST_DEAD = 12


LAYERS = (
    "Layers with weights: the root mean square of their weights and of the weights' gradient, the norm of the gradient "
    "at their top, and the update in parts of the weights (medians over the batches):"
)


def layer_rows(health: Health) -> tuple[Sequence[str], list[Sequence[Cell]]]:
    """Header and a row for each layer with weights."""
    header = ("layer", "lr_mult", "weights", "rms", "gradient", "flow", "update")
    return header, [_layer_row(layer) for layer in health.layers]


def _layer_row(layer: LayerHealth) -> Sequence[Cell]:
    rate = "frozen" if not layer.rate else f"{layer.rate:g}"
    measured = (layer.gradient_rms, layer.flow, layer.update_ratio)
    return (layer.name, rate, layer.size, layer.weights.rms, *measured)


def unit_rows(health: Health) -> tuple[Sequence[str], list[Sequence[Cell]]]:
    """Header and a row for each rectified blob."""
    header = ("blob", "layer", "units", "dead", "values above 0", "which are dead")
    rows: list[Sequence[Cell]] = []
    for unit in health.units:
        dead = unit.dead
        names = " ".join(map(str, dead[:_MOST_DEAD])) + (" ..." if len(dead) > _MOST_DEAD else "")
        rows.append((unit.blob, unit.layer, len(unit.active), len(dead), f"{unit.share:.1%}", names))
    return header, rows


def numbers(health: Health) -> dict[str, Any]:
    """Everything, for JSON; infinite numbers and nan as text."""
    broken = health.broken
    return {
        "layers": [
            {
                "name": layer.name,
                "type": layer.type,
                "lr_mult": layer.rate,
                "weights_rms": layer.weights.rms,
                "gradients_rms": list(map(plain, layer.gradients)),
                "flows": list(map(plain, layer.flows)),
                "updates": list(map(plain, layer.updates)),
            }
            for layer in health.layers
        ],
        "units": [
            {
                "blob": unit.blob,
                "layer": unit.layer,
                "images": unit.images,
                "share": unit.share,
                "active": unit.active.tolist(),
                "dead": unit.dead,
            }
            for unit in health.units
        ],
        "passes": [{"loss": plain(one.loss), "gradient_norm": plain(one.gradient_norm)} for one in health.passes],
        "broken": None
        if broken is None
        else {
            "stage": broken.stage,
            "layer": broken.layer,
            "what": broken.what,
            "batch": broken.batch,
            "images": list(broken.images),
        },
    }


def plain(number: float | None) -> float | str | None:
    """JSON has no infinite numbers."""
    return number if number is None or abs(number) < float("inf") else str(number)
