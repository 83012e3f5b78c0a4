"""What the net loses without a part: layers removed or resized, trained anew for the same budget, and tested.

As in Zeiler and Fergus (2013, table 3). A variant is a name and operations of surgery.py on the solver's net, which is
itself the first variant; each is trained with the solver's own settings for --iterations from its fillers (or from
--weights, changed along), with the same random seed. Files stay as they are.
"""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ..ablation import Trained, Variant
    from ..results import Cell, Results

EXAMPLES = """\
probe.py ablation solver.prototxt --iterations 500 --variant "no conv3, conv4: --remove conv[34] --remove relu[34]"
probe.py ablation solver.prototxt --iterations 500 --seeds 3 --variant "half fc6: --num-output fc6=2048"
"""


def add_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("solver", metavar="SOLVER", help="a solver prototxt that names its net, with a test")
    parser.add_argument(
        "--variant", metavar="NAME: OPERATIONS", action="append", required=True,
        help="a changed net, by operations of surgery.py (see its --help); may be repeated",
    )  # fmt: skip
    parser.add_argument("--iterations", metavar="N", type=int, required=True, help="the budget of each training")
    parser.add_argument("--seeds", metavar="N", type=int, default=1, help="trainings of each (default: %(default)s)")
    parser.add_argument("--weights", metavar="FILE", help="start from this caffemodel (default: from the fillers)")
    parser.add_argument("--gpu", metavar="ID", type=int, help="train on this GPU (default: CPU)")


def run(options: argparse.Namespace, results: Results) -> None:
    from ...errors import OptionError
    from ...progress import counting
    from ..ablation import Variant, changed_net, parse_variant, train_variant
    from ..subject_options import use_device

    if options.iterations < 1 or options.seeds < 1:
        raise OptionError("--iterations and --seeds are at least 1")
    use_device(options)
    variants = [Variant("the whole net"), *(parse_variant(text) for text in options.variant)]
    names = [variant.name for variant in variants]
    if len(set(names)) < len(names):
        raise OptionError(f"variants need names of their own: {', '.join(names)}")
    for variant in variants:  # what cannot be is told before hours of training
        changed_net(options.solver, variant, options.weights)
    trained: list[Trained] = []
    steps = 0
    with counting("training", options.iterations * options.seeds * len(variants), "iterations") as done:

        def step() -> None:
            nonlocal steps
            steps += 1
            done(steps)

        for variant in variants:
            for seed in range(1, options.seeds + 1):
                trained.append(
                    train_variant(
                        options.solver, variant, iterations=options.iterations, seed=seed, weights=options.weights,
                        done=step,
                    )
                )  # fmt: skip
    _tell(results, variants, trained, options.iterations)


def _tell(results: Results, variants: Sequence[Variant], trained: Sequence[Trained], iterations: int) -> None:
    import numpy as np

    of = {variant.name: [one for one in trained if one.variant == variant.name] for variant in variants}
    outputs = list(trained[0].outputs)
    measure = next((name for name in outputs if "acc" in name.lower()), outputs[0])
    is_accuracy = "acc" in measure.lower()
    scores = {name: [_score(one, measure, is_accuracy) for one in found] for name, found in of.items()}
    whole = float(np.mean(scores[variants[0].name]))
    what = f"error (1 - {measure})" if is_accuracy else measure
    header = ["net", "parameters", "training loss", what, "change", *outputs]
    rows: list[list[Cell]] = [
        [
            name, found[0].parameters, float(np.mean([one.train_loss for one in found])), float(np.mean(scores[name])),
            float(np.mean(scores[name])) - whole, *(float(np.mean([one.outputs[o] for one in found])) for o in outputs),
        ]
        for name, found in of.items()
    ]  # fmt: skip
    seeds = len(of[variants[0].name])
    budget = f"{iterations} iterations each, {seeds} seed{'s' if seeds > 1 else ''}"
    results.table("ablation", header, rows, f"Trained anew, {budget}: the test net's outputs")
    results.numbers("ablation", [one._asdict() for one in trained])
    caption = f"The test net's {what} after {budget}; dots are seeds, the dashed line is the whole net."
    results.picture(
        "ablation", _picture(scores, [found[0].parameters for found in of.values()], what, is_accuracy, budget), caption
    )


def _score(one: Trained, measure: str, is_accuracy: bool) -> float:
    return 1 - one.outputs[measure] if is_accuracy else one.outputs[measure]


def _picture(
    scores: dict[str, list[float]], parameters: Sequence[int], what: str, is_accuracy: bool, budget: str
) -> bytes:
    import numpy as np

    from ..figures import COLOURS, new_figure, png

    factor = 100 if is_accuracy else 1
    figure = new_figure(7.5, 0.5 * len(scores) + 1.7)
    panel = figure.subplots()
    means = [factor * float(np.mean(values)) for values in scores.values()]
    places = np.arange(len(scores))
    panel.barh(places, means, color=[COLOURS[7], *[COLOURS[0]] * (len(scores) - 1)], alpha=0.65)
    for place, (values, mean) in enumerate(zip(scores.values(), means, strict=True)):
        panel.plot([factor * value for value in values], [place] * len(values), "o", color="0.15", markersize=4)
        panel.annotate(f"{mean:.3g}", (mean, place), (7, 0), textcoords="offset points", va="center", fontsize=9)
    panel.axvline(means[0], color="0.4", linestyle="--", linewidth=1)
    labels = [f"{name}\n{count:,} parameters" for name, count in zip(scores, parameters, strict=True)]
    panel.set_yticks(places, labels, fontsize=8)
    panel.invert_yaxis()
    panel.set_xlim(0, 1.15 * max(factor * value for values in scores.values() for value in values) or 1)
    panel.set_xlabel(f"{what}{' in %' if is_accuracy else ''}, on the test net", fontsize=9)
    panel.set_title(f"What is lost without a part ({budget})", fontsize=10)
    return png(figure)
