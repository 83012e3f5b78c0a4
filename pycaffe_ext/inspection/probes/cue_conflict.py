"""Does the net go by shape or by texture? Its shape bias on pictures of one thing's shape and another's texture.

Pictures are named as Geirhos et al. (2019) have them, SHAPE[N]-TEXTURE[N].png, in a folder or in folders; or two list
files say the shape and the texture of the same pictures. The shape bias is the share of shape among the decisions for
one of both: 1 is by shape alone, 0 by texture alone; people come to 0.96, ResNet-50 to 0.22.
"""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from ..counts import at_least_one
from ..subject_options import add_subject, open_subject

if TYPE_CHECKING:
    from collections.abc import Callable

    from ..photographs import Photograph
    from ..results import Results
    from ..subject import Subject

EXAMPLES = """\
probe.py cue-conflict resnet50.prototxt --weights resnet50.caffemodel --images stimuli/ --categories 16.txt
probe.py cue-conflict deploy.prototxt --weights net.caffemodel --classes names.txt --images conflict/
probe.py cue-conflict deploy.prototxt --weights net.caffemodel --images shapes.txt --textures textures.txt
"""


def add_options(parser: argparse.ArgumentParser) -> None:
    add_subject(parser)
    group = parser.add_argument_group("cue conflict")
    group.add_argument(
        "--images", metavar="PATH", required=True, help="a folder; with --textures: a list, label = shape"
    )
    group.add_argument("--textures", metavar="LIST", help="a list file of the same pictures, label = texture")
    group.add_argument(
        "--categories", metavar="FILE", help="lines 'name class class ...' (default: the net's classes, by --classes)"
    )
    group.add_argument("--batch", metavar="N", type=int, default=16, help="pictures at a time (default: %(default)s)")


def run(options: argparse.Namespace, results: Results) -> None:
    from ...progress import counting
    from ..photographs import Photographs
    from ..texture.cues import bias, bias_by_shape, decide
    from ..texture.cues_picture import cues_picture

    at_least_one(options, "batch")
    subject = open_subject(options)
    categories, photographs = _categories(options, subject), Photographs(options.images)
    cues = _cues(options, list(categories))
    with counting("showing", len(photographs)) as done:
        decisions = decide(subject, photographs, cues, categories, batch=options.batch, done=done)
    overall, by_shape = bias(decisions), bias_by_shape(decisions)
    rows = [
        [name, one.shape, one.texture, one.neither, None if one.value != one.value else one.value]
        for name, one in {**by_shape, "all": overall}.items()
    ]
    header = ["shape", "decided for shape", "for texture", "for neither", "shape bias"]
    results.table("cue_conflict", header, rows, f"{len(decisions)} pictures whose shape and texture differ")
    said = "no decision was for either" if overall.value != overall.value else f"shape bias {overall.value:.2f}"
    results.say(
        f"{said[0].upper()}{said[1:]}: {overall.shape} decisions for the shape, {overall.texture} for the texture."
    )
    title = f"{subject.name}: {said}"
    what = "What the net decided for, by the shape in the picture; on the right the share of shape without 'neither'."
    results.picture("cue_conflict", cues_picture(by_shape, overall, title), what)
    results.csv("decisions", ["picture", "shape", "texture", "chosen"], [list(one) for one in decisions])


def _categories(options: argparse.Namespace, subject: Subject) -> dict[str, list[int]]:
    from ..attribution.class_scores import class_scores
    from ..texture.cues import read_categories

    count = class_scores(subject).count
    if options.categories:
        return read_categories(options.categories, count)
    return {subject.classes[label] if label < len(subject.classes) else str(label): [label] for label in range(count)}


def _cues(options: argparse.Namespace, names: list[str]) -> Callable[[Photograph], tuple[str, str]]:
    """Shape and texture of a picture, by its name or by two lists."""
    from ...datasets.sources import open_source
    from ...errors import DataError
    from ..texture.cues import cues_of

    if not options.textures:
        return lambda one: cues_of(one.name)
    textures = {entry.name: entry.label for entry in open_source(options.textures).entries}

    def cues(one: Photograph) -> tuple[str, str]:
        labels = [one.label, textures.get(one.name)]
        for label, source in zip(labels, (options.images, options.textures), strict=True):
            if label is None or not 0 <= label < len(names):
                raise DataError(f"{source}: gives {one.name} no label of 0 to {len(names) - 1}")
        return names[labels[0] or 0], names[labels[1] or 0]

    return cues
