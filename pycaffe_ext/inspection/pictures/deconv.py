"""What units see in given pictures: their strongest activations, traced back to the pixels.

The number at the strongest place of a unit's map is sent down through the net, all others being 0: by the deconvnet of
Zeiler and Fergus (2013) with max-pooling switches, rectification and transposed filters (LRN is passed by, as in their
paper); by guided backpropagation (Springenberg et al. 2014); or by the plain gradient.
"""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from ..photographs import add_photographs
from ..subject_options import add_subject
from ..units.options import add_projection

if TYPE_CHECKING:
    from ..backprojection import Array
    from ..results import Results
    from ..subject import Subject
    from ..units.strongest import View

EXAMPLES = """\
visualize.py deconv deploy.prototxt --weights zfnet.caffemodel --images cat.jpg --blob conv5 --unit 13
visualize.py deconv deploy.prototxt --weights zfnet.caffemodel --images cats/ --limit 4 --blob conv3 --method guided
"""
_MOST = 24


def add_options(parser: argparse.ArgumentParser) -> None:
    add_subject(parser)
    add_photographs(parser)
    add_projection(parser, units="strongest")


def run(options: argparse.Namespace, results: Results) -> None:
    import numpy as np

    from ...errors import OptionError
    from ..patches import Patches
    from ..photographs import open_photographs
    from ..subject_options import open_subject
    from ..units.options import units_of
    from ..units.strongest import views

    subject = open_subject(options)
    blob = subject.check_blob(options.blob)
    photographs = open_photographs(options)
    chosen = None if options.unit == "strongest" else units_of(subject, options)
    count = len(photographs) * (1 if chosen is None else len(chosen))
    if count > _MOST:
        raise OptionError(f"{count} views are too many for a picture, {_MOST} fit: give --limit and fewer of --unit")
    found: list[tuple[str, int, View]] = []
    for photograph in photographs:
        batch = subject.batch([photograph.pixels])
        units = [_strongest(subject, batch, blob)] if chosen is None else chosen
        seen = views(
            subject, np.repeat(batch, len(units), axis=0), blob, units, Patches(subject, blob), method=options.method
        )
        found += [(photograph.name, unit, view) for unit, view in zip(units, seen, strict=True)]
    header = ["picture", "unit", "activation", "row", "column", "top", "left", "bottom", "right"]
    rows = [[name, unit, view.peak.value, *(view.peak.place or (None, None)), *view.box] for name, unit, view in found]
    results.table("deconv", header, rows, f"{blob}: where each unit is strongest, and the pixels that place sees")
    results.picture(
        "deconv",
        _picture(found, blob, options.method),
        f"What units of {blob} see. For each: the picture, framed where the strongest place of the unit's map sees it;"
        f" that activation traced back to the pixels by {options.method}; and both within the frame, enlarged. Grey is"
        " nothing; the contrast is each picture's own.",
    )


def _strongest(subject: Subject, batch: Array, blob: str) -> int:
    values = subject.activations(batch, blob)[0]
    return int(values.reshape(len(values), -1).max(axis=1).argmax())


def _picture(found: list[tuple[str, int, View]], blob: str, method: str) -> bytes:
    from ..figures import new_figure, png, show_image
    from ..units.view_pictures import mark, traced_picture, view_pair

    across = 2 if len(found) > 3 else 1
    down = -(-len(found) // across)
    figure = new_figure(8.2 * across, 2.35 * down + 0.6)
    figure.suptitle(f"{blob}: strongest activations, traced back by {method} (grey: nothing)", fontsize=11)
    panels = figure.subplots(down, 4 * across, squeeze=False).reshape(-1, 4)
    for row in panels:
        for panel in row:
            panel.set_axis_off()
    for (first, *others), (name, unit, view) in zip(panels, found, strict=False):
        patch, traced = view_pair(view)
        first.set_axis_on()
        show_image(first, view.seen, f"unit {unit}, activation {view.peak.value:.3g}", note=_short(name))
        mark(first, view)
        pictures = (traced_picture(view.traced), traced, patch)
        for panel, pixels, title in zip(
            others, pictures, (method, f"{method}, framed part", "framed part"), strict=True
        ):
            panel.set_axis_on()
            show_image(panel, pixels, title)
    return png(figure)


def _short(name: str) -> str:
    return name if len(name) <= 32 else f"...{name[-30:]}"
