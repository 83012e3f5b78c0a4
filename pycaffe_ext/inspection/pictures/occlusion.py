"""Where in a picture the net sees its class: what changes while a grey square covers one part after another.

As in figure 7 of Zeiler and Fergus (2013): the picture; the total activity of the strongest map of a blob, and what
that map is traced back to; the probability of the class; and the likeliest class, for each position of the square.
"""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from ..attribution.class_options import add_class
from ..counts import at_least_one
from ..photographs import add_photographs
from ..subject_options import add_subject

if TYPE_CHECKING:
    from ..results import Cell, Results

EXAMPLES = """\
visualize.py occlusion deploy.prototxt --weights zfnet.caffemodel --images dog.jpg --classes synsets.txt
visualize.py occlusion deploy.prototxt --weights zfnet.caffemodel --images dog.jpg --class tabby --square 50 --stride 7
"""


def add_options(parser: argparse.ArgumentParser) -> None:
    add_subject(parser)
    add_photographs(parser)
    add_class(parser)
    parser.add_argument("--blob", metavar="NAME", help="strongest map of this blob (default: the last with maps)")
    parser.add_argument("--square", type=int, metavar="PIXELS", help="side of the square (default: 2/9 of the input's)")
    parser.add_argument("--stride", type=int, metavar="PIXELS", help="between positions (default: 1/32 of that side)")
    parser.add_argument("--grey", type=float, default=128, metavar="V", help="of the square (default: %(default)s)")
    parser.add_argument("--batch", type=int, default=32, metavar="N", help="positions at a time (default: %(default)s)")


def run(options: argparse.Namespace, results: Results) -> None:
    from ...errors import OptionError
    from ...progress import counting
    from ..attribution.class_scores import chosen_class, class_scores
    from ..attribution.occlusion import occlude, positions
    from ..attribution.occlusion_picture import occlusion_picture
    from ..photographs import open_photographs
    from ..subject_options import open_subject

    at_least_one(options, "batch")
    if not 0 <= options.grey <= 255:
        raise OptionError("--grey is 0 to 255")
    subject = open_subject(options)
    scores = class_scores(subject, options.output)
    blob = subject.check_blob(options.blob) if options.blob else subject.last_maps()
    side = min(subject.size)
    square = options.square or max(1, round(side * 2 / 9))
    stride = options.stride or max(1, side // 32)
    count = sum(map(len, positions(subject.size, square, stride)))
    rows: list[list[Cell]] = []
    for number, photograph in enumerate(open_photographs(options)):
        (pixels,) = subject.seen([photograph.pixels])
        with counting(photograph.name, count, "positions") as done:
            found = occlude(
                subject, pixels, scores, blob, square=square, stride=stride, grey=options.grey, batch=options.batch,
                done=done,
            )  # fmt: skip
        label = chosen_class(subject, scores, options.of_class, found.whole)
        name = f"occlusion_{number}"
        probability = found.probability[..., label]
        lowest = divmod(int(probability.argmin()), probability.shape[1])
        middle = [min(int((index + 0.5) * stride), size - 1) for index, size in zip(lowest, subject.size, strict=True)]
        rows.append(
            [photograph.name, subject.class_name(label), float(found.whole[label]), float(probability.min()), *middle,
             float((found.likeliest == label).mean())]
        )  # fmt: skip
        results.picture(
            name,
            occlusion_picture(subject, pixels, found, label, blob, square, stride),
            f"{photograph.name}: a grey square of {square} x {square} pixels, shown at left, covers {count} positions"
            " in turn; each pixel of a map stands for a position of the square's middle. Strongest map: the sum of unit"
            f" {found.unit} of {blob}, and what it is traced back to by the deconvnet. Then the probability of"
            f" '{subject.class_name(label)}', which is {found.whole[label]:.3g} for the whole picture: where it falls,"
            f" the square hides what the net goes by. Right: the likeliest class. {scores.note}".rstrip(),
        )
        results.numbers(
            name,
            {
                "picture": photograph.name, "class": label, "square": square, "stride": stride, "blob": blob,
                "unit": found.unit, "whole": {"probability": float(found.whole[label]),
                                              "activity": found.whole_activity},
                "probability": probability.tolist(), "likeliest": found.likeliest.tolist(),
                "activity": found.activity.tolist(),
            },
        )  # fmt: skip
    header = ["picture", "class", "probability", "lowest", "at row", "at column", "share still likeliest"]
    results.table("occlusion", header, rows, f"covered by {square} x {square} pixels at {count} positions")
