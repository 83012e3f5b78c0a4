"""Pictures that units answer to most strongly, made from noise by gradient ascent.

Activation maximisation (Erhan et al. 2009) with the regularisers of Yosinski et al. (2015): after each step the picture
goes a little towards grey and is blurred a little, and jitter keeps the net's strides from leaving a grid.
"""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from ..photographs import add_photographs
from ..subject_options import add_subject

if TYPE_CHECKING:
    from ..results import Results

EXAMPLES = """\
visualize.py maximise deploy.prototxt --weights zfnet.caffemodel --blob conv5 --unit 0-11
visualize.py maximise deploy.prototxt --weights zfnet.caffemodel --blob fc8 --unit 130,207 --classes synsets.txt
"""
_ACROSS = 4


def add_options(parser: argparse.ArgumentParser) -> None:
    add_subject(parser)
    add_photographs(parser, required=False)
    parser.add_argument("--blob", metavar="NAME", required=True, help="the blob whose units are looked at")
    parser.add_argument("--unit", metavar="N[,N-N]", default="0-7", help="its channels (default: %(default)s)")
    parser.add_argument("--whole-map", action="store_true", help="the mean of a unit's map, not its middle")
    parser.add_argument("--steps", type=int, default=200, metavar="N", help="default: %(default)s")
    parser.add_argument("--rate", type=float, default=2.0, metavar="X", help="grey levels per step (%(default)s)")
    parser.add_argument("--decay", type=float, default=0.01, metavar="X", help="towards grey, per step (%(default)s)")
    parser.add_argument("--blur", type=float, default=0.5, metavar="X", help="pixels, per step (%(default)s)")
    parser.add_argument("--jitter", type=int, default=4, metavar="N", help="pixels (default: %(default)s)")
    parser.add_argument("--seed", type=int, default=0, metavar="N", help="of jitter and noise (default: %(default)s)")


def run(options: argparse.Namespace, results: Results) -> None:
    import numpy as np

    from ...progress import counting
    from ..patches import Patches, cut
    from ..photographs import open_photographs
    from ..subject_options import open_subject
    from ..units.dreaming import maximise, noise
    from ..units.options import units_of

    subject = open_subject(options)
    wanted = units_of(subject, options)
    start = noise(*subject.size, np.random.default_rng(options.seed))
    if options.images:
        start = np.asarray(subject.seen([open_photographs(options)[0].pixels])[0], np.float32)
    with counting(options.blob, options.steps, "steps") as done:
        pictures, grown = maximise(
            subject, start, options.blob, wanted, steps=options.steps, rate=options.rate, jitter=options.jitter,
            decay=options.decay, blur=options.blur, middle=not options.whole_map, seed=options.seed, done=done,
        )  # fmt: skip
    shape = subject.net.blobs[options.blob].shape
    if len(shape) == 4 and not options.whole_map:
        box = Patches(subject, options.blob).box((shape[2] // 2, shape[3] // 2))
        pictures = np.stack([cut(one, box, 255) for one in pictures])
    header = ["unit", "before", "after"]
    rows = [
        [unit, float(before), float(after)] for unit, before, after in zip(wanted, grown[0], grown[-1], strict=True)
    ]
    results.table("maximise", header, rows, f"{options.blob}: activation, before layers in place")
    names = [_name(subject.classes, unit, shape) for unit in wanted]
    what = "the mean of the unit's map" if options.whole_map else "the unit"
    results.picture(
        "maximise",
        _picture(pictures, names, grown, options.blob),
        f"Pictures made from {'a picture' if options.images else 'noise'} in {options.steps} steps so that {what} in"
        f" {options.blob} grows; below each, from which activation to which. Cut to the pixels that the unit sees.",
    )


def _name(classes: list[str], unit: int, shape: tuple[int, ...]) -> str:
    return f"{unit}: {classes[unit]}" if len(classes) == shape[1] else f"unit {unit}"


def _picture(pictures: object, names: list[str], grown: object, blob: str) -> bytes:
    import numpy as np

    from ..figures import new_figure, png, show_image

    images, history = np.asarray(pictures), np.asarray(grown)
    across = min(_ACROSS, len(images))
    down = -(-len(images) // across)
    figure = new_figure(2.4 * across, 2.75 * down + 0.5)
    figure.suptitle(f"What units of {blob} look for", fontsize=11)
    panels = figure.subplots(down, across, squeeze=False)
    for panel in panels.flat:
        panel.set_axis_off()
    for panel, image, name, before, after in zip(panels.flat, images, names, history[0], history[-1], strict=False):
        panel.set_axis_on()
        show_image(panel, image, name[:34], note=f"activation {before:.3g} to {after:.3g}")
    return png(figure)
