"""Whether a net learns: dead units, gradients, updates, and where a number first broke.

A solver is trained for some steps in memory, and nothing of it is written; a train_val runs forward and backward on
its data with its weights as they are; a deploy net is shown pictures. Of each layer with weights the table gives the
root mean square of its weights and of their gradient, the norm of the gradient that flows through the layer (which
should neither explode nor vanish from the top of the net to its bottom), and the update in parts of the weights
(about 0.001 is a common rule of thumb): medians over the batches. A rectified unit is dead when no image brings it
above 0. When a number becomes infinite or nan the run ends, and layer, batch and images are named.
"""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from ..health.options import add_watched, run_watched

if TYPE_CHECKING:
    from ..health.health import Health
    from ..results import Results

EXAMPLES = """\
probe.py health solver.prototxt --weights caffenet.caffemodel --batches 50
probe.py health train_val.prototxt --weights coins_iter_1000.caffemodel
probe.py health deploy.prototxt --weights coins.caffemodel --images photos/ --mean 104,117,123
"""


def add_options(parser: argparse.ArgumentParser) -> None:
    add_watched(parser, batches=20)


def run(options: argparse.Namespace, results: Results) -> None:
    from ..health.advice import remarks
    from ..health.broken import story
    from ..health.tables import LAYERS, layer_rows, numbers, unit_rows

    health = run_watched(options)
    for text in story(health):
        results.say(text)
    if health.broken is not None and health.broken.largest:
        rows = health.broken.largest[-12:]
        results.table("before_it_broke", ("layer", "largest value"), rows, "The layers up to it, in that pass:")
    results.table("layers", *layer_rows(health), caption=LAYERS)
    if health.units:
        results.table("units", *unit_rows(health), caption=_units_caption(health))
    found = remarks(health)
    for text in found:
        results.say(text)
    if not found and health.broken is None:
        results.say("Nothing stands out.")
    results.numbers("health", numbers(health))


def _units_caption(health: Health) -> str:
    return f"Rectified units, over {health.units[0].images} images:"
