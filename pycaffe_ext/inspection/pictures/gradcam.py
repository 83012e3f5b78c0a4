"""Grad-CAM: which places of a blob's maps speak for a class (Selvaraju et al. 2017).

The maps of a blob, by default the last that has more than one place, are added up, each by how much the class's score
grows with it; what is left above zero is shown over the picture.
"""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from ..attribution.class_options import add_class
from ..photographs import add_photographs
from ..subject_options import add_subject

if TYPE_CHECKING:
    from ..results import Cell, Results

EXAMPLES = """\
visualize.py gradcam deploy.prototxt --weights zfnet.caffemodel --images dog.jpg --classes synsets.txt
visualize.py gradcam deploy.prototxt --weights zfnet.caffemodel --images photos/ --limit 6 --blob conv4 --class tabby
"""
_MOST = 24


def add_options(parser: argparse.ArgumentParser) -> None:
    add_subject(parser)
    add_photographs(parser)
    add_class(parser)
    parser.add_argument("--blob", metavar="NAME", help="whose maps (default: the last that has any)")


def run(options: argparse.Namespace, results: Results) -> None:
    from ...errors import OptionError
    from ..attribution.class_scores import chosen_class, class_scores
    from ..attribution.gradcam import gradcam
    from ..attribution.heat_pictures import Heat, heat_picture
    from ..photographs import open_photographs
    from ..subject_options import open_subject

    subject = open_subject(options)
    scores = class_scores(subject, options.output)
    blob = subject.check_blob(options.blob) if options.blob else subject.last_maps()
    photographs = open_photographs(options)
    if len(photographs) > _MOST:
        raise OptionError(f"{len(photographs)} pictures are too many for one, {_MOST} fit: give --limit")
    rows: list[list[Cell]] = []
    found: list[Heat] = []
    for photograph in photographs:
        (pixels,) = subject.seen([photograph.pixels])
        batch = subject.batch([photograph.pixels])
        probability = scores.probabilities(subject.forward(batch, [scores.output])[scores.output])[0]
        label = chosen_class(subject, scores, options.of_class, probability)
        heat = gradcam(subject, batch, scores, label, blob)
        name = subject.class_name(label)
        rows.append([photograph.name, name, float(probability[label]), float(heat.max())])
        found.append(Heat(pixels, heat, f"{name} ({probability[label]:.3g})", photograph.name))
    results.table("gradcam", ["picture", "class", "probability", "largest"], rows, f"Grad-CAM of {blob}")
    results.numbers(
        "gradcam",
        {"blob": blob, "maps": [{"picture": one.name, "heat": one.heat.tolist()} for one in found]},
    )
    results.picture(
        "gradcam",
        heat_picture(found, f"Grad-CAM: what in {blob} speaks for the class", "share of the picture's largest"),
        f"Grad-CAM of {blob}. Above each heat map the class and its probability; the brighter, the more the class's"
        f" score grows with what the net sees there. Each map has its own scale, up to its largest."
        f" {scores.note}".rstrip(),
    )
