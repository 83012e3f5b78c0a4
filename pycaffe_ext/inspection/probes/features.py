"""Features of pictures: what blobs of one net or several hold for each, as .npz, HDF5 or LMDB.

Pictures go through in batches, and only a batch is in memory; files appear when they are whole. The pictures' labels
(from folders per class, lists or databases) and names go along. HDF5 comes with the list that Caffe's HDF5Data layer
reads, LMDBs hold float Datums under the keys that Caffe's extract_features gives (which tools/extract_features.py is
like, flags and all).
"""

from __future__ import annotations

import argparse
import shlex
from typing import TYPE_CHECKING

from ..counts import at_least_one
from ..photographs import add_photographs, open_photographs
from ..subject_options import add_subject, open_subject

if TYPE_CHECKING:
    from ..features.extraction import Extractor
    from ..results import Results

EXAMPLES = """\
probe.py features deploy.prototxt --weights net.caffemodel --mean 104,117,123 --images photos/ --blob fc7
probe.py features deploy.prototxt --weights net.caffemodel --side 256 --oversample --images photos/ --format hdf5
probe.py features a.prototxt --weights a.caffemodel --blob fc7 --images photos/ --join \\
    --with "b.prototxt --weights b.caffemodel --blob pool5 --mean 104,117,123"
"""


def add_options(parser: argparse.ArgumentParser) -> None:
    _add_net(parser)
    add_photographs(parser)
    group = parser.add_argument_group("features")
    group.add_argument(
        "--with", dest="others", metavar="NET...", action="append", default=[],
        help="another net with its own options, in quotes: --weights --blob --mean --scale --rgb --side --stretch",
    )  # fmt: skip
    group.add_argument("--join", action="store_true", help="all features of a picture as one vector, 'features'")
    group.add_argument("--format", choices=("npz", "hdf5", "lmdb"), default="npz", help="(default: %(default)s)")
    group.add_argument("--batch", metavar="N", type=int, default=16, help="pictures at a time (default: %(default)s)")


def run(options: argparse.Namespace, results: Results) -> None:
    from ..features.extraction import extract, joined, shapes_of
    from ..features.writing import writing

    at_least_one(options, "batch")
    photographs = open_photographs(options)
    extractors = _extractors(options)
    shapes = shapes_of(extractors, join=options.join)
    names: list[str] = []
    labels: list[int | None] = []
    with writing(options.format, results.folder, shapes, len(photographs), photographs.classes) as writer:
        for rows in extract(extractors, photographs, batch=options.batch):
            writer.add(joined(rows) if options.join else rows)
            names += rows.names
            labels += rows.labels
    rows_of = [[name, "x".join(map(str, shape))] for name, shape in shapes.items()]
    results.table("features", ["feature", "shape"], rows_of, f"Features of {len(names)} pictures, as {options.format}")
    results.csv("pictures", ["name", "label"], list(zip(names, labels, strict=True)))


def _add_net(parser: argparse.ArgumentParser) -> None:
    add_subject(parser)
    parser.add_argument(
        "--blob", metavar="NAME", action="append", help="take this one; may be repeated (default: the output)"
    )
    parser.add_argument(
        "--oversample", nargs="?", const="mean", choices=("mean", "max", "all"),
        help="of ten crops of the middle square of --side: their mean (if nothing is said), maximum, or all ten",
    )  # fmt: skip


def _extractors(options: argparse.Namespace) -> list[Extractor]:
    from ...errors import OptionError
    from ..features.extraction import Extractor

    parser = _Quoted(prog="--with", add_help=False)
    _add_net(parser)
    asked = [options]
    for text in options.others:
        try:
            asked.append(parser.parse_args(shlex.split(text)))
        except ValueError as error:
            raise OptionError(f"--with {text}: {error}") from None
    subjects = [open_subject(one) for one in asked]
    names = [str(subject.net.name) for subject in subjects]
    if len(set(names)) < len(names) or not all(names):
        names = [f"net{number}" for number in range(1, len(names) + 1)]
    prefixes = [f"{name}:" for name in names] if len(names) > 1 else [""]
    return [
        Extractor(subject, one.blob or [subject.output], oversample=one.oversample, prefix=prefix)
        for subject, one, prefix in zip(subjects, asked, prefixes, strict=True)
    ]


class _Quoted(argparse.ArgumentParser):
    """Of the options within --with: what is wrong there is the user's to mend, in one line."""

    def error(self, message: str) -> None:  # type: ignore[override]
        from ...errors import OptionError

        raise OptionError(f"--with: {message}")
