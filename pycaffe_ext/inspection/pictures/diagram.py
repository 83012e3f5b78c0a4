"""The net as a diagram (SVG and PNG) that shows at a glance what is frozen.

Layers that work in place share a box with the layer whose blob they change. Orange layers learn, the darker the
higher their lr_mult; blue ones are frozen. Dashed edges carry no gradient back, dashed boxes are in one phase alone.
Each box says what the layer does, how many parameters it has, and the shape of what it makes, without the batch.
Layout is Graphviz's (Debian package graphviz).
"""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ..results import Results

EXAMPLES = """\
visualize.py diagram train_val.prototxt
visualize.py diagram deploy.prototxt --direction LR -o pictures
"""


def add_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("net", metavar="NET", help="a prototxt, deploy or train_val")
    parser.add_argument("--direction", choices=("TB", "LR"), default="TB", help="input above, or on the left")


def run(options: argparse.Namespace, results: Results) -> None:
    from ...atomic import write_bytes
    from ...text import Document
    from ..diagram import boxes_of, diagram

    document = Document.read(options.net)
    graph = diagram(document, direction=options.direction)
    svg, png = graph.create("svg"), graph.create("png")
    write_bytes(results.folder / "diagram.svg", svg)
    results.say(f"wrote {results.folder / 'diagram.svg'}")
    results.picture("diagram", png, _CAPTION)
    rows = [
        [line.name, line.words, line.phase or "both", line.parameters, " ".join(map(_rate, line.rates)), _shape(box)]
        for box in boxes_of(document)
        for line in box.lines
    ]
    results.csv("diagram", ["layer", "what it does", "phase", "parameters", "lr_mult", "shape"], rows)


def _rate(rate: float | None) -> str:
    return "statistics" if rate is None else f"{rate:g}"


def _shape(box: object) -> str:
    shape = getattr(box, "shape", None)
    return "" if shape is None else "x".join(map(str, shape))


_CAPTION = (
    "The net, from its data to its losses. Orange layers learn, blue ones are frozen; dashed edges carry no gradient "
    "back; dashed boxes are in one phase alone. Each box names its layers (those in place below the one whose blob "
    "they change), their parameters, and the shape of what comes out, without the batch."
)
