"""A listing into databases: entries are made in parallel, and written in order, by one writer each."""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Callable, Generator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack, closing
from dataclasses import dataclass, field
from pathlib import Path

from ..errors import CaffeError, DataError
from .recipes import Made, Recipe
from .sources.entries import Entry, Listing
from .writer import LmdbWriter, writing_lmdb

_AHEAD = 8  # entries made and not yet written, for each worker


@dataclass
class Report:
    """What was written. `sizes`: bytes for each database; `shapes`: the first key of each image shape."""

    written: int = 0
    sizes: list[int] = field(default_factory=list)
    skipped: list[str] = field(default_factory=list)
    shapes: dict[tuple[int, ...], bytes] = field(default_factory=dict)


def entry_key(number: int, entry: Entry) -> bytes:
    """The key of the entry at place `number`, as convert_imageset writes it: %08d_path."""
    return b"%08d_%s" % (number, os.fsencode(entry.name))


def write_databases(
    listing: Listing,
    recipe: Recipe,
    paths: Sequence[Path],
    *,
    workers: int,
    skip_bad: bool = False,
    overwrite: bool = False,
    progress: Callable[[int], None] = lambda done: None,
) -> Report:
    """Writes one LMDB for each value that the recipe makes; all are complete before the first appears.

    Keys and values do not depend on `workers`. An entry that cannot be made raises DataError; with `skip_bad`
    it is left out, its number stays unused, and the report names it. `progress` is called with the number of
    entries that are done. Raises DataError, FileError.
    """
    report = Report()
    with ExitStack() as stack:
        writers = [stack.enter_context(writing_lmdb(path, overwrite=overwrite)) for path in paths]
        made_ahead = stack.enter_context(closing(_made_ahead(listing, recipe, workers)))
        for number, (entry, future) in enumerate(made_ahead):
            try:
                made = future.result()
            except CaffeError as error:
                problem = f"{listing.where(entry)}{error}"
                if not skip_bad:
                    raise DataError(problem) from error
                report.skipped.append(problem)
            else:
                _put(writers, entry_key(number, entry), made, report)
            progress(number + 1)
        if not report.written:
            raise DataError(f"nothing to write: all {len(listing.entries)} entries were skipped; {report.skipped[0]}")
        for writer in writers:
            writer.sync()
    report.sizes = [writer.bytes for writer in writers]
    return report


def _put(writers: Sequence[LmdbWriter], key: bytes, made: Made, report: Report) -> None:
    for writer, value in zip(writers, made.values, strict=True):
        writer.put(key, value)
    report.written += 1
    if made.shape:
        report.shapes.setdefault(made.shape, key)


def _made_ahead(listing: Listing, recipe: Recipe, workers: int) -> Generator[tuple[Entry, Future[Made]], None, None]:
    waiting: deque[tuple[Entry, Future[Made]]] = deque()
    with ThreadPoolExecutor(workers) as pool:
        try:
            for entry in listing.entries:
                waiting.append((entry, pool.submit(recipe, listing, entry)))
                if len(waiting) > workers * _AHEAD:
                    yield waiting.popleft()
            while waiting:
                yield waiting.popleft()
        finally:
            pool.shutdown(cancel_futures=True)
