#!/usr/bin/env python3
"""Runs a net on both engines, ours and real Caffe, and shows how far apart they are, layer by layer."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from dataclasses import asdict
from math import prod
from typing import TYPE_CHECKING

from pycaffe_ext import cli
from pycaffe_ext.bvlc import Place
from pycaffe_ext.bvlc.flags import add_place, place_of
from pycaffe_ext.errors import OptionError

if TYPE_CHECKING:
    from pycaffe_ext.jobs.parity import Parity, Row

_EPILOG = """\
A difference is the largest absolute one, as a part of real Caffe's largest value in that blob. Errors add up from
layer to layer: the first row above the tolerance is the place to look. Behind it, the share of numbers that
differ by more than 1e-5: a few that differ a lot, in diffs alone, are near ties in max pooling, or numbers near 0
before a ReLU, where rounding decides which way a diff goes. Without WEIGHTS both engines start from
what our fillers draw; inputs hold normal random numbers unless --input says otherwise. Dropout is left out.
Ends with status 1 where a difference is above the tolerance.

examples:
  parity.py deploy.prototxt net.caffemodel --caffe-python /usr/bin/python3
  parity.py train_val.prototxt net.caffemodel --phase TRAIN --backward --docker
  parity.py deploy.prototxt net.caffemodel --input photo.jpg --caffe-chroot /opt/real-caffe
  parity.py solver.prototxt net.caffemodel --steps 25 --caffe-chroot /opt/real-caffe
"""


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        description=__doc__, epilog=_EPILOG, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("net", metavar="NET.prototxt", help="a net; with --steps a solver")
    parser.add_argument("weights", metavar="WEIGHTS.caffemodel", nargs="*")
    parser.add_argument("--phase", choices=("TRAIN", "TEST"), default="TEST", help="default: %(default)s")
    parser.add_argument("--backward", action="store_true", help="diffs of blobs and parameters too")
    parser.add_argument("--steps", metavar="N", type=int, help="parameters after N steps of a solver")
    parser.add_argument(
        "--input", metavar="[BLOB=]FILE", action="append", default=[], help="an image, or an array in a .npy file"
    )
    parser.add_argument("--seed", type=int, default=1, help="of inputs and fillers; default: %(default)s")
    parser.add_argument("--tolerance", type=float, default=1e-5, help="default: %(default)s")
    parser.add_argument("--json", action="store_true", help="print JSON instead of a table")
    add_place(parser, "where real Caffe is")
    return parser


def main(arguments: Sequence[str]) -> int:
    options = _parser().parse_args(arguments)
    from pycaffe_ext.jobs import parity  # brings torch, which --help can do without

    place = place_of(options) or Place()
    if options.steps is not None:
        if options.steps < 1 or options.input or options.backward:
            raise OptionError("--steps takes a number from 1 on, of a solver, and neither --input nor --backward")
        found = parity.compare_steps(options.net, options.weights, place=place, steps=options.steps, seed=options.seed)
    else:
        found = parity.compare_net(
            options.net,
            options.weights,
            _inputs(options),
            place=place,
            phase=options.phase,
            backward=options.backward,
            seed=options.seed,
        )
    if options.json:
        rows = [asdict(row) for row in found.rows]
        print(json.dumps({"largest": found.largest, "notes": found.notes, "rows": rows}, indent=1))
    else:
        _print(found, options.tolerance)
    return 1 if found.first_above(options.tolerance) else 0


def _inputs(options: argparse.Namespace) -> dict[str, object]:
    if not options.input:
        return {}
    from pycaffe_ext.engine.net import Net
    from pycaffe_ext.inspection.inputs import read_input
    from pycaffe_ext.jobs.parity import PHASES

    net = Net(options.net, PHASES[options.phase])
    shapes = {name: net.blobs[name].shape for name in net.inputs}
    net.close()
    found = {}
    for text in options.input:
        blob, _, file = text.partition("=") if text.partition("=")[0] in shapes else ("", "", text)
        if not blob and len(shapes) != 1:
            raise OptionError(
                f"--input {file}: say for which blob, BLOB=FILE; inputs are {', '.join(shapes) or 'none'}"
            )
        name = blob or next(iter(shapes))
        found[name] = read_input(file, shapes[name])
    return found


def _print(found: Parity, tolerance: float) -> None:
    from rich import box
    from rich.console import Console
    from rich.table import Table

    console = Console(highlight=False, markup=False)
    if not console.is_terminal:
        console = Console(highlight=False, markup=False, width=120)
    table = Table(box=box.SIMPLE_HEAD)
    for header in ("layer", "type", "what", "blob", "shape", "difference", "above 1e-5"):
        right = header in ("difference", "above 1e-5")
        table.add_column(header, justify="right" if right else "left", overflow="fold")
    first = found.first_above(tolerance)
    for row in found.rows:
        mark = " <" if row is first else ""
        shape = " x ".join(map(str, row.shape)) or "1"
        table.add_row(row.layer, row.type, row.what, row.name, shape, f"{row.difference:.2g}{mark}", _share(row))
    console.print(table)
    for note in found.notes:
        console.print(note)
    if first:
        console.print(
            f"Largest difference {found.largest:.2g}; the first above {tolerance:g} is in layer '{first.layer}'"
            f" ({first.what} {first.name})"
        )
    else:
        console.print(f"Largest difference {found.largest:.2g}, everywhere at most {tolerance:g}")


def _share(row: Row) -> str:
    return f"{row.above} of {prod(row.shape)}" if row.above else ""


if __name__ == "__main__":
    sys.exit(cli.run(main))
