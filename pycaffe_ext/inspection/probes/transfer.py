"""What each layer is worth for a new task: a linear classifier on its features, layer by layer.

As in Zeiler and Fergus (2013, table 7): the net stays as it is, and pictures of new classes go through; a linear
support vector machine or softmax regression is cross-validated on each layer's features. Maps are averaged over an
even grid where they hold more than --most numbers. --untrained adds the same net with random weights: what the
layers' structure alone is worth.
"""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING, Any

from ..counts import at_least_one
from ..learning.options import add_model, check_model, dense_labels
from ..photographs import add_photographs, open_photographs
from ..subject_options import add_subject, open_subject

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ..photographs import Photographs
    from ..results import Cell, Results
    from ..transfer import LayerTransfer

EXAMPLES = """\
probe.py transfer deploy.prototxt --weights zfnet.caffemodel --images new_classes/
probe.py transfer deploy.prototxt --weights zfnet.caffemodel --images new.txt --model softmax --untrained
"""


def add_options(parser: argparse.ArgumentParser) -> None:
    add_subject(parser)
    add_photographs(parser)
    add_model(parser)
    parser.set_defaults(model="svm")
    group = parser.add_argument_group("transfer")
    group.add_argument("--untrained", action="store_true", help="also with random weights, from the net's fillers")
    group.add_argument("--blob", metavar="NAME", action="append", help="measure this one; may be repeated")
    group.add_argument("--all", action="store_true", help="all blobs, not only those that every path passes")
    group.add_argument("--most", metavar="N", type=int, default=4096, help="numbers per layer (default: %(default)s)")
    group.add_argument("--batch", metavar="N", type=int, default=16, help="pictures at a time (default: %(default)s)")


def run(options: argparse.Namespace, results: Results) -> None:

    check_model(options)
    at_least_one(options, "batch", "most")
    photographs = open_photographs(options)
    found, classes = _measured(options, photographs, options.weights)
    constant = found[0].found.constant
    untrained = _measured(options, photographs, None)[0] if options.untrained else []
    rows: list[list[Cell]] = [
        [layer.blob, "x".join(map(str, layer.shape)), layer.numbers, layer.found.accuracy, layer.found.error]
        for layer in found
    ]
    if untrained:
        rows = [[*row, layer.found.accuracy] for row, layer in zip(rows, untrained, strict=True)]
    header = ["blob", "shape", "numbers", "accuracy", "+-", *(["untrained"] if untrained else [])]
    title = f"{options.model} on features of {len(photographs)} pictures of {classes} classes"
    results.table("transfer", header, rows, f"{title}: accuracy on held-out pictures, by layer")
    caption = "How well a linear classifier on each layer's features tells new classes apart, on held-out pictures."
    results.picture("transfer", _picture(found, untrained, title, constant), f"{caption} Bars: standard error.")
    best = max(found, key=lambda layer: layer.found.accuracy)
    results.say(f"Best: {best.blob}, {best.found.accuracy:.1%} (always the most frequent class: {constant:.1%}).")


def _measured(
    options: argparse.Namespace, photographs: Photographs, weights: str | None
) -> tuple[list[LayerTransfer], int]:
    from ...progress import counting
    from ..transfer import layer_features, measure_transfer
    from ..waists import measured_blobs

    subject = open_subject(argparse.Namespace(**{**vars(options), "weights": weights}))
    blobs = measured_blobs(subject, options.blob, everything=options.all)
    with counting("showing", len(photographs)) as done:
        features, given = layer_features(
            subject, photographs, blobs, most=options.most, batch=options.batch, done=done
        )  # fmt: skip
    labels, names = dense_labels(given, photographs.classes)
    with counting("classifying", len(blobs), "layers") as done:
        found = measure_transfer(
            subject, features, labels, model=options.model, folds=options.folds, c=options.c, seed=options.seed,
            done=done,
        )  # fmt: skip
    return found, len(names)


def _picture(found: Sequence[LayerTransfer], untrained: Sequence[LayerTransfer], title: str, constant: float) -> bytes:
    from ..figures import COLOURS, new_figure, png

    figure = new_figure(max(6.5, 0.34 * len(found) + 2.6), 4.4)
    panel = figure.subplots()
    for label, layers, colour, style in (
        ("trained", found, COLOURS[0], "o-"), ("untrained", untrained, COLOURS[7], "s--")
    ):  # fmt: skip
        if layers:
            accuracies = [100 * layer.found.accuracy for layer in layers]
            errors = [100 * layer.found.error for layer in layers]
            panel.errorbar(
                range(len(layers)), accuracies, errors, fmt=style, color=colour, label=label, markersize=4, capsize=2
            )  # fmt: skip
    panel.axhline(100 * constant, color="0.4", linestyle="--", linewidth=1)
    least: dict[str, Any] = {"xycoords": ("axes fraction", "data"), "textcoords": "offset points", "ha": "right"}
    panel.annotate("most frequent class", (1, 100 * constant), (-4, -10), fontsize=8, color="0.3", **least)
    names = [layer.blob for layer in found]
    panel.set_xticks(range(len(names)), names, rotation=90 if len(names) > 8 else 30, fontsize=8)
    panel.set_xlabel("blob, from the input to the output", fontsize=9)
    panel.set_ylabel("accuracy on held-out pictures (%)", fontsize=9)
    panel.set_ylim(0, 102)
    panel.grid(axis="y", color="0.9")
    panel.legend(fontsize=9, loc="lower left")
    panel.set_title(title, fontsize=10)
    return png(figure)
