"""Histograms of weights and gradients by layer, update sizes, dead units.

With a solver the net trains for some steps in memory (nothing of it is written), with a train_val it runs forward and
backward on its data; both give gradients. A deploy net shows its weights, and with --images its dead units.
`probe.py health` has the same numbers with remarks on them.
"""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from ..health.options import add_watched, run_watched

if TYPE_CHECKING:
    from ..health.health import Health
    from ..results import Results

EXAMPLES = """\
visualize.py weights solver.prototxt --weights caffenet.caffemodel --batches 20
visualize.py weights deploy.prototxt --weights coins.caffemodel --images photos/ --mean 104,117,123
"""


def add_options(parser: argparse.ArgumentParser) -> None:
    add_watched(parser, batches=5)


def run(options: argparse.Namespace, results: Results) -> None:
    from ...errors import OptionError
    from ..health.broken import story
    from ..health.pictures import histograms_picture, layers_picture
    from ..health.tables import LAYERS, layer_rows, numbers, unit_rows

    health = run_watched(options)
    if not health.layers:
        raise OptionError(f"{options.net}: no layer has weights")
    for text in story(health):
        results.say(text)
    name = health.net.name or options.net
    weights = [(layer, layer.weights) for layer in health.layers]
    results.picture("weights", histograms_picture(weights, f"{name}: weights", "weights"), _WEIGHTS)
    gradients = [(layer, layer.gradient) for layer in health.layers if layer.gradient is not None]
    if gradients:
        picture = histograms_picture(gradients, f"{name}: gradients of the last batch", "weights")
        results.picture("gradients", picture, _GRADIENTS)
    results.picture("layers", layers_picture(health, f"{name}: layer by layer"), _caption(health))
    results.table("layers", *layer_rows(health), caption=LAYERS)
    if health.units:
        results.table("units", *unit_rows(health))
    results.numbers("weights", numbers(health) | {"histograms": _histograms(health)})


_WEIGHTS = (
    "The weights (without biases) of each layer, input first; each on a scale of its own, whose ends are its largest "
    "weights. Frozen layers are pale. A healthy layer has a hill about 0; a lone spike at 0 with far outliers, or two "
    "walls at the ends, is a layer that has gone wrong."
)
_GRADIENTS = "The gradient of each layer's weights in the last batch, before weight decay; each on a scale of its own."


def _caption(health: Health) -> str:
    parts = ["From the input (left) to the output: how large the weights are"]
    if any(layer.gradients for layer in health.layers):
        parts.append("their gradient, and the gradient that reaches the layer's top (steady lines are healthy)")
    if any(layer.updates for layer in health.layers):
        parts.append("each update in parts of the weights (about 0.001 is a rule of thumb)")
    if health.units:
        parts.append(f"the share of rectified units that none of {health.units[0].images} images brought above 0")
    return "; ".join(parts) + "."


def _histograms(health: Health) -> dict[str, object]:
    return {
        layer.name: {
            kind: {"limit": one.limit, "counts": one.counts.tolist()}
            for kind, one in (("weights", layer.weights), ("gradient", layer.gradient))
            if one is not None
        }
        for layer in health.layers
    }
