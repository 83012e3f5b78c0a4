#!/usr/bin/env python3
"""Changes Caffe nets: what learns, names, sizes, train_val to deploy. All other bytes stay as they are."""

from __future__ import annotations

import argparse
import io
import logging
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from pycaffe_ext import cli
from pycaffe_ext.errors import FileError, OptionError
from pycaffe_ext.surgery import Request, learning_table, operations, perform
from pycaffe_ext.text import Document
from pycaffe_ext.text.diff import unified_diff

DEFAULT_NET = "train_val.prototxt"

NOTES = """\
Options that change nets apply in the order given. A PATTERN is a shell glob over layer names (quote it):
'conv*', 'res5?_branch*', '*'. Layers of one name, as TRAIN/TEST pairs are, change together.
Options on what learns that follow one another are one wish: --freeze-all --unfreeze fc8 leaves fc8 as it is.

Freezing writes lr_mult: 0 for each parameter of a layer, and adds the param blocks (V1: blobs_lr) that are missing.
BatchNorm also gets use_global_stats: true; unfreezing takes that away, but its lr_mult stays 0, as Caffe demands.
decay_mult stays as it is: with lr_mult 0 it has no effect. --unfreeze also frees what the net itself held fixed.

--rename gives a new name to the layer, and to its top where that bears the layer's name, wherever it is used.
Weights are then not loaded into it, as is wanted for a new last layer; with another --num-output and the old
name, loading them would fail on the shape.

--to-deploy keeps what predictions need: data layers become Input layers (batch 1), SoftmaxWithLoss becomes
Softmax "prob", SigmoidCrossEntropyLoss Sigmoid; other losses, metrics, side heads with a smaller loss_weight on
the same labels, and layers for labels alone go; TRAIN/TEST pairs are resolved, BatchNorm never uses the batch's
statistics. The rest stays as it is, fillers included.

examples:
  %(prog)s --freeze-all --unfreeze fc8 -o finetune.prototxt
  %(prog)s train_val.prototxt --rename fc8=fc8_coins --num-output fc8_coins=2 --lr-mult fc8_coins=10,20 --dry-run
  %(prog)s train_val.prototxt deploy.prototxt --rename fc8=fc8_coins --num-output fc8_coins=2 --in-place
  %(prog)s train_val.prototxt --to-deploy --input-shape 1,3,227,227 -o deploy.prototxt
  %(prog)s train_val.prototxt            (only shows what learns)
"""


class _InOrder(argparse.Action):
    """Notes an option with its value, behind those that came before it."""

    def __call__(self, parser: Any, namespace: Any, values: Any, option_string: str | None = None) -> None:
        namespace.requests.append(Request(self.option_strings[0], values if isinstance(values, str) else ""))


def parse(arguments: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, epilog=NOTES, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("nets", nargs="*", metavar="NET", help=f"prototxt files of nets (default: {DEFAULT_NET})")
    where = parser.add_argument_group("where the result goes").add_mutually_exclusive_group()
    where.add_argument("-o", "--output", metavar="OUT", help="file to write, of a single net; may be the net itself")
    where.add_argument("--out-dir", metavar="DIR", help="folder to write to, under the nets' own names")
    where.add_argument("--in-place", action="store_true", help="write over the nets")
    where.add_argument("--dry-run", action="store_true", help="write nothing, show the changes as a unified diff")
    for operation in operations():
        group = parser.add_argument_group((operation.__doc__ or "").rstrip("."))
        for option in operation.options:
            takes = {"metavar": option.metavar} if option.metavar else {"nargs": 0}
            group.add_argument(option.flag, action=_InOrder, dest="requests", default=[], help=option.help, **takes)
    return parser.parse_intermixed_args(arguments)


def targets(options: argparse.Namespace, nets: Sequence[str]) -> list[str]:
    """Where each net's result goes; nothing for a dry run or where nothing is asked for."""
    if options.dry_run:
        return []
    if options.output:
        if len(nets) > 1:
            raise OptionError(f"-o takes one net, not {len(nets)}; use --out-dir or --in-place")
        if Path(options.output).is_dir():
            raise OptionError(f"-o takes a file, '{options.output}' is a folder; use --out-dir")
        return [options.output]
    if options.in_place:
        return list(nets)
    if options.out_dir:
        names = [Path(net).name for net in nets]
        if len(set(names)) < len(names):
            raise OptionError("two of the nets have one name, so --out-dir cannot hold both")
        try:
            Path(options.out_dir).mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise FileError(options.out_dir, f"cannot be made: {error.strerror}") from error
        return [str(Path(options.out_dir) / name) for name in names]
    if options.requests:
        raise OptionError("say where the result goes: -o OUT, --out-dir DIR, --in-place, or see it with --dry-run")
    return []


def show_diff(before: Document, after: Document) -> None:
    """A unified diff on standard output, to the byte, in colour on a terminal."""
    colours = {"+": "\033[32m", "-": "\033[31m", "@": "\033[36m"} if sys.stdout.isatty() else {}
    for line in unified_diff(before, after):
        if line[0] in colours:
            line = f"{colours[line[0]]}{line[:-1]}\033[0m\n"
        sys.stdout.buffer.write(line.encode("utf-8", "surrogateescape"))


def main(arguments: Sequence[str]) -> None:
    options = parse(arguments)
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")  # names may hold bytes that are not UTF-8
    nets = options.nets or [DEFAULT_NET]
    befores = [Document.read(net) for net in nets]
    afters = [perform(document, options.requests) for document in befores]
    for target, after in zip(targets(options, nets), afters, strict=False):  # none, or one for each net
        after.write(target)
    for before, after in zip(befores, afters, strict=True):
        if options.dry_run:
            show_diff(before, after)
        else:
            print(f"{before.file}:\n" * (len(nets) > 1) + learning_table(after))


if __name__ == "__main__":
    sys.exit(cli.run(main))
