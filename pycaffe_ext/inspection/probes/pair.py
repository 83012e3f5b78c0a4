"""Whether the net can tell two pictures apart at all, and from which layer on not.

Both go through the net; at each layer their distance stands beside that which a little noise on them makes. With one
picture only, its mirror image (or what --transform says) is the other.
"""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING, Any

from ..subject_options import add_subject, open_subject

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ..results import Cell, Results
    from ..subject import Subject
    from ..telling_apart import LayerDistance

EXAMPLES = """\
probe.py pair deploy.prototxt left.jpg right.jpg --weights net.caffemodel --mean 104,117,123
probe.py pair deploy.prototxt head.jpg --weights net.caffemodel --transform mirror
"""


def add_options(parser: argparse.ArgumentParser) -> None:
    add_subject(parser)
    parser.add_argument("first", metavar="A", help="a picture")
    parser.add_argument("second", metavar="B", nargs="?", help="another (default: A, changed)")
    parser.add_argument(
        "--transform", metavar="T", default="mirror",
        help="mirror, rotate:DEGREES, shift:PIXELS, scale:FACTOR: what makes B of A (default: %(default)s)",
    )  # fmt: skip
    parser.add_argument("--blob", metavar="NAME", action="append", help="measure this one; may be repeated")
    parser.add_argument("--all", action="store_true", help="all blobs, not only those that every path passes")
    parser.add_argument(
        "--noise", metavar="X", type=float, default=2.0,
        help="standard deviation of the noise to compare with, in grey levels (default: %(default)s)",
    )  # fmt: skip


def run(options: argparse.Namespace, results: Results) -> None:
    from ...errors import OptionError
    from ..photographs import Photographs
    from ..symmetry.transforms import Transform
    from ..telling_apart import distances
    from ..waists import measured_blobs

    if options.noise <= 0:
        raise OptionError("--noise is above 0")
    transform = Transform.parse(options.transform)
    paths = [options.first, *([options.second] if options.second else [])]
    pictures = [Photographs(path)[0].pixels for path in paths]
    subject = open_subject(options)
    seen = subject.seen(pictures)
    if len(seen) == 1:
        seen.append(transform.of_picture(seen[0]))
        paths.append(f"{options.first}, {transform.done}")
    blobs = measured_blobs(subject, options.blob, everything=options.all)
    inputs = [subject.scaling.apply(pixels, subject.channels) for pixels in seen]
    layers, found = distances(subject, inputs[0], inputs[1], blobs, noise=options.noise)
    rows: list[list[Cell]] = [
        [layer.blob, "x".join(map(str, layer.shape)), layer.distance, layer.noise, layer.largest] for layer in layers
    ]
    header = ["blob", "shape", "distance", "by noise", "largest difference"]
    results.table("pair", header, rows, "How far apart the two pictures are, and how far noise moves them")
    answers = [_answer(subject, scores) for scores in found[subject.output]]
    for path, answer in zip(paths, answers, strict=True):
        results.say(f"{path}: {answer}")
    results.picture(
        "pair",
        _picture(layers, seen, [path.rsplit("/", 1)[-1] for path in paths], options.noise),
        "The two pictures as the net sees them. Where the line of their distance runs below that of noise, the net "
        "tells them apart no better than a picture from itself.",
    )
    results.say(_verdict(layers, options.noise))


def _verdict(layers: Sequence[LayerDistance], noise: float) -> str:
    from ..telling_apart import lost_from

    equal, near = lost_from(layers, exactly=True), lost_from(layers)
    if equal:
        return (
            f"From {equal} on both pictures give the same numbers (but for rounding): the net cannot tell them apart."
        )
    if near:
        return (
            f"From {near} on they are no further apart than a picture and itself with noise of {noise:g} grey levels."
        )
    last = layers[-1]
    times = f"{last.distance / last.noise:.3g} times" if last.noise else "infinitely many times"
    return f"The net tells them apart: at {last.blob} they are {times} as far apart as noise moves them."


def _answer(subject: Subject, scores: Any) -> str:
    """The three highest outputs, where the net gives one number per class."""
    import numpy as np

    if np.prod(scores.shape[1:]) > 1 or len(scores) < 2:
        return f"output {subject.output} of {'x'.join(map(str, scores.shape))}"
    flat = scores.reshape(-1)
    best = np.argsort(-flat, kind="stable")[:3]
    return ", ".join(f"{subject.class_name(int(label))} {flat[label]:.3g}" for label in best)


def _picture(layers: Sequence[LayerDistance], seen: Sequence[Any], names: Sequence[str], noise: float) -> bytes:
    from ..figures import COLOURS, new_figure, png, show_image

    figure = new_figure(max(9.0, 0.3 * len(layers) + 4.5), 4.6)
    parts = figure.subfigures(1, 2, width_ratios=[1, max(2.2, 0.09 * len(layers) + 1.2)], squeeze=False)[0]
    for panel, pixels, name in zip(parts[0].subplots(2, 1), seen, names, strict=True):
        show_image(panel, pixels, name if len(name) < 34 else f"...{name[-30:]}")
    panel = parts[1].subplots()
    places = range(len(layers))
    panel.plot(places, [layer.distance for layer in layers], "o-", color=COLOURS[0], label="the two pictures")
    panel.plot(
        places, [layer.noise for layer in layers], "s--", color=COLOURS[1],
        label=f"a picture and itself\nwith noise of {noise:g} grey levels",
    )  # fmt: skip
    panel.set_xticks(places, [layer.blob for layer in layers], rotation=90 if len(layers) > 6 else 30, fontsize=8)
    panel.set_xlabel("blob, from the input to the output", fontsize=9)
    panel.set_ylabel("distance (0: equal, 1.4: nothing in common)", fontsize=9)
    panel.set_ylim(-0.03, 1.45)
    panel.grid(axis="y", color="0.9")
    panel.legend(fontsize=8)
    panel.set_title("How far apart the net's layers put them", fontsize=10)
    return png(figure)
