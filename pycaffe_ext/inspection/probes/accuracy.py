"""Accuracy over pictures of known class: the first answer and the first five, by class, and the worst confusions.

With --crops 10 the probabilities of ten crops are averaged: corners and middle of the middle square of --side, and
these mirrored; that is not for classes that a mirror swaps, such as left and right. Labels come from a folder per
class, a list file or a database; folders' names are looked up in --classes, by WordNet id or name, and so are pictures
whose file names begin with a WordNet id.
"""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from ..counts import at_least_one
from ..photographs import add_photographs, open_photographs
from ..subject_options import add_subject, open_subject

if TYPE_CHECKING:
    from ..results import Cell, Results

EXAMPLES = """\
probe.py accuracy deploy.prototxt --weights coins.caffemodel --images photos/test --classes coins.txt
probe.py accuracy deploy.prototxt --weights zfnet.caffemodel --images val/ --classes synset_words.txt \\
    --mean 104,117,123 --side 256 --crops 10
"""
_SHOWN = 20


def add_options(parser: argparse.ArgumentParser) -> None:
    add_subject(parser)
    add_photographs(parser)
    group = parser.add_argument_group("accuracy")
    group.add_argument("--crops", metavar="N", type=int, default=1, help="1: the middle; 10 (default: %(default)s)")
    group.add_argument("--batch", metavar="N", type=int, default=16, help="pictures at a time (default: %(default)s)")


def run(options: argparse.Namespace, results: Results) -> None:
    from ...proto.files import read_bytes
    from ..accuracy import class_finder, judge

    at_least_one(options, "batch")
    photographs = open_photographs(options)
    subject = open_subject(options)
    lines = read_bytes(options.classes).decode(errors="replace").splitlines() if options.classes else []
    class_of = class_finder(photographs.classes, lines)
    found = judge(subject, photographs, class_of, crops=options.crops, batch=options.batch)
    name = subject.class_name
    if subject.is_cut_out and not (subject.scaling.side or subject.scaling.stretch):
        results.say(
            f"{options.net} cuts its input out of larger images; here pictures were scaled to the input's size. To cut "
            "them as in training say --side N, N being the shorter side of its images."
        )
    how = "ten crops" if options.crops == 10 else "the middle of each"
    results.say(
        f"{len(found.labels)} pictures, {how}: the first answer is right for {found.top(1):.1%} (standard error "
        f"{found.error(1):.1%}), one of the first five for {found.top(5):.1%} ({found.error(5):.1%})."
    )
    classes: list[list[Cell]] = [[name(label), count, first, five] for label, count, first, five in found.by_class()]
    header = ["class", "pictures", "first answer", "first five"]
    results.csv("classes", header, classes)
    results.table("worst_classes", header, classes[:_SHOWN], f"The worst of {len(classes)} classes:")
    confusions: list[list[Cell]] = [[name(true), name(given), count] for true, given, count in found.confusions()]
    header = ["true class", "taken for", "how often"]
    results.csv("confusions", header, confusions)
    results.table("worst_confusions", header, confusions[:_SHOWN], "The most frequent confusions:")
    rows = zip(found.names, found.labels, found.best[:, 0], found.probabilities[:, 0], found.ranks, strict=True)
    results.csv(
        "pictures",
        ["picture", "true class", "answer", "probability", "place of the true class"],
        [
            [path, name(int(true)), name(int(best)), float(share), int(rank) + 1]
            for path, true, best, share, rank in rows
        ],
    )
    results.numbers(
        "accuracy",
        {"pictures": len(found.labels), "crops": options.crops, "top1": found.top(1), "top5": found.top(5)}
        | {"top1 standard error": found.error(1), "top5 standard error": found.error(5)},
    )
