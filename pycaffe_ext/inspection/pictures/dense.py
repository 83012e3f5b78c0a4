"""What a net that classifies each pixel sees: the class of each place, and a heat map per class.

Each row is an image: beside it its truth, the class that the net gives to each place, that laid over the image, and
how probable the net finds each class, all on one scale. With --snapshots, how the prediction came about: a column for
each snapshot of the training.
"""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from ..counts import at_least_one
from ..dense.pairs import add_pairs, open_pairs
from ..subject_options import add_subject, open_subject

if TYPE_CHECKING:
    from ...datasets.label_colors import Colors
    from ..dense.pairs import Pairs
    from ..dense.predictions import Prediction
    from ..results import Cell, Results
    from ..subject import Array, Subject

EXAMPLES = """\
visualize.py dense deploy.prototxt --weights net_iter_400.caffemodel --images test_lmdb --labels test_labels_lmdb
visualize.py dense deploy.prototxt --weights fcn8s.caffemodel --mean 104,117,123 --images street.jpg --heat car,person
visualize.py dense deploy.prototxt --snapshots 'net_iter_*.caffemodel' --images test_lmdb --labels test_labels_lmdb
"""
_COLUMNS = 8  # snapshots in a picture


def add_options(parser: argparse.ArgumentParser) -> None:
    add_subject(parser, weights=False)
    add_pairs(parser, labels_required=False)
    group = parser.add_argument_group("picture")
    group.add_argument("--heat", metavar="CLASSES", help="heat maps of these, by comma (default: the commonest, 6)")
    group.add_argument("--first", metavar="N", type=int, default=6, help="so many images (default: %(default)s)")
    group.add_argument("--palette", metavar="FILE", help="colours of the classes: lines 'index r g b name'")
    group.add_argument("--snapshots", metavar="PATTERN", help="a training's snapshots, in quotes (8 of them are shown)")


def run(options: argparse.Namespace, results: Results) -> None:
    from ...datasets.label_colors import label_colors
    from ...datasets.palettes import read_palette
    from ...errors import OptionError

    if (options.weights is None) == (options.snapshots is None):
        raise OptionError("give --weights, or --snapshots")
    at_least_one(options, "first")
    options.limit = min(options.limit or options.first, options.first)
    subject, pairs = open_subject(options), open_pairs(options)
    palette = read_palette(options.palette) if options.palette else None
    if palette and palette.names and not subject.classes:
        subject.classes = [palette.names.get(label, f"class {label}") for label in range(max(palette.names) + 1)]
    draw = _over_time if options.snapshots else _now
    draw(options, results, subject, pairs, label_colors(palette))


def _now(options: argparse.Namespace, results: Results, subject: Subject, pairs: Pairs, colours: Colors) -> None:
    from ..dense.picture import dense_picture

    found = _predictions(subject, pairs)
    classes = _names(subject, found)
    picture = dense_picture(
        [one.seen for one in found], [one.truth for one in found], [one.output for one in found], classes,
        title=f"{subject.name}", heat=_heat(options, classes), colours=colours,
        ignore=options.ignore,
    )  # fmt: skip
    truth = ", the true classes" if found[0].truth is not None else ""
    shown = "the class that the net gives to each place, the same over the image, and how probable it finds each class"
    results.picture("dense", picture, f"From left to right: image{truth}, {shown} (one scale for all, from 0 to 1).")
    _shares(results, classes, {one.name: one.output for one in found})


def _over_time(options: argparse.Namespace, results: Results, subject: Subject, pairs: Pairs, colours: Colors) -> None:
    from ..dense.picture import snapshots_picture
    from ..snapshot_files import snapshot_files

    snapshots = snapshot_files(options.snapshots)
    count = min(_COLUMNS, len(snapshots))
    snapshots = [snapshots[round(place * (len(snapshots) - 1) / max(count - 1, 1))] for place in range(count)]
    through_time = []
    for snapshot in snapshots:
        subject.net.copy_from(snapshot.path)
        through_time.append(_predictions(subject, pairs))
    classes = _names(subject, through_time[0])
    heat = _heat(options, classes)
    first, iterations = through_time[0], [one.iteration for one in snapshots]
    labels: list[int | None] = [*heat] if heat else [None]
    for label in labels:
        what = "class of each place" if label is None else f"p({classes[label]})"
        picture = snapshots_picture(
            [one.seen for one in first], [one.truth for one in first],
            [[one.output for one in found] for found in through_time], iterations, classes,
            title=f"{subject.name}: {what} during training", heat=label, colours=colours,
        )  # fmt: skip
        name = "snapshots" if label is None else f"snapshots_{label}"
        results.picture(name, picture, f"The {what} as the net saw it after so many iterations of training.")
    named = zip(iterations, through_time, strict=True)
    outputs = {f"{one.name} at {iteration}": one.output for iteration, found in named for one in found}
    _shares(results, classes, outputs)


def _predictions(subject: Subject, pairs: Pairs) -> list[Prediction]:
    from ..dense.output_numbers import as_probabilities
    from ..dense.predictions import predictions

    return [one._replace(output=as_probabilities(one.output)) for one in predictions(subject, pairs)]


def _names(subject: Subject, found: list[Prediction]) -> list[str]:
    return [subject.class_name(label) for label in range(len(found[0].output))]


def _heat(options: argparse.Namespace, classes: list[str]) -> list[int] | None:
    """The classes that --heat names, by name or number. Raises UnknownNameError."""
    from ...errors import UnknownNameError

    labels = []
    for name in options.heat.split(",") if options.heat else ():
        if name in classes:
            labels.append(classes.index(name))
        elif name.isdigit() and int(name) < len(classes):
            labels.append(int(name))
        else:
            raise UnknownNameError("class", name, classes, where="--heat")
    return labels or None


def _shares(results: Results, classes: list[str], outputs: dict[str, Array]) -> None:
    """Per image and class: the share of places that were given it, and its mean probability."""
    rows: list[list[Cell]] = [
        [name, label, float((output.argmax(axis=0) == index).mean()), float(output[index].mean())]
        for name, output in outputs.items()
        for index, label in enumerate(classes)
    ]
    results.csv("shares", ["image", "class", "share of places", "mean probability"], rows)
