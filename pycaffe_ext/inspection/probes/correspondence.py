"""Whether the net relates the same part of different objects, such as the left eye of faces, to each other.

As in section 4.3 and table 1 of Zeiler and Fergus (2013): the part is covered with grey in each picture, and the signs
of what that changes in a layer's features are compared between pictures. The smaller the share of signs that differ,
against that of random parts, the more the covering of this part means the same to the net.
"""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from ..subject_options import add_subject

if TYPE_CHECKING:
    from ..attribution.correspondence import Correspondence
    from ..results import Cell, Results

EXAMPLES = """\
probe.py correspondence deploy.prototxt --weights zfnet.caffemodel --parts faces/parts.csv --blob conv5,fc7
"""


def add_options(parser: argparse.ArgumentParser) -> None:
    add_subject(parser)
    parser.add_argument(
        "--parts",
        metavar="CSV",
        required=True,
        help="columns image, part, left, top, width, height; images beside it; part 'object' bounds random parts",
    )
    parser.add_argument("--blob", metavar="NAME[,NAME]", help="features (default: the last blob with maps)")
    parser.add_argument(
        "--draws", type=int, default=5, metavar="N", help="random parts per part (default: %(default)s)"
    )
    parser.add_argument("--grey", type=float, default=128, metavar="V", help="of the cover (default: %(default)s)")
    parser.add_argument("--seed", type=int, default=0, metavar="N", help="of the random parts (default: %(default)s)")


def run(options: argparse.Namespace, results: Results) -> None:
    from ...errors import OptionError
    from ...progress import counting
    from ..attribution.correspondence import correspondence
    from ..attribution.parts import read_parts
    from ..subject_options import open_subject

    if options.draws < 1 or not 0 <= options.grey <= 255:
        raise OptionError("--draws is at least 1, --grey 0 to 255")
    images = read_parts(options.parts)
    subject = open_subject(options)
    blobs = [subject.check_blob(name) for name in (options.blob or subject.last_maps()).split(",")]
    with counting("pictures", len(images)) as done:
        found = correspondence(
            subject, images, blobs, draws=options.draws, grey=options.grey, seed=options.seed, done=done
        )
    rows: list[list[Cell]] = [
        [blob, part, one.part.mean, one.part.deviation, one.random.mean, one.random.deviation, one.ratio]
        for blob, parts in found.items()
        for part, one in parts.items()
    ]
    header = ["blob", "part", "signs that differ", "deviation", "random parts", "deviation of these", "ratio"]
    pairs = len(images) * (len(images) - 1) // 2
    results.table(
        "correspondence", header, rows, f"share of signs that differ, {pairs} pairs of {len(images)} pictures"
    )
    for blob, parts in found.items():
        least = min(parts, key=lambda part: parts[part].ratio)
        ratio = parts[least].ratio
        results.say(
            f"{blob}: '{least}' is related most: {ratio:.0%} of the differences that random parts of its size have."
            if ratio < 1
            else f"{blob}: no part is related more than random parts of its size are."
        )
    results.picture(
        "correspondence",
        _picture(found, len(images)),
        "Share of the features whose change has another sign in another picture when the same part is covered in both;"
        " grey: when random parts of that size are. Bars are means over pairs of pictures, whiskers one standard"
        " deviation. Less than for random parts: the net relates this part of one picture to that of another.",
    )


def _picture(found: dict[str, dict[str, Correspondence]], count: int) -> bytes:
    from ..figures import COLOURS, new_figure, png

    parts = list(next(iter(found.values())))
    figure = new_figure(max(5.0, (0.75 * len(parts) + 0.4) * len(found) + 1.0), 3.8)
    figure.suptitle(f"Does the net relate parts of {count} pictures to each other?", fontsize=11)
    panels = figure.subplots(1, len(found), squeeze=False, sharey=True)[0]
    for panel, (blob, values) in zip(panels, found.items(), strict=True):
        for shift, colour, label, some in (
            (-0.2, COLOURS[0], "this part", [values[part].part for part in parts]),
            (0.2, "#999999", "random parts of its size", [values[part].random for part in parts]),
        ):
            places = [place + shift for place in range(len(parts))]
            whiskers = [one.deviation for one in some]
            panel.bar(places, [one.mean for one in some], 0.38, yerr=whiskers, color=colour, capsize=2, label=label)
        panel.set_xticks(range(len(parts)), parts, rotation=30, ha="right", fontsize=8)
        panel.set_title(blob, fontsize=9)
        panel.tick_params(axis="y", labelsize=8)
    panels[0].set_ylabel("share of signs that differ", fontsize=9)
    figure.legend(
        *panels[0].get_legend_handles_labels(), loc="outside lower center", ncols=2, fontsize=8, frameon=False
    )
    return png(figure)
