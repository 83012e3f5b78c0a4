"""Two databases, such as images and their label maps, read together by their keys."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from ..errors import DataError
from .databases import Database

Value = bytes | memoryview


class Pair(NamedTuple):
    """A key, and the values under it in the two databases; None where it is missing."""

    key: bytes
    first: Value | None
    second: Value | None


def side_by_side(first: Database, second: Database) -> Iterator[Pair]:
    """The keys that are in either database, in order."""
    left, right = iter(first), iter(second)
    one, other = next(left, None), next(right, None)
    while one is not None or other is not None:
        key = min(item[0] for item in (one, other) if item is not None)
        values: list[Value | None] = [None, None]
        if one is not None and one[0] == key:
            values[0], one = one[1], next(left, None)
        if other is not None and other[0] == key:
            values[1], other = other[1], next(right, None)
        yield Pair(key, *values)


def missing_entry(first: Database, second: Database, pair: Pair) -> DataError:
    """The error that says which of the databases lacks the key."""
    there, missing = (second, first) if pair.first is None else (first, second)
    name = pair.key.decode(errors="backslashreplace")
    return DataError(f"{missing.path}: entry '{name}' is missing; {there.path} has it")
