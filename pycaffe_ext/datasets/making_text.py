"""What make_lmdb.py tells of its work: plan and report."""

from __future__ import annotations

import os
import sys
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from ..errors import DataError
from .class_names import labels_file
from .conversion import Report
from .making import Making, Part, skipped_file
from .sources.entries import Listing
from .targets.datum_lmdb import entry_key

_TOLD = 20  # entries that were left out and are told one by one; the file lists all


def tell_source(listing: Listing) -> None:
    """What is odd about a source, on standard error."""
    if listing.ignored:
        some = ", ".join(listing.ignored[:3]) + (", ..." if len(listing.ignored) > 3 else "")
        print(f"passed over {len(listing.ignored)} files that are no images by their name: {some}", file=sys.stderr)
    if not listing.has_maps and not any(entry.labels for entry in listing.entries):
        images = Counter(entry.label for entry in listing.entries)
        if len(listing.classes) == 1:
            print(
                f"all images are of one class, '{listing.classes[0]}'; has SOURCE a folder per class?", file=sys.stderr
            )
        for label, name in enumerate(listing.classes):
            if not images[label]:
                print(f"class {label} '{name}' has no images", file=sys.stderr)


def tell_plan(parts: Sequence[Part], making: Making) -> None:
    """What would be written."""
    for part in parts:
        listing = part.listing
        images = Counter(entry.label for entry in listing.entries)
        for label, name in enumerate(listing.classes):
            print(f"label {label}: {name}" + (f", {images[label]} images" if not making.labels else ""))
        if listing.classes:
            print(f"would write {labels_file(part.out)}")
        last = len(listing.entries) - 1
        keys = (os.fsdecode(entry_key(number, listing.entries[number], listing.digits)) for number in (0, last))
        span = f", from {' to '.join(keys)}" if making.kind == "lmdb" else ""
        for path in part.paths:
            print(f"would write {path}: {last + 1} entries{span}")


def _tell_shapes_before(path: Path, report: Report) -> None:
    """What was appended to has the first entry of another shape."""
    from .encodings import stored_shape
    from .lmdb_reader import LmdbReader

    try:
        key, datum = LmdbReader(path).first()
        before = stored_shape(datum)
    except DataError:
        return  # of another kind than images
    others = [shape for shape in report.shapes if shape != before]
    if others:
        there, new = ("x".join(map(str, shape)) for shape in (before, others[0]))
        told = f"'{os.fsdecode(key)}' was there as {there}, and {new} was added"
        print(f"{path}: {told}; a Data layer wants one: --resize", file=sys.stderr)


def tell_reports(reports: Sequence[Report], parts: Sequence[Part], making: Making, seconds: float) -> None:
    """What was written, on standard output; what was left out and what may surprise, on standard error."""
    for report, part in zip(reports, parts, strict=True):
        for _, problem in report.skipped[:_TOLD]:
            print(f"skipped: {problem}", file=sys.stderr)
        if len(report.skipped) > _TOLD:
            print(f"... and {len(report.skipped) - _TOLD} more", file=sys.stderr)
        if len(report.shapes) > 1:
            two = " and ".join(
                f"{'x'.join(map(str, shape))} ({os.fsdecode(entry_key(number, part.listing.entries[number]))})"
                for shape, number in list(report.shapes.items())[:2]
            )
            many = f"images have {len(report.shapes)} sizes, such as {two}"
            print(f"{many}; a Data layer wants one: --resize", file=sys.stderr)
        if making.run.append and making.kind == "lmdb":
            _tell_shapes_before(part.out, report)
        for path, size in zip(part.paths, report.sizes, strict=True):
            print(f"wrote {path}: {report.written} entries, {size / 1e6:.1f} MB")
        if report.skipped:
            print(f"wrote {skipped_file(part.out)}: {len(report.skipped)} entries that are not in it")
    written, skipped = sum(report.written for report in reports), sum(len(report.skipped) for report in reports)
    left_out = f", {skipped} skipped" if skipped else ""
    print(f"{written} images in {seconds:.1f} s, {written / seconds:.0f} images/s{left_out}")
