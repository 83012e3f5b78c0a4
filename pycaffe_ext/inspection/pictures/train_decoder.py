"""Trains the decoder that `stylise` needs: a net that makes pictures of another net's features.

The encoder is any net; its features of one picture get the statistics of another's (Huang and Belongie 2017), and the
decoder learns to make the picture that has them. It is a Caffe net itself: OUT/decoder.prototxt and
OUT/decoder.caffemodel. Features of early layers keep more of the picture; later ones take more of the style.
"""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from ..counts import at_least_one
from ..photographs import add_photographs, open_photographs
from ..stylising.options import add_styles
from ..subject_options import add_subject, open_subject

if TYPE_CHECKING:
    from ..results import Results

EXAMPLES = """\
visualize.py train-decoder deploy.prototxt --weights squeezenet.caffemodel --mean 104,117,123 --blob fire3/concat \\
    --images photos/ --styles paintings/ --iterations 2000 -o decoder
visualize.py stylise deploy.prototxt --weights squeezenet.caffemodel --mean 104,117,123 --decoder decoder/decoder \\
    --images train_lmdb --styles paintings/ --lmdb stylised_lmdb
"""


def add_options(parser: argparse.ArgumentParser) -> None:
    add_subject(parser)
    add_photographs(parser)
    group = parser.add_argument_group("decoder")
    group.add_argument("--blob", metavar="NAME", required=True, help="the encoder's features")
    add_styles(group)
    group.add_argument("--iterations", metavar="N", type=int, default=1000, help="default: %(default)s")
    group.add_argument("--batch", metavar="N", type=int, default=4, help="pictures at a time (default: %(default)s)")
    group.add_argument("--rate", metavar="X", type=float, default=0.001, help="Adam's (default: %(default)s)")
    group.add_argument("--style-weight", metavar="X", type=float, default=1.0, help="default: %(default)s")
    group.add_argument("--seed", metavar="N", type=int, default=1, help="default: %(default)s")


def run(options: argparse.Namespace, results: Results) -> None:
    import numpy as np
    from google.protobuf import text_format

    from ...atomic import write_text
    from ...errors import OptionError
    from ...progress import counting
    from ..photographs import Photographs, at_equal_distances
    from ..stylising.adain import DecoderTraining, decode, round_and_round
    from ..stylising.options import show_at
    from ..stylising.picture import decoder_picture, losses_picture

    at_least_one(options, "batch")
    if options.style_weight < 0:
        raise OptionError("--style-weight is 0 or more")
    subject, photographs = open_subject(options), open_photographs(options)
    show_at(subject, options.size)
    styles = subject.batch([one.pixels for one in Photographs(options.styles)])
    rng = np.random.default_rng(options.seed)
    contents = round_and_round(photographs, np.random.default_rng([options.seed, 1]))
    training = DecoderTraining(
        subject, options.blob, styles[: options.batch], rate=options.rate, iterations=options.iterations,
        seed=options.seed,
    )  # fmt: skip
    losses = []
    with counting("training", options.iterations, "iterations") as done:
        for iteration in range(options.iterations):
            shown = subject.batch([next(contents) for _ in range(options.batch)])
            chosen = styles[rng.integers(len(styles), size=options.batch)]
            losses.append(training.step(shown, chosen, options.style_weight))
            done(iteration + 1)
    write_text(results.folder / "decoder.prototxt", text_format.MessageToString(training.net_text))
    training.solver.net.save(results.folder / "decoder.caffemodel")
    last = losses[-max(1, len(losses) // 20) :]
    content, style = (float(np.mean([one[index] for one in last])) for index in (0, 1))
    results.say(
        f"wrote {results.folder}/decoder.prototxt and .caffemodel: content error {content:.3g}, style {style:.3g}"
    )
    results.csv("losses", ["iteration", "content", "style"], [[i, *one] for i, one in enumerate(losses, 1)])
    results.picture("losses", losses_picture(losses), "Errors as shares of what is wanted, by iteration.")
    some = subject.batch([one.pixels for one in at_equal_distances(photographs, 6)])
    made = decode(training.solver.net, subject.activations(some, options.blob))
    pictures = [[subject.scaling.undo(image) for image in images] for images in (some, made)]
    what = "Above, pictures; below, what the decoder makes of their features, unchanged: what it loses by itself."
    results.picture("decoder", decoder_picture(*pictures), what)
