"""A listing into targets: samples are made and packed in parallel, and written in order, by one thread."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import chain, islice
from typing import Any, NamedTuple

from ..errors import CaffeError, DataError
from .parallel import in_order
from .recipes import Recipe
from .sources.entries import Content, Entry, Listing
from .targets.target import Target


@dataclass
class Report:
    """What was written. `sizes`: bytes on the disk for each target; `skipped`: number and problem of each entry that
    was left out; `shapes`: the first number of each image shape C x H x W."""

    written: int = 0
    sizes: list[int] = field(default_factory=list)
    skipped: list[tuple[int, str]] = field(default_factory=list)
    shapes: dict[tuple[int, ...], int] = field(default_factory=dict)


def as_json(report: Report) -> list[Any]:
    """What JSON can hold of a report."""
    return [report.written, report.sizes, report.skipped, list(report.shapes.items())]


def from_json(values: list[Any]) -> Report:
    """The report of `as_json`."""
    written, sizes, skipped, shapes = values
    return Report(written, sizes, [tuple(one) for one in skipped], {tuple(shape): number for shape, number in shapes})


class _Work(NamedTuple):
    number: int
    entry: Entry
    content: Content | None  # of a source that is read in order
    problem: str


class _Done(NamedTuple):
    number: int
    packed: list[Any]
    shape: tuple[int, ...] | None
    problem: str


def convert(
    listing: Listing,
    recipe: Recipe,
    targets: Sequence[Target],
    *,
    workers: int,
    skip_bad: bool = False,
    progress: Callable[[int], None] = lambda done: None,
) -> Report:
    """Writes each entry into each target, from where the one of them that is least far has come.

    What is written does not depend on `workers`. An entry that cannot be made raises DataError; with `skip_bad`
    it is left out, its number stays unused, and the report names it. `progress` is called with the number of
    entries that are done. Raises DataError, FileError.
    """
    first = max(target.first for target in targets)
    start = min(min(target.done for target in targets) - first, len(listing.entries))
    report = _report_so_far(targets, first, first + start)
    work = _worker(listing, recipe, targets)
    begun = _chunks(_contents(listing, first, start), max(listing.chunk, recipe.chunk))
    for done in chain.from_iterable(in_order(lambda todo: list(map(work, todo)), begun, workers)):
        if done.problem and not skip_bad:
            raise DataError(done.problem)
        if done.problem:
            report.skipped.append((done.number - first, done.problem))
            _note(targets, "skipped", done.number - first, done.problem)
        else:
            _put(targets, done, report, first)
        progress(done.number - first + 1)
    report.written = len(listing.entries) - len(report.skipped)
    if not report.written:
        problem = f"nothing to write: all {len(listing.entries)} entries were skipped; {report.skipped[0][1]}"
        raise DataError(problem)
    for target in targets:
        target.sync()
    report.sizes = [target.size for target in targets]
    return report


def _put(targets: Sequence[Target], done: _Done, report: Report, first: int) -> None:
    if done.shape and done.shape not in report.shapes:
        report.shapes[done.shape] = done.number - first
        _note(targets, "shape", done.shape, done.number - first)
    for target, packed in zip(targets, done.packed, strict=True):
        target.put(done.number, packed)


def _note(targets: Sequence[Target], *event: Any) -> None:
    for target in targets:
        target.note(*event)


def _report_so_far(targets: Sequence[Target], first: int, start: int) -> Report:
    """What the runs before have noted of entries that will not be made again."""
    report = Report()
    source = min(targets, key=lambda target: target.done)
    skipped = {int(number): str(problem) for number, problem in source.noted("skipped")}  # by several runs perhaps
    report.skipped = [(number, skipped[number]) for number in sorted(skipped) if number < start - first]
    for shape, number in source.noted("shape"):
        if number < start - first:
            report.shapes.setdefault(tuple(shape), number)
    return report


def _contents(listing: Listing, first: int, start: int) -> Iterator[_Work]:
    for number, entry in enumerate(islice(listing.entries, start, None), first + start):
        content, problem = None, ""
        if listing.in_order:
            try:
                content = listing.content(entry)
            except CaffeError as error:
                problem = f"{listing.where(entry)}{error}"
        yield _Work(number, entry, content, problem)


def _chunks(items: Iterator[_Work], size: int) -> Iterator[list[_Work]]:
    while chunk := list(islice(items, size)):
        yield chunk


def _worker(listing: Listing, recipe: Recipe, targets: Sequence[Target]) -> Callable[[_Work], _Done]:
    def work(todo: _Work) -> _Done:
        number, entry, content, problem = todo
        if problem:
            return _Done(number, [], None, problem)
        try:
            made = recipe(listing, entry, listing.content(entry) if content is None else content)
        except CaffeError as error:
            return _Done(number, [], None, f"{listing.where(entry)}{error}")
        try:
            return _Done(number, [target.pack(number, made) for target in targets], made.shape, "")
        except CaffeError as error:
            return _Done(number, [], None, f"{listing.where(entry)}{listing.path(entry)}: {error}")

    return work
