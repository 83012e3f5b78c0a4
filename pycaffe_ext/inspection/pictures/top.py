"""The patches of a data set that units answer most strongly to, beside what each is traced back to.

As in figure 2 of Zeiler and Fergus (2013): for each unit of a blob the nine pictures (--count) with the largest numbers
in its map, cut to the receptive field of the place of that number; and the projection of this one number down to the
pixels by the deconvnet (or --method). A picture counts once per unit. Pictures are streamed, so that any number of them
takes the same memory.
"""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from ..counts import at_least_one
from ..photographs import add_photographs
from ..subject_options import add_subject
from ..units.options import add_projection

if TYPE_CHECKING:
    from ..results import Results
    from ..units.strongest import View

EXAMPLES = """\
visualize.py top deploy.prototxt --weights zfnet.caffemodel --images photos/ --blob conv5
visualize.py top train_val.prototxt --weights zf.caffemodel --images val_lmdb --blob conv3 --unit 0-17 --html top.html
"""
_PER_PICTURE, _ACROSS = 6, 2


def add_options(parser: argparse.ArgumentParser) -> None:
    add_subject(parser)
    add_photographs(parser)
    add_projection(parser, units="0-5")
    parser.add_argument("--count", type=int, default=9, metavar="N", help="patches per unit (default: %(default)s)")
    parser.add_argument("--batch", type=int, default=32, metavar="N", help="pictures at a time (default: %(default)s)")


def run(options: argparse.Namespace, results: Results) -> None:
    from ...errors import OptionError
    from ..photographs import open_photographs
    from ..subject_options import open_subject
    from ..units.options import units_of
    from ..units.strongest import strongest, views_of_sights

    at_least_one(options, "batch")
    if not 1 <= options.count <= 100:
        raise OptionError("--count is 1 to 100")
    subject = open_subject(options)
    units = units_of(subject, options)
    photographs = open_photographs(options)
    found = strongest(subject, photographs, options.blob, units, count=options.count, batch=options.batch)
    silent = [unit for unit, sights in found.items() if not sights]
    header = ["unit", "rank", "activation", "picture", "name", "class", "row", "column"]
    rows = [
        [unit, rank + 1, sight.peak.value, sight.number, sight.name,
         None if sight.label is None else subject.class_name(sight.label), *(sight.peak.place or (None, None))]
        for unit, sights in found.items()
        for rank, sight in enumerate(sights)
    ]  # fmt: skip
    results.table("top", header, rows, f"{options.blob}: the strongest of {len(photographs)} pictures per unit")
    if silent:
        results.say(f"Silent on all {len(photographs)} pictures: unit {', '.join(map(str, silent))}.")
    alive = [unit for unit in units if found[unit]]
    for start in range(0, len(alive), _PER_PICTURE):
        page = alive[start : start + _PER_PICTURE]
        views = views_of_sights(subject, photographs, options.blob, {u: found[u] for u in page}, method=options.method)
        name = "top" if len(alive) <= _PER_PICTURE else f"top_{page[0]}-{page[-1]}"
        title = f"{options.blob}: strongest of {len(photographs)} pictures"
        results.picture(
            name,
            _picture(views, title, options),
            f"{title}, for the units {', '.join(map(str, page))}. Left of each pair: the strongest activation, traced"
            f" back to the pixels by {options.method} (grey is nothing, contrast is each patch's own); right: the patch"
            " of the picture that this place of the map sees. What the patches of a unit share is what it looks for;"
            " white is beyond the picture's edge.",
        )


def _picture(views: dict[int, list[View]], title: str, options: argparse.Namespace) -> bytes:
    from math import ceil, sqrt

    from ..figures import new_figure, png
    from ..units.view_pictures import show_sheet

    columns = ceil(sqrt(options.count))
    rows = ceil(options.count / columns)
    across = min(_ACROSS, len(views))
    down = ceil(len(views) / across)
    figure = new_figure(5.2 * across, 2.75 * down * rows / columns + 0.9)
    what = f"{options.method} projections, and the patches\n(grey: nothing; white: beyond the edge)"
    figure.suptitle(f"{title}\n{what}", fontsize=11)
    parts = figure.subfigures(down, across, squeeze=False).flat
    for part, (unit, found) in zip(parts, views.items(), strict=False):
        strength = f"{found[0].peak.value:.3g} to {found[-1].peak.value:.3g}"
        show_sheet(part, found, f"unit {unit}: activation {strength}", columns, rows)
    return png(figure)
