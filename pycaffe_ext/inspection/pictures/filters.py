"""The filters of a convolution as pictures, on one scale.

Those of the first layer (3 input channels) are shown in colour: what the net looks for in the image itself. Deeper
filters are shown input channel by input channel, in grey.
"""

from __future__ import annotations

import argparse
from math import ceil
from typing import TYPE_CHECKING

from ..subject_options import add_subject, open_subject

if TYPE_CHECKING:
    from ..results import Results

EXAMPLES = """\
visualize.py filters deploy.prototxt --weights zfnet.caffemodel
visualize.py filters deploy.prototxt --weights zfnet.caffemodel --layer conv2 --first 32
"""
_COLUMNS = 16


def add_options(parser: argparse.ArgumentParser) -> None:
    add_subject(parser)
    parser.add_argument("--layer", metavar="NAME", help="a convolution (default: the first)")
    parser.add_argument("--first", metavar="N", type=int, default=96, help="so many filters (default: %(default)s)")


def run(options: argparse.Namespace, results: Results) -> None:
    import numpy as np

    from ...errors import OptionError, UnknownNameError
    from ..figures import colour_bar, new_figure, png

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
    largest = float(np.abs(weights).max()) or 1.0
    in_colour = weights.shape[1] == 3
    tiles = weights[: options.first] if in_colour else weights[: options.first].reshape(-1, *weights.shape[2:])
    tiles = tiles[: options.first * _COLUMNS]
    rows = ceil(len(tiles) / _COLUMNS)
    figure = new_figure(9, 0.56 * rows + 1.1)
    panels = figure.subplots(rows, _COLUMNS, squeeze=False)
    shown = None
    for panel in panels.flat:
        panel.set_axis_off()
    for panel, tile in zip(panels.flat, tiles, strict=False):
        if in_colour:
            rgb = tile.transpose(1, 2, 0)[..., :: 1 if subject.scaling.rgb else -1]
            panel.imshow(rgb / largest / 2 + 0.5, interpolation="nearest")
        else:
            shown = panel.imshow(tile, cmap="gray", vmin=-largest, vmax=largest, interpolation="nearest")
    count, channels, height, width = weights.shape
    title = f"{name}: {min(options.first, count)} of {count} filters, {channels} x {height} x {width}"
    figure.suptitle(title, fontsize=11)
    if shown is not None:
        colour_bar(figure, shown, list(panels.flat), "weight")
    scale = f"All share one scale: grey is 0, full colour {largest:.3g}."
    rest = "" if in_colour else " Each row of squares goes through the input channels of one filter after another."
    results.picture("filters", png(figure), f"{title}. {scale}{rest}")
    norms = np.sqrt((weights.reshape(count, -1) ** 2).mean(axis=1))
    results.numbers("filters", {"layer": name, "shape": weights.shape, "rms": norms.tolist()})
