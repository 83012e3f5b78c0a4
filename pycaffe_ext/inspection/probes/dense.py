"""What a net that classifies each pixel gets right, class by class, beside the constant answer.

Per class: intersection over union, recall, precision. Which class is taken for which. What giving the commonest class
to every pixel scores: a net that does no better has learned nothing. And what the output's numbers give away: whether
the softmax is missing or applied twice, and whether a ReLU cuts the scores off. With --snapshots, how each class came
to be learned during training.
"""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from ..counts import at_least_one
from ..dense.pairs import add_pairs, open_pairs
from ..subject_options import add_subject, open_subject

if TYPE_CHECKING:
    from ..dense.evaluation import Evaluation
    from ..results import Cell, Results
    from ..subject import Subject

EXAMPLES = """\
probe.py dense deploy.prototxt --weights net_iter_400.caffemodel --images test_lmdb --labels test_labels_lmdb
probe.py dense train_val.prototxt --weights net.caffemodel --images photos/ --labels masks/ --ignore 255
probe.py dense deploy.prototxt --snapshots 'net_iter_*.caffemodel' --images test_lmdb --labels test_labels_lmdb
"""


def add_options(parser: argparse.ArgumentParser) -> None:
    add_subject(parser, weights=False)
    add_pairs(parser, labels_required=True)
    parser.add_argument("--snapshots", metavar="PATTERN", help="score each of a training's snapshots, in quotes")
    parser.add_argument("--batch", metavar="N", type=int, default=8, help="images at a time (default: %(default)s)")


def run(options: argparse.Namespace, results: Results) -> None:
    from ...errors import OptionError
    from ...progress import counting
    from ..dense.evaluation import evaluate
    from ..snapshot_files import snapshot_files

    if (options.weights is None) == (options.snapshots is None):
        raise OptionError("give --weights, or --snapshots")
    at_least_one(options, "batch")
    snapshots = snapshot_files(options.snapshots) if options.snapshots else []
    at_least_one(options, "limit")
    subject, pairs = open_subject(options), open_pairs(options)
    found = []
    each: list[str | None] = [one.path for one in snapshots] if snapshots else [None]
    for weights in each:
        if weights:
            subject.net.copy_from(weights)
        with counting(weights or "scoring", len(pairs)) as done:
            found.append(evaluate(subject, pairs, ignore=options.ignore, batch=options.batch, done=done))
    _say(results, subject, found[-1], len(pairs))
    if snapshots:
        _over_time(results, subject, [one.iteration for one in snapshots], found)


def _say(results: Results, subject: Subject, found: Evaluation, count: int) -> None:
    from ..dense.confusion_picture import confusion_picture

    scores = found.scores
    names = [subject.class_name(label) for label in range(len(scores.confusion))]
    best, share = scores.constant
    header = ["", "this net", f"'{names[best]}' everywhere"]
    pixels: list[Cell] = ["pixel accuracy", scores.pixel_accuracy, share]
    means: list[Cell] = ["mean IoU", scores.mean_iou, scores.constant_mean_iou]
    results.table(
        "scores", header, [pixels, means], f"{count} images, {int(scores.confusion.sum())} pixels with a label"
    )
    columns = [scores.iou, scores.recall, scores.precision, scores.true, scores.given]
    cells: list[list[Cell]] = [
        [name, *(None if value != value else float(value) for value in values)]
        for name, *values in zip(names, *columns, strict=True)
    ]
    header = ["class", "IoU", "recall", "precision", "share of truth", "share of predictions"]
    results.table("classes", header, cells, "Classes; empty where the class neither occurs nor is predicted")
    if scores.given[best] > 0.999:
        results.say(f"The net gives '{names[best]}' to {scores.given[best]:.2%} of all pixels: the constant answer.")
    elif scores.mean_iou < scores.constant_mean_iou + 0.01:
        results.say("By mean IoU the net is no better than the constant answer.")
    for sentence in found.numbers.findings(subject.output, subject.logits):
        results.say(sentence)
    shares = f"mean IoU {scores.mean_iou:.1%}, pixel accuracy {scores.pixel_accuracy:.1%}"
    title = f"{subject.name}: {shares}"
    caption = "Each row is a true class: where its pixels went. The diagonal is right; a dark column draws from others."
    results.picture("confusion", confusion_picture(scores.confusion, names, title=title), caption)
    table = [[name, *row] for name, row in zip(names, scores.confusion.tolist(), strict=True)]
    results.csv("confusion", ["true class", *names], table)


def _over_time(results: Results, subject: Subject, iterations: list[int], found: list[Evaluation]) -> None:
    from ..dense.time_picture import time_picture

    names = [subject.class_name(label) for label in range(len(found[0].scores.confusion))]
    rows = [
        [iteration, one.scores.mean_iou, one.scores.pixel_accuracy, *(float(iou) for iou in one.scores.iou)]
        for iteration, one in zip(iterations, found, strict=True)
    ]
    header = ["iteration", "mean IoU", "pixel accuracy", *(f"IoU {name}" for name in names)]
    results.csv("snapshots", header, [[None if cell != cell else cell for cell in row] for row in rows])
    picture = time_picture(iterations, [one.scores for one in found], names, title=f"{subject.name}: IoU by class")
    caption = "IoU of each class at each snapshot, its mean, and the mean IoU of the constant answer."
    results.picture("snapshots", picture, caption)
