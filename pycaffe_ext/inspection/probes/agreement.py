"""How alike two nets judge the same pictures: correlation of the evidence that they find for each class.

Over pictures for each class, over classes for each picture, and, where both nets' scores are means over places (as a
BagNet's or ResNet's), over places of both heat maps. A net that agrees closely with a BagNet could do without shape.
"""

from __future__ import annotations

import argparse
from dataclasses import replace
from typing import TYPE_CHECKING

from ..counts import at_least_one
from ..photographs import add_photographs, open_photographs
from ..subject_options import add_subject, open_subject

if TYPE_CHECKING:
    from ..results import Cell, Results
    from ..subject import Subject
    from ..texture.agreement import Agreement

EXAMPLES = """\
probe.py agreement bagnet17/deploy.prototxt --weights bagnet17.caffemodel --with resnet50.prototxt \\
    --with-weights resnet50.caffemodel --mean 104,117,123 --images photos/
"""


def add_options(parser: argparse.ArgumentParser) -> None:
    add_subject(parser)
    add_photographs(parser)
    group = parser.add_argument_group("the other net (pictures go into it as into the first, but for what is given)")
    group.add_argument("--with", dest="other", metavar="NET", required=True, help="its prototxt")
    group.add_argument("--with-weights", metavar="FILE", required=True, help="its caffemodel (or .h5)")
    group.add_argument("--with-mean", metavar="B,G,R|FILE", help="as --mean")
    group.add_argument("--with-scale", metavar="X", type=float, help="as --scale")
    parser.add_argument("--batch", metavar="N", type=int, default=16, help="pictures at a time (default: %(default)s)")


def run(options: argparse.Namespace, results: Results) -> None:
    import numpy as np

    from ...errors import OptionError
    from ...progress import counting
    from ..texture.agreement import agreement

    at_least_one(options, "batch")
    first = open_subject(options)
    second = _other(options, first)
    photographs = open_photographs(options)
    if len(photographs) < 3:
        raise OptionError(f"{options.images}: a correlation takes at least 3 pictures")
    with counting("showing", len(photographs)) as done:
        found = agreement(first, second, photographs, batch=options.batch, done=done)
    rows: list[list[Cell]] = []
    for what, values in (
        ("scores of a class, over pictures", found.by_class),
        ("scores of a picture, over classes", found.by_picture),
        ("heat maps of a picture's class, over places", found.maps),
    ):
        known = values[np.isfinite(values)]
        if len(known):
            rows.append([what, len(known), *(float(x) for x in (known.mean(), known.min(), known.max()))])
    results.table("agreement", ["correlation of", "number", "mean", "least", "largest"], rows, "Pearson correlation")
    results.say(f"Both give the same class to {found.same:.1%} of {len(found.names)} pictures.")
    results.picture(
        "agreement", _picture(found, first, second),
        "Each dot is one picture's score for one class, from both nets; on one line they would agree fully.",
    )  # fmt: skip
    correlations: list[list[Cell]] = [[first.class_name(i), _known(x)] for i, x in enumerate(found.by_class)]
    results.csv("by_class", ["class", "correlation over pictures"], correlations)
    of_maps = found.maps if len(found.maps) else [float("nan")] * len(found.names)
    pictures: list[list[Cell]] = [
        [name, _known(x), _known(y)] for name, x, y in zip(found.names, found.by_picture, of_maps, strict=True)
    ]
    results.csv("by_picture", ["picture", "correlation over classes", "correlation of heat maps"], pictures)


def _other(options: argparse.Namespace, first: Subject) -> Subject:
    from ..scaling import read_mean
    from ..subject import Subject

    second = Subject(
        options.other, options.with_weights, classes=first.classes, input_shape=options.input_shape, real=first.real,
        gpu=options.gpu,
    )  # fmt: skip
    second.scaling = first.scaling
    if options.with_mean is not None:
        second.scaling = replace(second.scaling, mean=read_mean(options.with_mean))
    if options.with_scale is not None:
        second.scaling = replace(second.scaling, scale=options.with_scale)
    return second


def _picture(found: Agreement, first: Subject, second: Subject) -> bytes:
    import numpy as np

    from ..figures import COLOURS, new_figure, png

    figure = new_figure(5.6, 5.2)
    panel = figure.subplots()
    left, right = (one.ravel() for one in found.scores)
    step = max(1, len(left) // 20000)
    panel.plot(left[::step], right[::step], ".", ms=2.5, alpha=0.35, color=COLOURS[0], rasterized=True)
    panel.set_xlabel(f"score by {first.name}")
    panel.set_ylabel(f"score by {second.name}")
    panel.grid(alpha=0.3)
    figure.suptitle(
        f"Evidence for classes: mean correlation {np.nanmean(found.by_class):.2f} over pictures", fontsize=11
    )
    return png(figure)


def _known(value: float) -> float | None:
    return None if value != value else float(value)
