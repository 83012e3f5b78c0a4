"""DeepDream: a picture in which what the net sees in it has grown, or what one unit looks for, or a guide.

Gradient ascent on the picture with jitter and normalised steps, at one size after another (octaves), as Mordvintsev,
Olah and Tyka (2015) do. Any blob; any of its units (--unit); towards another picture (--guide). From a picture or, with
--noise, from nothing.
"""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from ..photographs import add_photographs
from ..subject_options import add_subject

if TYPE_CHECKING:
    from ..backprojection import Array
    from ..results import Results
    from ..subject import Subject
    from ..units.ascent import Objective

EXAMPLES = """\
visualize.py dream deploy.prototxt --weights googlenet.caffemodel --images sky.jpg --blob inception_4c/output
visualize.py dream deploy.prototxt --weights googlenet.caffemodel --images sky.jpg --blob inception_3b/output --unit 7
visualize.py dream deploy.prototxt --weights googlenet.caffemodel --images sky.jpg --blob conv4 --guide flowers.jpg
visualize.py dream deploy.prototxt --weights googlenet.caffemodel --noise 320x480 --blob inception_4d/3x3 --unit 139
"""


def add_options(parser: argparse.ArgumentParser) -> None:
    add_subject(parser)
    add_photographs(parser, required=False)
    parser.add_argument("--noise", metavar="HxW", help="begin with noise of this size, not with a picture")
    parser.add_argument("--blob", metavar="NAME", required=True, help="what grows")
    what = parser.add_mutually_exclusive_group()
    what.add_argument("--unit", type=int, metavar="N", help="one channel of it (default: all that is active)")
    what.add_argument("--guide", metavar="IMAGE", help="what this picture activates there")
    parser.add_argument("--longest", type=int, default=480, metavar="N", help="longer side at most (%(default)s)")
    parser.add_argument("--octaves", type=int, default=4, metavar="N", help="sizes (default: %(default)s)")
    parser.add_argument("--factor", type=float, default=1.4, metavar="X", help="from one to the next (%(default)s)")
    parser.add_argument("--steps", type=int, default=10, metavar="N", help="at each size (default: %(default)s)")
    parser.add_argument("--rate", type=float, default=1.5, metavar="X", help="grey levels per step (%(default)s)")
    parser.add_argument("--jitter", type=int, default=32, metavar="N", help="pixels (default: %(default)s)")
    parser.add_argument("--seed", type=int, default=0, metavar="N", help="of jitter and noise (default: %(default)s)")


def run(options: argparse.Namespace, results: Results) -> None:
    from ...progress import counting
    from ..figures import as_png, new_figure, png, show_image
    from ..subject_options import open_subject
    from ..units.dreaming import dream, scaling_of_any_size

    subject = open_subject(options)
    subject.scaling = scaling_of_any_size(subject.scaling)
    objective, goal = _objective(subject, options)
    rows = []
    for number, (name, pixels) in enumerate(_starts(options)):
        with counting(name, options.octaves, "octaves") as done:
            found, grown = dream(
                subject, pixels, options.blob, objective, octaves=options.octaves, factor=options.factor,
                steps=options.steps, rate=options.rate, jitter=options.jitter, seed=options.seed, done=done,
            )  # fmt: skip
        rows += [
            [name, octave, step, value] for octave, row in enumerate(grown.tolist()) for step, value in enumerate(row)
        ]
        height, width = pixels.shape[:2]
        figure = new_figure(11, 11 / 2 * height / width + 0.7)
        figure.suptitle(f"Dream of {goal}", fontsize=11)
        panels = figure.subplots(1, 2)
        show_image(panels[0], pixels, name)
        show_image(panels[1], found, f"{options.octaves} octaves of {options.steps} steps")
        results.picture(
            f"dream_{number}",
            png(figure),
            f"Left {name}, right the same after gradient ascent on {goal}: what the net saw in the picture, however"
            f" faintly, has grown stronger. Sizes: {options.octaves}, each {options.factor:g} times the one before.",
        )
        results.picture(f"dream_{number}_alone", as_png(found), "The dream alone, at its full size.")
    results.csv("dream", ["picture", "octave", "step", "objective"], rows)


def _objective(subject: Subject, options: argparse.Namespace) -> tuple[Objective, str]:
    from ..photographs import Photographs
    from ..units.ascent import like, units, whole_blob
    from ..units.peaks import parse_units

    blob = subject.check_blob(options.blob)
    if options.unit is not None:
        wanted = parse_units(str(options.unit), int(subject.net.blobs[blob].shape[1]), blob)
        return units(wanted), f"unit {options.unit} of {blob}"
    if options.guide:
        guide = _sized(Photographs(options.guide)[0].pixels, options.longest)
        values = subject.activations(subject.scaling.apply(guide, subject.channels)[None], blob)
        return like(values[0]), f"{blob}, guided by {options.guide}"
    return whole_blob, f"all of {blob}"


def _starts(options: argparse.Namespace) -> list[tuple[str, Array]]:
    import numpy as np

    from ...errors import OptionError
    from ..photographs import open_photographs
    from ..units.dreaming import noise

    if (options.noise is None) == (options.images is None):
        raise OptionError("give --images, or --noise HxW to begin with noise")
    if options.noise:
        sides = options.noise.split("x")
        if len(sides) != 2 or not all(side.isdigit() and int(side) for side in sides):
            raise OptionError(f"--noise is a height and a width such as 320x480, not '{options.noise}'")
        return [("noise", noise(int(sides[0]), int(sides[1]), np.random.default_rng(options.seed)))]
    return [(one.name, _sized(one.pixels, options.longest)) for one in open_photographs(options)]


def _sized(pixels: object, longest: int) -> Array:
    import numpy as np

    from ...datasets.images import resize
    from ...errors import OptionError

    if longest < 1:
        raise OptionError("--longest is at least 1 pixel")
    found = np.asarray(pixels)
    factor = min(1.0, longest / max(found.shape[:2]))
    size = (max(1, round(found.shape[0] * factor)), max(1, round(found.shape[1] * factor)))
    return np.asarray(found if factor == 1 else resize(found, size), np.float32)
