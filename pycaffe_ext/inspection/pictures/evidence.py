"""What each patch of a picture says for a class, exactly, and the patches of a data set that say most.

For nets whose scores are a mean over places (BagNets, ResNets, GoogLeNet, SqueezeNet; others are refused): the mean of
a heat map is the class's score, before the softmax. How much of the picture a place sees differs: `surgery.py
--receptive-field` tells. Only where that is a patch, as in a BagNet, a heat map is where the evidence lies.
"""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from ..counts import at_least_one
from ..photographs import add_photographs, open_photographs
from ..subject_options import add_subject, open_subject

if TYPE_CHECKING:
    from ..photographs import Photographs
    from ..results import Cell, Results
    from ..subject import Subject

_CLASSES = 8
EXAMPLES = """\
visualize.py evidence deploy.prototxt --weights bagnet17.caffemodel --images photos/ --classes names.txt
visualize.py evidence deploy.prototxt --weights bagnet17.caffemodel --images tench.jpg --class tench
visualize.py evidence deploy.prototxt --weights bagnet17.caffemodel --images test_lmdb --first 3 --show 3,7,12
"""


def add_options(parser: argparse.ArgumentParser) -> None:
    add_subject(parser)
    add_photographs(parser)
    group = parser.add_argument_group("evidence")
    group.add_argument("--class", dest="of_class", metavar="NAME|N", help="heat map of this class alone")
    group.add_argument(
        "--first", metavar="N", type=int, default=4, help="heat maps of N pictures (default: %(default)s)"
    )
    group.add_argument("--show", metavar="CLASSES", help="patches of these, by comma (default: of the 8 most chosen)")
    group.add_argument("--patches", metavar="N", type=int, default=8, help="so many per class (default: %(default)s)")
    group.add_argument("--batch", metavar="N", type=int, default=16, help="pictures at a time (default: %(default)s)")


def run(options: argparse.Namespace, results: Results) -> None:

    at_least_one(options, "first", "patches", "batch")
    subject, photographs = open_subject(options), open_photographs(options)
    subject.classes = subject.classes or photographs.classes
    _heat_maps(options, results, subject, photographs)
    if len(photographs) > 1:
        _patches(options, results, subject, photographs)


def _heat_maps(options: argparse.Namespace, results: Results, subject: Subject, photographs: Photographs) -> None:
    import numpy as np

    from ..attribution.class_scores import find_class
    from ..dense.output_numbers import as_probabilities
    from ..texture.evidence_picture import Heat, evidence_picture
    from ..texture.local_scores import local_scores

    count = min(options.first, len(photographs))
    some = [photographs[place * len(photographs) // count] for place in range(count)]
    images = subject.seen([one.pixels for one in some])
    heats: list[list[Heat]] = []
    rows: list[list[Cell]] = []
    for photograph, image in zip(some, images, strict=True):
        scores = local_scores(subject, subject.scaled([image]))[0]
        means = scores.mean(axis=(1, 2))
        probabilities = as_probabilities(means)
        best = int(means.argmax())
        if options.of_class is not None:
            labels = [find_class(subject, options.of_class, len(means))]
        else:
            other = photograph.label if photograph.label not in (None, best) else int(means.argsort()[-2])
            labels = [best, int(other or 0)]
        heats.append([])
        for label in labels:
            probability = float(probabilities[label])
            title = f"{subject.class_name(label)}\nscore {means[label]:.3g}, p = {probability:.2f}"
            heats[-1].append(Heat(scores[label], title))
            places = np.ndenumerate(scores[label])
            rows += [[photograph.name, subject.class_name(label), *at, float(value)] for at, value in places]
    notes = [one.name[-28:] + ("" if one.label is None else f"\n{subject.class_name(one.label)}") for one in some]
    title = f"{subject.name}: evidence for classes, place by place"
    told = "The mean of each map is the score of the class; red speaks for it, blue against it; one scale for all."
    results.picture("evidence", evidence_picture(images, heats, notes, title), told)
    results.csv("evidence", ["picture", "class", "row", "column", "evidence"], rows)


def _patches(options: argparse.Namespace, results: Results, subject: Subject, photographs: Photographs) -> None:
    from ..attribution.class_scores import find_class
    from ..patches import Patches, cut
    from ..texture.evidence_picture import Patch, patches_picture
    from ..texture.local_scores import local_head
    from ..texture.patches import most_telling

    found = most_telling(subject, photographs, options.patches, options.batch)
    if options.show:
        labels = [find_class(subject, text, len(found.chosen)) for text in options.show.split(",")]
    else:
        ranked = sorted(range(len(found.chosen)), key=lambda label: -found.chosen[label])[:_CLASSES]
        labels = sorted(label for label in ranked if found.chosen[label])
    seen = Patches(subject, local_head(subject).maps)
    wanted = sorted({patch.number for label in labels for patch in found.patches[label]})
    images = {index: subject.seen([photographs[index].pixels])[0] for index in wanted}
    rows: dict[str, list[Patch]] = {}
    cells: list[list[Cell]] = []
    for label in labels:
        name = subject.class_name(label)
        rows[name] = []
        for rank, patch in enumerate(found.patches[label], 1):
            box = seen.box((patch.row, patch.column))
            is_of_class = None if patch.label is None else patch.label == label
            rows[name].append(Patch(cut(images[patch.number], box, 128), patch.score, is_of_class))
            cells.append([name, rank, patch.name, patch.label, patch.score, *box])
    some = next(iter(rows.values()))[0].pixels.shape
    title = f"{subject.name}: patches of {some[0]} x {some[1]} pixels with most evidence"
    caption = f"From {len(photographs)} pictures, at most one patch of each per class; below, its evidence."
    results.picture("patches", patches_picture(rows, title), caption)
    header = ["class", "rank", "picture", "its label", "evidence", "top", "left", "bottom", "right"]
    results.csv("patches", header, cells)
