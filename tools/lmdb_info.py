#!/usr/bin/env python3
"""lmdb_info.py: what is in a database of Datums, whether it is sound, what it looks like, and back to images."""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Sequence
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pycaffe_ext import cli
from pycaffe_ext.errors import DataError, OptionError
from pycaffe_ext.progress import counting

if TYPE_CHECKING:
    from pycaffe_ext.datasets.databases import Database
    from pycaffe_ext.datasets.palettes import Palette

DESCRIPTION = """\
Tells what is in an LMDB (or LevelDB) of Caffe Datums: entries, sizes, keys, encodings, labels, class weights.
With LABEL_DB, the label maps under the same keys, tells about both, and the options below take both together.
"""

EXAMPLES = """\
examples:
  lmdb_info.py train_lmdb
  lmdb_info.py image_lmdb label_lmdb --verify --num-classes 5 --ignore 255
  lmdb_info.py image_lmdb label_lmdb --montage look.png --palette palette.txt
  lmdb_info.py train_lmdb --mean mean.binaryproto
  lmdb_info.py train_lmdb --export images      # make_lmdb.py images/list.txt new_lmdb makes it again

Class names come from --palette, or from labels.txt beside the database.
Exit status: 0 done, 1 --verify found faults (one line each), 2 error.
"""

_MONTAGE = 24  # entries in a montage, unless --head says how many


def main(arguments: Sequence[str]) -> int:
    """Runs the command. Raises CaffeError."""
    options = _parser().parse_intermixed_args(arguments)
    _check(options)
    import cv2

    cv2.utils.logging.setLogLevel(cv2.utils.logging.LOG_LEVEL_SILENT)  # entries that do not decode are named here
    return _run(options)


def _parser() -> argparse.ArgumentParser:
    parser = cli.Parser(
        prog="lmdb_info.py",
        description=DESCRIPTION,
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("database", metavar="DB", help="an LMDB or LevelDB")
    parser.add_argument("label_database", metavar="LABEL_DB", nargs="?", help="the database of its label maps")
    add = parser.add_argument_group("what to do instead of a summary (may be combined)").add_argument
    add("--verify", action="store_true", help="decode every entry; check labels, pairs and their sizes")
    add("--montage", metavar="FILE.png", help="draw a grid of entries, label maps over their images, with a legend")
    add("--export", metavar="DIR", help="write every entry as a file, and list.txt with the labels, into a new folder")
    add("--mean", metavar="FILE", help="write the mean image: FILE.npy, or a binaryproto as compute_image_mean does")
    add("--head", metavar="N", type=int, help="list the first N entries; with --montage: draw these")
    add = parser.add_argument_group("labels").add_argument
    add("--label-maps", action="store_true", help="DB itself holds label maps (a summary sees that by itself)")
    add("--num-classes", type=int, metavar="K", help="--verify: labels are 0 to K-1")
    add("--ignore", type=int, metavar="L", help="a label allowed beside these, such as 255; it gets no class weight")
    add("--palette", metavar="FILE", help="colours and names of labels: lines 'index r g b name'")
    add = parser.add_argument_group("running").add_argument
    add("--json", action="store_true", help="print JSON")
    add("--workers", type=int, default=os.cpu_count() or 1, metavar="N", help="decoding threads (default: all cores)")
    return parser


def _check(options: argparse.Namespace) -> None:
    if options.workers < 1:
        raise OptionError("--workers is at least 1")
    if options.head is not None and options.head < 1:
        raise OptionError("--head is at least 1")
    if options.num_classes is not None and (not options.verify or options.num_classes < 1):
        raise OptionError("--num-classes is for --verify, and is at least 1")
    if options.label_maps and options.label_database:
        raise OptionError("--label-maps says that DB holds label maps; then there is no LABEL_DB")
    if options.montage and not options.montage.lower().endswith(".png"):
        raise OptionError(f"--montage writes a PNG; '{options.montage}' should end in .png")


def _run(options: argparse.Namespace) -> int:
    from pycaffe_ext.datasets.backends import open_any
    from pycaffe_ext.datasets.palettes import read_palette

    databases = [open_any(path) for path in (options.database, options.label_database) if path]
    palette = read_palette(options.palette) if options.palette else None
    names = palette.names if palette else _names(databases[-1])
    told: dict[str, Any] = {}
    faults = 0
    if options.verify:
        told["faults"] = _verify(options, *databases)
        faults = len(told["faults"]) if options.json else told["faults"]
    if options.montage:
        _montage(options, databases, names, palette)
    if options.mean:
        told["mean"] = _mean(options, databases[0])
    if options.export:
        told["exported"] = _export(options, *databases)
    if options.head and not options.montage:
        told["head"] = _head(options, databases)
    if not (options.verify or options.montage or options.mean or options.export or options.head):
        told["summary"] = _summary(options, databases, names)
    if options.json:
        print(json.dumps(told, indent=2))
    return 1 if faults else 0


def _names(database: Database) -> dict[int, str]:
    from pycaffe_ext.datasets.class_names import labels_file

    path = labels_file(Path(database.path).absolute())
    if not path.is_file():
        return {}
    return dict(enumerate(path.read_text(errors="replace").splitlines()))


def _summary(options: argparse.Namespace, databases: list[Database], names: dict[int, str]) -> list[dict[str, Any]]:
    from pycaffe_ext.datasets.summary import summarize
    from pycaffe_ext.datasets.summary_text import summary_lines

    found = []
    for database in databases:
        with counting("reading", len(database), "entries") as done:
            summary = summarize(database, done)
        found.append(summary.as_json(options.ignore))
        if not options.json:
            # Names are of the label maps' values where there are label maps.
            known = names if database is databases[-1] else {}
            print("\n".join(summary_lines(summary, known, options.ignore)))
    return found


def _verify(options: argparse.Namespace, database: Database, maps: Database | None = None) -> list[str] | int:
    """Prints faults as they are found; returns their number, or with --json all of them."""
    from pycaffe_ext.datasets.verify import LabelRange, verify, verify_pairs

    allowed = LabelRange(options.num_classes, options.ignore)
    if maps:
        checking = verify_pairs(database, maps, allowed, workers=options.workers)
    else:
        checking = verify(database, allowed, maps=options.label_maps, workers=options.workers)
    faults, entries, collected = 0, 0, []
    with counting("verifying", len(database), "entries") as done:
        for checked in checking:
            entries += 1
            faults += len(checked.faults)
            if options.json:
                collected += checked.faults
            else:
                print("".join(f"{fault}\n" for fault in checked.faults), end="", flush=bool(checked.faults))
            done(entries)
    if options.json:
        return collected
    both = f"{database.path} and {maps.path}" if maps else database.path
    print(f"{both}: {entries} {'pairs' if maps else 'entries'} checked, {faults or 'no'} faults")
    return faults


def _montage(
    options: argparse.Namespace, databases: list[Database], names: dict[int, str], palette: Palette | None
) -> None:
    from pycaffe_ext.atomic import replacing_file
    from pycaffe_ext.datasets.montage import montage
    from pycaffe_ext.datasets.tiles import spread, tiles

    total = len(databases[0])
    places = range(min(options.head, total)) if options.head else spread(_MONTAGE, total)
    maps = databases[1] if len(databases) > 1 else None
    drawn = montage(tiles(databases[0], maps, places, names, is_maps=options.label_maps), names=names, palette=palette)
    with replacing_file(options.montage) as file:
        drawn.save(file, "png")
    _tell(f"wrote {options.montage}: {len(places)} of {total} entries")


def _mean(options: argparse.Namespace, database: Database) -> list[float]:
    """Writes the mean image, and returns the mean of each channel."""
    import numpy as np

    from pycaffe_ext.atomic import replacing_file
    from pycaffe_ext.datasets.mean import mean_image
    from pycaffe_ext.proto.blobs import array_to_blob
    from pycaffe_ext.proto.files import write_binary

    with counting("summing", len(database)) as done:
        mean = mean_image(database, workers=options.workers, done=done)
    if options.mean.endswith(".npy"):
        with replacing_file(options.mean) as file:
            np.save(file, mean.image, allow_pickle=False)
    else:
        write_binary(options.mean, array_to_blob(mean.image[None], legacy=True))
    _tell(f"wrote {options.mean}: {'x'.join(map(str, mean.image.shape))}")
    values = [float(str(value)) for value in mean.channels]  # the shortest digits that name the float32
    if not options.json:
        print(" ".join(f"mean_value: {value}" for value in values))
    return values


def _export(options: argparse.Namespace, database: Database, maps: Database | None = None) -> int:
    from pycaffe_ext.datasets.export import export

    with counting("exporting", len(database), "entries") as done:
        count = export(database, Path(options.export), maps, done=done)
    _tell(f"wrote {options.export}: {count} {'pairs' if maps else 'entries'}, and list.txt")
    return count


def _head(options: argparse.Namespace, databases: list[Database]) -> list[dict[str, Any]]:
    from pycaffe_ext.datasets.datum import parse_datum
    from pycaffe_ext.datasets.encodings import encoding_of, stored_shape

    rows = []
    for database in databases:
        for key, value in islice(database, options.head):
            row: dict[str, Any] = {"database": database.path, "key": key.decode(errors="backslashreplace")}
            try:
                datum = parse_datum(value)
                shape = "x".join(map(str, stored_shape(datum)))
                row |= {"label": datum.label, "shape": shape, "stored": encoding_of(datum), "bytes": len(value)}
            except DataError as error:
                row |= {"problem": str(error)}
            rows.append(row)
            if not options.json:
                told = row.get("problem") or f"label {row['label']}  {row['shape']} {row['stored']}  {len(value)} bytes"
                print(f"{row['key']}  {told}")
    return rows


def _tell(text: str) -> None:
    print(text, file=sys.stderr)


if __name__ == "__main__":
    sys.exit(cli.run(main))
