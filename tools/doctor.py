#!/usr/bin/env python3
"""Looks a Caffe net over before training: finds mistakes in net, solver, weights and databases, and says what to do."""

from __future__ import annotations

import argparse
import io
import json
import shutil
import subprocess
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from pycaffe_ext import cli
from pycaffe_ext.errors import OptionError
from pycaffe_ext.text import Document

if TYPE_CHECKING:
    from pycaffe_ext.doctor import Case

T = TypeVar("T")

NOTES = """\
What it looks for:
  names and shapes of parameters against --weights; two layers of one name; an activation on the scores that a loss
  takes; softmax where it does not belong, or none in deploy; labels that are no class; image and label databases of
  other length, keys or size; random crop or mirror on images whose labels another layer loads; mirror: true with
  classes that mirror each other (by name, and measured on the images); classes of very different frequency; BatchNorm
  that learns or is frozen by halves; frozen layers that learn or save no time; mean files of the wrong size; scale and
  mean that differ between phases; test_iter that does not cover the test set; fields and types of Caffe forks; memory;
  whatever else keeps Caffe from building the net.

Each finding names file and line, what is wrong, how it shows in training, and the remedy, as a command where there is
one. Databases are looked for as the net names them: from the current folder, then beside the net and in the folders
above it; --db says where they lie else. What is not there is not checked, and named at the end.

Exit status: 0 nothing worse than warnings, 1 errors found, 2 wrong usage or an unreadable file.

examples:
  %(prog)s train_val.prototxt
  %(prog)s train_val.prototxt --solver solver.prototxt --weights caffenet.caffemodel --deploy deploy.prototxt
  %(prog)s train_val.prototxt --db data/train_lmdb=/big/train_lmdb --gpu-memory 8
  %(prog)s train_val.prototxt --write-class-weights class_weights.binaryproto
  %(prog)s train_val.prototxt --json > findings.json
"""


def parse(arguments: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, epilog=NOTES, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("net", metavar="NET", help="prototxt file of a net, train_val or deploy")
    parser.add_argument("--solver", metavar="S", help="its solver: test_iter, phases' states, the type for memory")
    parser.add_argument("--weights", metavar="W", help="what training would start from: .caffemodel or .caffemodel.h5")
    parser.add_argument("--deploy", metavar="D", help="the deploy net that belongs to NET, to compare the two")
    parser.add_argument(
        "--db",
        metavar="[SOURCE=]PATH",
        action="append",
        default=[],
        help="where the database or list lies that NET calls SOURCE; without SOURCE the one of the same name",
    )
    parser.add_argument("--gpu-memory", metavar="GB", type=float, help="of the GPU (default: what nvidia-smi says)")
    parser.add_argument(
        "--sample",
        metavar="N",
        type=int,
        default=2000,
        help="images or label maps of each database to look at, evenly spread; 0: all (default: %(default)s)",
    )
    parser.add_argument(
        "--write-class-weights", metavar="FILE", help="write the matrix for InfogainLoss, and show the layer to paste"
    )
    parser.add_argument("--json", action="store_true", help="print JSON instead of a page")
    options = parser.parse_args(arguments)
    if options.sample < 0 or (options.gpu_memory is not None and not options.gpu_memory > 0):
        parser.error("--sample is 0 or more, and --gpu-memory more than 0")
    return options


def databases(document: Document, given: Sequence[str]) -> dict[str, str]:
    """The paths of --db by the source that the net names."""
    from pycaffe_ext.model.view import NetView
    from pycaffe_ext.text import Message

    layers = NetView(document).layers
    messages = [value for layer in layers for field in layer.body.fields for value in field.values]
    sources = list(dict.fromkeys(one.text_of("source") for one in messages if isinstance(one, Message)))
    found = {}
    for text in given:
        source, equals, path = text.partition("=")
        if not equals:
            alike = [one for one in sources if one and Path(one).name == Path(text).name]
            if len(alike) != 1:
                named = ", ".join(f"'{one}'" for one in sources if one) or "no source"
                raise OptionError(f"--db {text}: say which source it stands for, SOURCE={text}; the net names {named}")
            source, path = alike[0], text
        elif source not in sources:
            named = ", ".join(f"'{one}'" for one in sources if one) or "no source"
            raise OptionError(f"--db {text}: the net has no source '{source}'; it names {named}")
        if not Path(path).exists():
            raise OptionError(f"--db {text}: '{path}' does not exist")
        found[source] = path
    return found


def gpu_memory() -> float | None:
    """Bytes of the first GPU; None where nvidia-smi says nothing."""
    command = ["nvidia-smi", "--query-gpu=memory.total", "--format=csv,noheader,nounits"]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=10, check=True)
        return float(done.stdout.splitlines()[0]) * 2**20
    except (OSError, subprocess.SubprocessError, ValueError, IndexError):
        return None


def progress(items: Iterable[T], total: int, what: str) -> Iterable[T]:
    """A bar on standard error, on a terminal, for what takes long."""
    if not sys.stderr.isatty():
        return items
    from rich.console import Console
    from rich.progress import track

    return track(items, what, total, console=Console(stderr=True), transient=True)


def write_class_weights(case: Case, path: str) -> str:
    """Writes the matrix; returns the layer that takes it."""
    from pycaffe_ext.doctor.class_weights import loss_text, median_frequency, write_class_weights
    from pycaffe_ext.doctor.classes import SOFTMAX_LOSSES, class_uses
    from pycaffe_ext.doctor.label_counts import label_counts

    uses = [use for use in class_uses(case, case.train) if use.layer.type in SOFTMAX_LOSSES and use.classes]
    counted = [(use, counts) for use in uses if (counts := label_counts(case, use)) is not None]
    if not counted:
        raise OptionError(
            f"--write-class-weights: no SoftmaxWithLoss of {case.file} has labels that can be read; say where they lie"
            " with --db SOURCE=PATH"
        )
    use, counts = counted[-1]
    assert use.classes is not None
    write_class_weights(path, median_frequency(counts, use.classes, use.ignore))
    return loss_text(use, path)


def main(arguments: Sequence[str]) -> int:
    options = parse(arguments)
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")  # names may hold bytes that are not UTF-8
    document = Document.read(options.net)
    from pycaffe_ext.doctor import Case, Severity, examine
    from pycaffe_ext.doctor.page import as_json, as_text
    from pycaffe_ext.doctor.solver_file import SolverFile
    from pycaffe_ext.surgery.weights import Weights

    memory = options.gpu_memory * 1e9 if options.gpu_memory is not None else gpu_memory()
    case = Case(
        document,
        solver=SolverFile(options.solver) if options.solver else None,
        weights=Weights.read(options.weights) if options.weights else None,
        deploy=Document.read(options.deploy) if options.deploy else None,
        databases=databases(document, options.db),
        gpu_memory=memory,
        sample=options.sample,
        progress=progress,
    )
    if not case.net.layers:
        raise OptionError(f"{options.net}: holds no layers; is this the net and not the solver?")
    layer = write_class_weights(case, options.write_class_weights) if options.write_class_weights else ""
    report = examine(case)
    if options.json:
        content = as_json(report) | ({"class_weights_layer": layer} if layer else {})
        print(json.dumps(content, indent=2, ensure_ascii=True))
    else:
        width = min(120, shutil.get_terminal_size((100, 24)).columns)
        print(as_text(report, width=width, colour=sys.stdout.isatty()))
        if layer:
            print(f"\n{options.write_class_weights}: written. In the place of the loss:\n\n{layer}")
    return 1 if report.count(Severity.ERROR) else 0


if __name__ == "__main__":
    sys.exit(cli.run(main))
