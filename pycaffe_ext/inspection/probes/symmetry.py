"""What each layer makes of a mirror image (or a turned, shifted, scaled one), and where to unfreeze from.

Each picture and its changed copy go through the net. Invariance: the layer gives the same vector for both.
Equivariance: it gives the same map, changed as the picture was. Both are 1 where exact and 0 where the two are as far
apart as unrelated pictures. A linear classifier is then taught on each layer to tell copies from originals, or, with
--swaps left,right, the two classes that a mirror exchanges; pictures are held out together with their copies. What
follows the last layer that still tells them apart has to learn anew, and the command that unfreezes it is printed.

Pictures that could face either way say nothing with a read-out of "mirrored or not": name two classes by --swaps, or
show pictures that all face one way.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from ..counts import at_least_one
from ..photographs import add_photographs, open_photographs
from ..subject_options import add_subject, open_subject

if TYPE_CHECKING:
    from ..photographs import Photographs
    from ..results import Cell, Results
    from ..symmetry.measure import LayerSymmetry
    from ..symmetry.transforms import Transform

EXAMPLES = """\
probe.py symmetry deploy.prototxt --weights net.caffemodel --mean 104,117,123 --images photos/ --no-readout
probe.py symmetry train_val.prototxt --weights net.caffemodel --images coins/ --swaps left,right
probe.py symmetry deploy.prototxt --weights net.caffemodel --images photos/ --transform rotate:15
"""


def add_options(parser: argparse.ArgumentParser) -> None:
    add_subject(parser)
    add_photographs(parser)
    group = parser.add_argument_group("symmetry")
    group.add_argument(
        "--transform",
        metavar="T",
        default="mirror",
        help="mirror, rotate:DEGREES, shift:PIXELS, scale:FACTOR (default: %(default)s)",
    )
    group.add_argument("--swaps", metavar="A,B", help="two classes (names or numbers) that the change swaps")
    group.add_argument("--no-readout", action="store_true", help="measure agreement only")
    group.add_argument("--blob", metavar="NAME", action="append", help="measure this one; may be repeated")
    group.add_argument("--all", action="store_true", help="all blobs, not only those that every path passes")
    group.add_argument(
        "--most", metavar="N", type=int, default=4096, help="numbers per read-out (default: %(default)s)"
    )
    group.add_argument("--folds", metavar="N", type=int, default=5, help="of cross-validation (default: %(default)s)")
    group.add_argument("--batch", metavar="N", type=int, default=8, help="pictures at a time (default: %(default)s)")


def run(options: argparse.Namespace, results: Results) -> None:
    from ...errors import OptionError
    from ...progress import counting
    from ..symmetry.advice import advise, first_asymmetric
    from ..symmetry.measure import measure_symmetry
    from ..symmetry.picture import symmetry_picture
    from ..symmetry.transforms import Transform
    from ..waists import measured_blobs

    at_least_one(options, "batch", "most")
    if options.folds < 2:
        raise OptionError("--folds is at least 2")
    transform = Transform.parse(options.transform)
    photographs = open_photographs(options)
    swaps = _swapped(options.swaps, photographs) if options.swaps else None
    subject = open_subject(options)
    blobs = measured_blobs(subject, options.blob, everything=options.all)
    with counting("showing", len(photographs)) as done:
        layers = measure_symmetry(
            subject, photographs, transform, blobs, swaps=swaps, readout=not options.no_readout,
            most=options.most, folds=options.folds, batch=options.batch, done=done,
        )  # fmt: skip
    header = ["blob", "shape", "invariance", "equivariance", "averages"]
    header += [] if options.no_readout else ["read-out", "+-", "of averages"]
    rows: list[list[Cell]] = [
        [
            layer.blob, "x".join(map(str, layer.shape)), layer.invariance.agreement, layer.equivariance.agreement,
            layer.content.agreement, *_told_apart(layer),
        ]
        for layer in layers
    ]  # fmt: skip
    caption = f"Features of {len(photographs)} pictures and of their {transform.done} copies"
    results.table("symmetry", header, rows, f"{caption}: 1 is agreement, 0 is like unrelated pictures.")
    seen = f"{caption}. Curves at 1: nothing changes (squares) or the map changes along with the picture (circles)."
    told = "" if options.no_readout else " Below: how often a linear classifier tells the two apart, on held-out ones."
    title = f"{subject.net.name or options.net}: {len(photographs)} pictures and their {transform.done} copies"
    results.picture("symmetry", symmetry_picture(layers, title, transform.done), seen + told)
    asymmetric = first_asymmetric(layers)
    results.say(
        f"The first blob that is not {transform.done} along with the picture: {asymmetric}."
        if asymmetric
        else f"Every blob is {transform.done} along with the picture."
    )
    advice = None if options.no_readout else advise(subject, layers)
    results.numbers("symmetry", _numbers(transform, layers) | ({"advice": advice._asdict()} if advice else {}))
    if advice:
        results.say(advice.text)
        results.commands([advice.line])


def _told_apart(layer: LayerSymmetry) -> tuple[float, ...]:
    if not layer.readout or not layer.of_averages:
        return ()
    return layer.readout.accuracy, layer.readout.error, layer.of_averages.accuracy


def _numbers(transform: Transform, layers: Sequence[LayerSymmetry]) -> dict[str, Any]:
    """All that was measured, cosines too: of a picture and its copy, of the map moved along, of strangers."""
    found = [
        {
            "blob": layer.blob,
            "shape": layer.shape,
            **{
                name: {"agreement": pairs.agreement, "cosine": pairs.cosine, "unrelated": pairs.cosine_of_strangers}
                for name, pairs in (
                    ("invariance", layer.invariance), ("equivariance", layer.equivariance), ("averages", layer.content)
                )
            },
            **{
                name: {"accuracy": readout.accuracy, "error": readout.error, "folds": readout.of_folds}
                for name, readout in (("readout", layer.readout), ("readout_of_averages", layer.of_averages))
                if readout
            },
        }
        for layer in layers
    ]  # fmt: skip
    return {"transform": transform.text, "pictures": layers[0].invariance.count, "blobs": found}


def _swapped(text: str, photographs: Photographs) -> tuple[int, int]:
    from ...errors import OptionError, UnknownNameError

    names = text.split(",")
    if len(names) != 2 or names[0] == names[1]:
        raise OptionError(f"--swaps names two classes, such as left,right, not '{text}'")
    labels = []
    for name in names:
        if name in photographs.classes:
            labels.append(photographs.classes.index(name))
        elif name.isdigit():
            labels.append(int(name))
        else:
            raise UnknownNameError("class", name, photographs.classes, where="--swaps")
    return labels[0], labels[1]
