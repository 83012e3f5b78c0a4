"""How features come about in training: what units answer to most strongly, in one snapshot after another.

As in figure 4 of Zeiler and Fergus (2013): for each snapshot the picture of a data set with the largest number in a
unit's map, and that activation traced back to the pixels. Sudden jumps come from another picture being the strongest.
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
    from ..units.strongest import Sight, View

EXAMPLES = """\
visualize.py evolution deploy.prototxt --snapshots 'run/zfnet_iter_*.caffemodel' --images photos/ --blob conv4
visualize.py evolution train_val.prototxt --snapshots 'run/*.caffemodel' --images val_lmdb --limit 500 --blob conv2
"""

Column = tuple[int, "dict[int, list[Sight]]", "dict[int, list[View]]"]


def add_options(parser: argparse.ArgumentParser) -> None:
    add_subject(parser, weights=False)
    parser.add_argument(
        "--snapshots",
        metavar="PATTERN",
        required=True,
        help="caffemodels, in quotes: 'run/net_iter_*.caffemodel'; taken in the order of their iterations",
    )
    add_photographs(parser)
    add_projection(parser, units="0-5")
    parser.add_argument("--batch", type=int, default=32, metavar="N", help="pictures at a time (default: %(default)s)")


def run(options: argparse.Namespace, results: Results) -> None:
    from ..photographs import open_photographs
    from ..snapshot_files import snapshot_files
    from ..subject_options import open_subject
    from ..units.options import units_of
    from ..units.strongest import strongest, views_of_sights

    at_least_one(options, "batch")
    files = snapshot_files(options.snapshots)
    subject = open_subject(options)
    units = units_of(subject, options)
    photographs = open_photographs(options)
    columns: list[Column] = []
    for snapshot in files:
        subject.net.copy_from(snapshot.path)
        name = f"iteration {snapshot.iteration}"
        sights = strongest(subject, photographs, options.blob, units, count=1, batch=options.batch, what=name)
        views = views_of_sights(subject, photographs, options.blob, sights, method=options.method)
        columns.append((snapshot.iteration, sights, views))
    header = ["iteration", "unit", "activation", "picture", "name", "row", "column"]
    rows = [
        [iteration, unit, sight.peak.value, sight.number, sight.name, *(sight.peak.place or (None, None))]
        for iteration, sights, _ in columns
        for unit, found in sights.items()
        for sight in found
    ]
    results.table("evolution", header, rows, f"{options.blob}: the strongest of {len(photographs)} pictures")
    results.picture(
        "evolution",
        _picture(columns, units, options),
        f"Units of {options.blob} in training, a column per snapshot, headed by its iteration. Upper row of each unit:"
        f" its strongest activation over {len(photographs)} pictures, traced back to the pixels by {options.method}"
        " (grey is nothing, contrast is each patch's own); lower row: the patch that it comes from, with the activation"
        " below. White: the unit was silent on all pictures, or the patch reaches beyond the picture's edge.",
    )


def _picture(columns: list[Column], units: list[int], options: argparse.Namespace) -> bytes:
    from ..figures import new_figure, png, show_image
    from ..units.view_pictures import view_pair

    figure = new_figure(1.15 * len(columns) + 0.9, 2.35 * len(units) + 0.8)
    figure.suptitle(
        f"{options.blob}: strongest activations, traced back by {options.method}\nafter so many iterations", fontsize=11
    )
    panels = figure.subplots(2 * len(units), len(columns), squeeze=False)
    for panel in panels.flat:
        panel.set_xticks([])
        panel.set_yticks([])
        panel.set_frame_on(False)
    for column, (iteration, _, views) in enumerate(columns):
        panels[0, column].set_title(f"{iteration:,}", fontsize=9)
        for row, unit in enumerate(units):
            upper, lower = panels[2 * row, column], panels[2 * row + 1, column]
            if column == 0:
                upper.set_ylabel(f"unit {unit}", fontsize=9)
            if not views[unit]:
                lower.set_xlabel("silent", fontsize=7)
                continue
            view = views[unit][0]
            patch, traced = view_pair(view)
            show_image(upper, traced)
            show_image(lower, patch, note=f"{view.peak.value:.3g}")
    return png(figure)
