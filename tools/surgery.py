#!/usr/bin/env python3
"""Changes Caffe nets and their weights together: what learns, heads, structure, forms. All other bytes stay."""

from __future__ import annotations

import argparse
import io
import logging
import sys
from collections.abc import Sequence
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pycaffe_ext import cli
from pycaffe_ext.errors import CaffeError, FileError, OptionError
from pycaffe_ext.surgery import Request, Step, learning_table, operations, steps
from pycaffe_ext.text import Document
from pycaffe_ext.text.diff import unified_diff

if TYPE_CHECKING:
    from pycaffe_ext.surgery import Weights

DEFAULT_NET = "train_val.prototxt"
NEAR = 1e-5
INPUT_HELP = "image or .npy (N x C x H x W) on which equivalences are compared as well, beside random numbers"

NOTES = """\
Options that change nets apply in the order given. A PATTERN is a shell glob over layer names (quote it):
'conv*', 'res5?_branch*', '*'. Layers of one name, as TRAIN/TEST pairs are, change together.
Options on what learns that follow one another are one wish: --freeze-all --unfreeze fc8 leaves fc8 as it is.

Freezing writes lr_mult: 0 for each parameter of a layer, and adds the param blocks (V1: blobs_lr) that are missing.
BatchNorm also gets use_global_stats: true; unfreezing takes that away, but its lr_mult stays 0, as Caffe demands.
decay_mult stays as it is: with lr_mult 0 it has no effect. --unfreeze also frees what the net itself held fixed.

--rename gives a new name to the layer, and to its top where that bears the layer's name, wherever it is used.
Weights of the old name are then not loaded into it, unless --weights brings them along. For a new last layer use
--replace-head: new name, number of outputs and filler, and no old weights.

With --weights the blobs follow the net: renamed with their layers, cut with the classes that stay, dropped where they
fit no more (Caffe then starts the layer from its fillers). What is not meant stays to the byte, unknown fields too; a
layer that the file has in another shape than the net is refused. Several nets share one weights file, changed once.
Options that say they change nothing about what a net computes are tried: both nets run on random inputs (and on
--input), and a relative difference above 1e-05 refuses to write without --force.

--to-deploy keeps what predictions need: data layers become Input layers (batch 1), SoftmaxWithLoss becomes
Softmax "prob", SigmoidCrossEntropyLoss Sigmoid; other losses, metrics, side heads with a smaller loss_weight on
the same labels, and layers for labels alone go; TRAIN/TEST pairs are resolved, BatchNorm never uses the batch's
statistics. The rest stays as it is, fillers included.

examples:
  %(prog)s --freeze-all --unfreeze fc8 -o finetune.prototxt
  %(prog)s train_val.prototxt --rename fc8=fc8_coins --num-output fc8_coins=2 --lr-mult fc8_coins=10,20 --dry-run
  %(prog)s train_val.prototxt deploy.prototxt --rename fc8=fc8_coins --num-output fc8_coins=2 --in-place
  %(prog)s train_val.prototxt --to-deploy --input-shape 1,3,227,227 -o deploy.prototxt
  %(prog)s deploy.prototxt --weights vgg.caffemodel --replace-head fc8=fc8_coins,2 \\
           -o coins.prototxt --save-weights coins.caffemodel
  %(prog)s deploy.prototxt --weights vgg.caffemodel --keep-classes fc8=207-215 --dry-run
  %(prog)s train_val.prototxt --insert-after conv1=BatchNorm --set 'conv*.convolution_param.bias_term=false' --in-place
  %(prog)s old.prototxt --weights old.caffemodel --upgrade --format -o new.prototxt --save-weights new.caffemodel
  %(prog)s deploy.prototxt --split-at pool5 --out-dir parts
  %(prog)s deploy.prototxt --diff other.prototxt
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
    weights = parser.add_argument_group("weights, changed along with the nets")
    weights.add_argument("--weights", metavar="IN", help="caffemodel (binary of any age, or .h5) of the nets")
    weights.add_argument("--save-weights", metavar="OUT", help="file for them afterwards; HDF5 if it ends in .h5")
    weights.add_argument("--input", metavar="FILE", action="append", default=[], help=INPUT_HELP)
    weights.add_argument("--force", action="store_true", help="write nets that compute something else than before")
    looking = parser.add_argument_group("looking, after all changes")
    looking.add_argument(
        "--diff", metavar="OTHER", help="how the net OTHER differs, by layer; exit status 1 if it does"
    )
    looking.add_argument("--receptive-field", action="store_true", help="a table of what each blob's numbers see")
    for operation in operations():
        group = parser.add_argument_group((operation.__doc__ or "").rstrip("."))
        for option in operation.options:
            is_optional = (option.metavar or "").startswith("[")
            takes = {"metavar": option.metavar} if option.metavar else {"nargs": 0}
            if is_optional:
                takes = {"metavar": (option.metavar or "").strip("[]"), "nargs": "?"}
            group.add_argument(option.flag, action=_InOrder, dest="requests", default=[], help=option.help, **takes)
    return parser.parse_intermixed_args(_nets_apart(arguments))


def _nets_apart(arguments: Sequence[str]) -> list[str]:
    """An option whose value may be left out does not take the file behind it for its value."""
    flags = {o.flag for operation in operations() for o in operation.options if (o.metavar or "").startswith("[")}
    pairs = zip(arguments, [*arguments[1:], ""], strict=False)
    return [f"{one}=" if one in flags and Path(after).is_file() else one for one, after in pairs]


def jobs(options: argparse.Namespace) -> tuple[list[str], list[Document], list[list[Request]]]:
    """Name, net and requests of each net to make: one for each given, several where it is split."""
    names, documents, requests = [], [], []
    by_flag = {option.flag: operation for operation in operations() for option in operation.options}
    splits = [(at, found) for at, one in enumerate(options.requests) if (found := by_flag[one.flag].parts(one))]
    if len(splits) > 1:
        raise OptionError("a net can be split once at a time")
    if splits and not (options.out_dir or options.dry_run):
        raise OptionError(f"{options.requests[splits[0][0]].flag} makes several nets; say where with --out-dir DIR")
    for net in options.nets or [DEFAULT_NET]:
        document = Document.read(net)
        for suffix, request in splits[0][1] if splits else [("", None)]:
            path = Path(net)
            names.append(str(path.with_name(f"{path.stem}_{suffix}{path.suffix}")) if suffix else net)
            documents.append(document)
            wishes = list(options.requests)
            if request:
                wishes[splits[0][0]] = request
            requests.append(wishes)
    return names, documents, requests


def show_differences(nets: Sequence[Document], options: argparse.Namespace) -> int:
    from pycaffe_ext.surgery.differences import differences_text

    if len(nets) > 1:
        raise OptionError(f"--diff compares one net with another, not {len(nets)}")
    text = differences_text(nets[0], Document.read(options.diff))
    print(text or "no difference")
    return 1 if text else 0


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


def read_weights(options: argparse.Namespace) -> Weights | None:
    if not options.weights:
        if options.save_weights:
            raise OptionError("--save-weights writes what comes of --weights IN; give both")
        return None
    if options.requests and not (options.save_weights or options.dry_run):
        raise OptionError("say where the weights go: --save-weights OUT, or see it with --dry-run")
    from pycaffe_ext.surgery import Weights  # not above: it brings numpy

    return Weights.read(options.weights)


def same_weights(nets: Sequence[str], done: Sequence[Sequence[Step]]) -> Weights | None:
    """The weights after all steps, on which all nets have to agree; they are changed once."""
    results = [steps[-1].weights_after for steps in done if steps]
    tables = [set(weights.changes()) for weights in results if weights is not None]
    for net, table in zip(nets[1:], tables[1:], strict=False):
        if differing := sorted({change.name for change in table ^ tables[0]}):
            raise OptionError(
                f"{nets[0]} and {net} want different weights for layer '{differing[0]}'; operate on one net at a time"
            )
    return results[0] if results else None


def prove(done: Sequence[Sequence[Step]], inputs: Sequence[str]) -> bool:
    """Runs the nets before and after each run of equivalences and prints how far they part; whether all are near."""
    is_near = True
    for net_steps in done:
        for is_equivalent, group in groupby(net_steps, key=lambda step: step.operation.equivalent):
            found = list(group)
            if is_equivalent and any(step.before.text != step.after.text for step in found):
                is_near &= show_difference(found, inputs)
    return is_near


def show_difference(found: Sequence[Step], inputs: Sequence[str]) -> bool:
    from pycaffe_ext.inspection.equivalence import compare  # not above: they bring torch
    from pycaffe_ext.inspection.inputs import read_input
    from pycaffe_ext.surgery.inputs import input_shapes
    from pycaffe_ext.surgery.proof import proof_of

    weights = [
        one.to_bytes() if one is not None else None for one in (found[0].weights_before, found[-1].weights_after)
    ]
    file = found[0].before.file
    flags = ", ".join(dict.fromkeys(request.flag for step in found for request in step.requests))
    try:
        proof = proof_of(found)
        shapes = input_shapes(Document(proof.before))
        if inputs and len(shapes) != 1:
            raise OptionError(f"--input is for nets of one input, {file} has {len(shapes)}")
        arrays = [{blob: read_input(path, shape)} for path in inputs for blob, shape in shapes.items()]
        hooks: dict[str, Any] = {"draw": proof.draw, "feed": proof.feed, "meet": proof.meet}
        result = compare(proof.before, weights[0], proof.after, weights[1], arrays, **hooks)
    except OptionError:
        raise
    except CaffeError as error:
        print(f"{file}: not proven that {flags} changes nothing: {error}")
        return False
    for row in result.rows:
        name = row.before if row.before == row.after else f"{row.before} -> {row.after}"
        print(f"{file}: {flags}: '{name}' differs by {row.difference:.2g} of its largest value")
    print(f"{file}: {flags}: largest relative difference {result.largest:.2g}")
    return result.largest <= NEAR


def table(net: Document, options: argparse.Namespace) -> str:
    if options.receptive_field:
        from pycaffe_ext.surgery.receptive_field import receptive_field_table  # not above: it brings protobuf

        return receptive_field_table(net)
    return learning_table(net)


def show_diff(before: Document, after: Document) -> None:
    """A unified diff on standard output, to the byte, in colour on a terminal."""
    colours = {"+": "\033[32m", "-": "\033[31m", "@": "\033[36m"} if sys.stdout.isatty() else {}
    for line in unified_diff(before, after):
        if line[0] in colours:
            line = f"{colours[line[0]]}{line[:-1]}\033[0m\n"
        sys.stdout.buffer.write(line.encode("utf-8", "surrogateescape"))


def main(arguments: Sequence[str]) -> int:
    options = parse(arguments)
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")  # names may hold bytes that are not UTF-8
    nets, befores, requests = jobs(options)
    weights = read_weights(options)
    done = [steps(document, wishes, weights) for document, wishes in zip(befores, requests, strict=True)]
    afters = [one[-1].after if one else before for one, before in zip(done, befores, strict=True)]
    if options.diff:
        return show_differences(afters, options)
    to = targets(options, nets)
    changed = same_weights(nets, done) or weights
    if not (prove(done, options.input) or options.force or options.dry_run):
        raise CaffeError(f"nothing is written: not within {NEAR:g} of what the net computed; --force writes it anyway")
    if changed is not None and options.save_weights and not options.dry_run:
        changed.write(options.save_weights)
    for target, after in zip(to, afters, strict=False):  # none, or one for each net
        after.write(target)
    for before, after in zip(befores, afters, strict=True):
        if options.dry_run:
            show_diff(before, after)
        else:
            print(f"{before.file}:\n" * (len(nets) > 1) + table(after, options))
    if changed is not None:
        from pycaffe_ext.surgery.weights_table import weights_table  # not above: it brings numpy

        print(f"\n{weights_table(changed)}")
    return 0


if __name__ == "__main__":
    sys.exit(cli.run(main))
