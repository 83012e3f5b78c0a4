#!/usr/bin/env python3
"""make_lmdb.py: images, and label maps, into LMDBs that Caffe reads."""

from __future__ import annotations

import argparse
import os
import re
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from fractions import Fraction
from pathlib import Path

import cv2
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from pycaffe_ext import cli
from pycaffe_ext.datasets.class_names import check_class_names, labels_file, write_class_names
from pycaffe_ext.datasets.conversion import Report, entry_key, write_databases
from pycaffe_ext.datasets.database_folder import check_target
from pycaffe_ext.datasets.label_maps import LabelMaps, LabelRule
from pycaffe_ext.datasets.palettes import read_palette
from pycaffe_ext.datasets.recipes import ImageRecipe, PairRecipe
from pycaffe_ext.datasets.sources import Listing, open_source
from pycaffe_ext.errors import OptionError

DESCRIPTION = """\
Makes an LMDB of Caffe Datums from images: the same keys and values as convert_imageset, byte for byte.

SOURCE is a folder with one folder per class (labels count the sorted names; labels.txt is written into OUT's
folder), or a list file with lines "path label". With --label-maps it may also be a folder of images at any depth,
and a second LMDB gets their label maps, under the same keys in the same order.
"""

EXAMPLES = """\
examples:
  make_lmdb.py photos/train train_lmdb --resize 256x256 --shuffle
  make_lmdb.py train.txt train_lmdb --root /data/images --resize 256x256 --encoded jpg
  make_lmdb.py faces/images image_lmdb --label-maps faces/masks --label-out label_lmdb --label-scale 1/4 \\
      --palette faces/palette.txt --num-classes 5 --ignore 255

Label maps are sampled, never blended: at --label-scale 1/4 label pixel (y, x) is pixel (4y + 2, 4x + 2) of the map.
Exit status: 0 done, 1 done but --skip-bad left entries out, 2 error (nothing is written then).
"""


def main(arguments: Sequence[str]) -> int:
    """Runs the command. Raises CaffeError."""
    options = _parser().parse_args(arguments)
    _check(options)
    cv2.utils.logging.setLogLevel(
        cv2.utils.logging.LOG_LEVEL_SILENT
    )  # what OpenCV cannot read is reported here, with the file's name
    listing = open_source(options.source, root=options.root, classes=options.label_maps is None)
    if options.shuffle:
        listing = listing.shuffled(options.seed or 0)
    image = ImageRecipe(options.resize, options.gray, options.encoded or "")
    maps = LabelMaps(options.label_maps, [entry.name for entry in listing.entries]) if options.label_maps else None
    if maps and not options.skip_bad:
        for entry in listing.entries:  # a missing one is told at once, not after hours
            maps.find(entry.name)
    paths = [Path(options.out), *([Path(options.label_out)] if maps else [])]
    for path in paths:
        check_target(path, overwrite=options.overwrite)
    if listing.classes and not options.overwrite:
        check_class_names(paths[0], listing.classes)
    _tell_source(listing)
    if image.gray and image.encoded and not image.size:
        print(
            "--gray does not change files that are kept as they are; force_gray in transform_param does",
            file=sys.stderr,
        )
    if options.dry_run:
        _tell_plan(listing, paths)
        return 0

    palette = read_palette(options.palette) if options.palette else None
    rule = LabelRule(palette, options.num_classes, options.ignore)
    recipe = PairRecipe(image, maps, rule, options.label_scale) if maps else image
    begin = time.monotonic()
    with _progress(len(listing.entries)) as progress:
        report = write_databases(
            listing,
            recipe,
            paths,
            workers=options.workers,
            skip_bad=options.skip_bad,
            overwrite=options.overwrite,
            progress=progress,
        )
    if listing.classes:
        write_class_names(paths[0], listing.classes)
    _tell_report(report, paths, time.monotonic() - begin)
    return 1 if report.skipped else 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="make_lmdb.py",
        description=DESCRIPTION,
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("source", metavar="SOURCE", help="folder, or list file with lines 'path label'")
    parser.add_argument("out", metavar="OUT", help="the LMDB to make")
    parser.add_argument("--root", metavar="DIR", help="where a list file's paths begin (default: its own folder)")
    add = parser.add_argument_group("images").add_argument
    add("--resize", metavar="HxW", type=_size, help="resize to height x width, bilinear")
    add("--gray", action="store_true", help="one channel")
    add(
        "--encoded", choices=["jpg", "png"], help="store encoded; files of that kind, not resized, are kept as they are"
    )
    add = parser.add_argument_group("order").add_argument
    add("--shuffle", action="store_true", help="shuffle the entries")
    add("--seed", type=int, metavar="N", help="seed of --shuffle (default: 0)")
    add = parser.add_argument_group("label maps").add_argument
    add("--label-maps", metavar="DIR", help="PNG label maps with the images' names: grey or palette index = label")
    add("--label-out", metavar="OUT2", help="the LMDB for the label maps")
    add("--label-scale", type=_divisor, default=1, metavar="1/N", help="size of the label maps against the images'")
    add("--palette", metavar="FILE", help="labels by colour: lines 'index r g b name'")
    add("--num-classes", type=int, metavar="K", help="labels are 0 to K-1; another is refused")
    add("--ignore", type=int, metavar="L", help="a label allowed beside these, such as 255")
    add = parser.add_argument_group("running").add_argument
    add("--workers", type=int, default=os.cpu_count() or 1, metavar="N", help="threads (default: all cores)")
    add("--skip-bad", action="store_true", help="leave unusable entries out, list them, and exit with status 1")
    add("--overwrite", action="store_true", help="replace databases (and labels.txt) that are there")
    add("--dry-run", action="store_true", help="say what would be written, and write nothing")
    return parser


def _size(text: str) -> tuple[int, int]:
    found = re.fullmatch(r"([1-9][0-9]*)x([1-9][0-9]*)", text)
    if not found:
        raise argparse.ArgumentTypeError(f"'{text}' is not HEIGHTxWIDTH, such as 256x256")
    return int(found[1]), int(found[2])


def _divisor(text: str) -> int:
    try:
        scale = Fraction(text)
    except (ValueError, ZeroDivisionError):
        scale = Fraction(0)
    if scale.numerator != 1:
        raise argparse.ArgumentTypeError(f"'{text}' is not 1/N, such as 1/4")
    return scale.denominator


def _check(options: argparse.Namespace) -> None:
    if options.seed is not None and not (options.shuffle and 0 <= options.seed < 2**32):
        raise OptionError("--seed is for --shuffle, and is 0 to 4294967295")
    if options.workers < 1:
        raise OptionError("--workers is at least 1")
    if (options.label_maps is None) != (options.label_out is None):
        raise OptionError("--label-maps and --label-out go together")
    if options.label_maps is None and (options.palette or options.label_scale != 1 or options.num_classes is not None):
        raise OptionError("--palette, --label-scale and --num-classes are for --label-maps")
    if options.label_out is not None and os.path.abspath(options.label_out) == os.path.abspath(options.out):
        raise OptionError("OUT and --label-out are the same")
    if options.num_classes is not None and not 1 <= options.num_classes <= 256:
        raise OptionError("--num-classes is 1 to 256: label maps are stored as bytes")
    if options.ignore is not None and (options.num_classes is None or not 0 <= options.ignore <= 255):
        raise OptionError("--ignore is for --num-classes, and is 0 to 255")


@contextmanager
def _progress(total: int) -> Iterator[Callable[[int], None]]:
    console = Console(stderr=True)
    columns = (
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("{task.fields[rate]:.0f} images/s"),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=console, disable=not console.is_terminal) as progress:
        task = progress.add_task("writing", total=total, rate=0.0)
        begin = time.monotonic()

        def done(count: int) -> None:
            progress.update(task, completed=count, rate=count / (time.monotonic() - begin))

        yield done


def _tell_source(listing: Listing) -> None:
    if listing.ignored:
        some = ", ".join(listing.ignored[:3]) + (", ..." if len(listing.ignored) > 3 else "")
        print(f"passed over {len(listing.ignored)} files that are no images by their name: {some}", file=sys.stderr)
    images = Counter(entry.label for entry in listing.entries)
    for label, name in enumerate(listing.classes):
        if not images[label]:
            print(f"class {label} '{name}' has no images", file=sys.stderr)


def _tell_plan(listing: Listing, paths: list[Path]) -> None:
    images = Counter(entry.label for entry in listing.entries)
    for label, name in enumerate(listing.classes):
        print(f"label {label}: {name}, {images[label]} images")
    if listing.classes:
        print(f"would write {labels_file(paths[0])}")
    first, last = (os.fsdecode(entry_key(number, listing.entries[number])) for number in (0, len(listing.entries) - 1))
    for path in paths:
        print(f"would write {path}: {len(listing.entries)} entries, from {first} to {last}")


def _tell_report(report: Report, paths: list[Path], seconds: float) -> None:
    for problem in report.skipped:
        print(f"skipped: {problem}", file=sys.stderr)
    if len(report.shapes) > 1:
        two = " and ".join(
            f"{'x'.join(map(str, shape))} ({os.fsdecode(key)})" for shape, key in list(report.shapes.items())[:2]
        )
        print(
            f"images have {len(report.shapes)} sizes, such as {two}; a Data layer wants one: --resize", file=sys.stderr
        )
    for path, size in zip(paths, report.sizes, strict=True):
        print(f"wrote {path}: {report.written} entries, {size / 1e6:.1f} MB")
    skipped = f", {len(report.skipped)} skipped" if report.skipped else ""
    print(f"{report.written} images in {seconds:.1f} s, {report.written / seconds:.0f} images/s{skipped}")


if __name__ == "__main__":
    sys.exit(cli.run(main))
