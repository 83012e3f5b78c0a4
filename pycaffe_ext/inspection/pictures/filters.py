"""The filters of a convolution as pictures, on one scale.

Those of the first layer (3 input channels) are shown in colour: what the net looks for in the image itself. Deeper
filters are shown in grey, a row for each filter and a column for each input channel.
"""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from ..subject_options import add_subject

if TYPE_CHECKING:
    from ..results import Results

EXAMPLES = """\
visualize.py filters deploy.prototxt --weights zfnet.caffemodel
visualize.py filters deploy.prototxt --weights zfnet.caffemodel --layer conv2 --first 32
"""


def add_options(parser: argparse.ArgumentParser) -> None:
    add_subject(parser)
    parser.add_argument("--layer", metavar="NAME", help="a convolution (default: the first)")
    parser.add_argument("--first", metavar="N", type=int, help="so many filters (default: 96, of deeper layers 16)")
    parser.add_argument("--channels", metavar="N", type=int, default=32, help="of each (default: %(default)s at most)")


def run(options: argparse.Namespace, results: Results) -> None:
    import numpy as np

    from ...errors import OptionError, UnknownNameError
    from ..subject_options import open_subject
    from ..units.filter_picture import filter_picture

    if options.channels < 1 or (options.first is not None and options.first < 1):
        raise OptionError("--first and --channels are at least 1")
    subject = open_subject(options)
    convolutions = {
        layer.name: subject.net.params[layer.name][0].data
        for layer in subject.net.param.layer
        if layer.type in ("Convolution", "Deconvolution") and subject.net.params[layer.name][0].data.ndim == 4
    }
    if not convolutions:
        raise OptionError(f"{options.net}: has no convolution")
    name = options.layer or next(iter(convolutions))
    if name not in convolutions:
        raise UnknownNameError("convolution", name, convolutions, where=options.net)
    weights = np.array(convolutions[name])
    in_colour = weights.shape[1] == 3
    first = options.first or (96 if in_colour else 16)
    taken = weights[:first] if in_colour else weights[:first, : options.channels]
    count, channels, height, width = weights.shape
    title = f"{name}: {len(taken)} of {count} filters"
    if taken.shape[1] < channels:
        title += f", {taken.shape[1]} of {channels} input channels"
    title += f", {height} x {width}"
    picture = filter_picture(
        taken, range(len(taken)), range(taken.shape[1]), title, rgb=subject.scaling.rgb and in_colour
    )
    scale = f"All share one scale: grey is 0, full colour {np.abs(taken).max():.3g}."
    rest = (
        " Smooth shapes are learned edges and colours; noise is a filter that has learned little."
        if in_colour
        else " A row is a filter, a column an input channel."
    )
    results.picture("filters", picture, f"{title}. {scale}{rest}")
    norms = np.sqrt((weights.reshape(count, -1) ** 2).mean(axis=1))
    results.numbers("filters", {"layer": name, "shape": weights.shape, "rms": norms.tolist()})
