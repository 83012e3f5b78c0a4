"""Memory and computation of a net, layer by layer, from shapes alone.

Counted are multiply-accumulates (MACs; the FLOPs of most papers are these, of others twice as many), other operations,
parameters, and bytes: of blobs, of their diffs and of what learning keeps (diffs and history of parameters) where the
net is one that trains, and of what layers keep for themselves (masks, norms, im2col's buffer). Nothing is run.
"""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ..results import Results

EXAMPLES = """\
probe.py cost deploy.prototxt --batch 1
probe.py cost train_val.prototxt --solver solver.prototxt --batch 128
"""


def add_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("net", metavar="NET", help="a prototxt, deploy or train_val")
    parser.add_argument("--batch", metavar="N", type=int, help="images at once (default: as the net says)")
    parser.add_argument("--input-shape", metavar="N,C,H,W", help="as a deploy net with this input")
    parser.add_argument("--phase", choices=("TRAIN", "TEST"), help="default: TRAIN, for a deploy net TEST")
    parser.add_argument("--solver", metavar="FILE", help="its type says how much history is kept")
    parser.add_argument("--all", action="store_true", help="print layers without parameters or MACs too")


def run(options: argparse.Namespace, results: Results) -> None:
    from contextlib import closing

    from ...doctor import Case
    from ...doctor.solver_file import SolverFile
    from ...surgery import Request, perform
    from ...text import Document
    from ..cost import cost_of, with_batch
    from ..cost.output import cost_picture, layer_rows, numbers, totals

    document = Document.read(options.net)
    if options.input_shape is not None:
        document = perform(document, [Request("--to-deploy"), Request("--input-shape", options.input_shape)])
    if options.batch is not None:
        document = with_batch(document, options.batch)
    with closing(Case(document, solver=SolverFile(options.solver) if options.solver else None)) as case:
        cost = cost_of(case, options.phase)
    results.table(
        "cost",
        *layer_rows(cost, everything=options.all),
        caption="Layers, whole batch; millions of MACs and operations, MB:",
    )
    for text in totals(cost):
        results.say(text)
    title = f"{document.root.text_of('name') or options.net}: batch of {cost.batch}, {cost.phase}"
    results.picture("cost", cost_picture(cost, title), _CAPTION)
    results.numbers("cost", numbers(cost))


_CAPTION = (
    "Each layer with parameters or multiply-accumulates, input first: how much it computes in a pass forward, the "
    "memory of its blobs (with their diffs where it trains, and what the layer keeps), and how many parameters it has."
)
