"""Pictures in the style of others, into an LMDB to train on: their texture no longer says what they show.

Each picture gets the style of another, drawn at random, by the encoder and the decoder that `train-decoder` trained;
labels stay (Geirhos et al. 2019 trained nets on such pictures to make them go by shape).
"""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from ..counts import at_least_one
from ..photographs import add_photographs, open_photographs
from ..stylising.options import add_styles
from ..subject_options import add_subject, open_subject

if TYPE_CHECKING:
    from ..photographs import Pixels
    from ..results import Results

EXAMPLES = """\
visualize.py stylise deploy.prototxt --weights squeezenet.caffemodel --mean 104,117,123 --decoder decoder/decoder \\
    --images photos/ --styles paintings/ --lmdb stylised_lmdb --shuffle --copies 2
visualize.py stylise deploy.prototxt --weights squeezenet.caffemodel --mean 104,117,123 --decoder decoder/decoder \\
    --images train_lmdb --styles paintings/
"""


def add_options(parser: argparse.ArgumentParser) -> None:
    add_subject(parser)
    add_photographs(parser)
    group = parser.add_argument_group("style")
    group.add_argument("--decoder", metavar="PREFIX", required=True, help="PREFIX.prototxt and PREFIX.caffemodel")
    add_styles(group)
    group.add_argument("--lmdb", metavar="OUT", help="write an LMDB of all pictures (default: the picture alone)")
    group.add_argument("--lmdb-size", metavar="N", type=int, help="side of the pictures in it (default: as made)")
    group.add_argument("--copies", metavar="N", type=int, default=1, help="styles per picture (default: %(default)s)")
    group.add_argument("--strength", metavar="X", type=float, default=1.0, help="0 to 1 (default: %(default)s)")
    group.add_argument("--seed", metavar="N", type=int, default=1, help="of the styles (default: %(default)s)")
    group.add_argument(
        "--shuffle", action="store_true", help="in another order (slow where pictures are in a database)"
    )
    group.add_argument("--overwrite", action="store_true", help="replace an LMDB that is there")


def run(options: argparse.Namespace, results: Results) -> None:
    from pathlib import Path

    import cv2
    import numpy as np

    from ...datasets.datum import raw_datum
    from ...datasets.writer import writing_lmdb
    from ...engine.net import Net
    from ...errors import OptionError
    from ...progress import counting
    from ...proto import caffe_pb2
    from ..photographs import Photographs, at_equal_distances
    from ..stylising.adain import stylised
    from ..stylising.options import show_at
    from ..stylising.picture import stylised_picture

    at_least_one(options, "copies", "lmdb_size")
    if not 0 <= options.strength <= 1:
        raise OptionError("--strength is 0 to 1")
    subject, photographs = open_subject(options), open_photographs(options)
    show_at(subject, options.size)
    decoder = Net(f"{options.decoder}.prototxt", caffe_pb2.TEST, weights=f"{options.decoder}.caffemodel")
    subject.check_blob(decoder.inputs[0])
    styles = subject.seen([one.pixels for one in Photographs(options.styles)])

    def made(picture: Pixels, style: Pixels) -> Pixels:
        return stylised(subject, decoder, picture, style, options.strength)

    some = subject.seen([one.pixels for one in at_equal_distances(photographs, 4)])
    shown = at_equal_distances(styles, 5)
    picture = stylised_picture(some, shown, [[made(one, style) for style in shown] for one in some])
    results.picture("stylised", picture, "Each picture (left) in each style (above): shape stays, texture goes.")
    if not options.lmdb:
        return
    rng, count = np.random.default_rng(options.seed), 0
    target = writing_lmdb(Path(options.lmdb), overwrite=options.overwrite)
    with target as database, counting("stylising", len(photographs) * options.copies) as done:
        for index in rng.permutation(len(photographs)) if options.shuffle else range(len(photographs)):
            photograph = photographs[int(index)]
            for _ in range(options.copies):
                pixels = made(subject.seen([photograph.pixels])[0], styles[rng.integers(len(styles))])
                if options.lmdb_size:
                    smaller = cv2.resize(pixels, (options.lmdb_size,) * 2, interpolation=cv2.INTER_AREA)
                    pixels = np.asarray(smaller, np.uint8)
                key = f"{count:08d}_{photograph.name}".encode(errors="surrogateescape")[:500]
                database.put(key, raw_datum(np.ascontiguousarray(pixels), photograph.label or 0))
                count += 1
                done(count)
    height, width = (options.lmdb_size,) * 2 if options.lmdb_size else subject.size
    results.say(f"wrote {options.lmdb}: {count} pictures of {height} x {width} with their labels")
