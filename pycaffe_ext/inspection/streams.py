"""Photographs in batches, read while the net works on the batch before: two of them are in memory at a time."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import NamedTuple

from ..progress import counting
from .backprojection import Array
from .photographs import Photograph
from .subject import Subject


class Shown(NamedTuple):
    """A batch: the pictures' numbers in the source, their names and labels, and the net's input N x C x H x W."""

    indices: list[int]
    names: list[str]
    labels: list[int | None]
    batch: Array


def stream(
    subject: Subject,
    photographs: Sequence[Photograph],
    size: int,
    *,
    indices: Sequence[int] | None = None,
    what: str = "images",
) -> Iterator[Shown]:
    """Batches of at most `size` pictures, with a progress line that says `what`.

    `indices`: of these pictures only, a number given twice comes twice; ascending where the source is a database,
    which is read forward.
    """
    wanted = list(range(len(photographs)) if indices is None else indices)
    parts = [wanted[start : start + size] for start in range(0, len(wanted), size)]
    with ThreadPoolExecutor(1) as reader, counting(what, len(wanted)) as done:
        ahead = reader.submit(_read, subject, photographs, parts[0]) if parts else None
        for number in range(len(parts)):
            assert ahead is not None
            shown = ahead.result()
            if number + 1 < len(parts):
                ahead = reader.submit(_read, subject, photographs, parts[number + 1])
            yield shown
            done(min((number + 1) * size, len(wanted)))


def _read(subject: Subject, photographs: Sequence[Photograph], indices: list[int]) -> Shown:
    found: dict[int, Photograph] = {}
    for index in indices:
        if index not in found:
            found[index] = photographs[index]
    taken = [found[index] for index in indices]
    batch = subject.batch([one.pixels for one in taken])
    return Shown(indices, [one.name for one in taken], [one.label for one in taken], batch)
