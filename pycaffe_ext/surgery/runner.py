"""Finds the operations and runs those that are asked for, one after another, each checked."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from functools import cache
from importlib import import_module
from itertools import groupby
from pkgutil import iter_modules
from types import ModuleType

from ..text import Document
from . import operations as _package
from .check import check_changes, check_readable
from .operation import Operation, Request


@cache
def modules() -> tuple[ModuleType, ...]:
    """The modules in `operations`, by name."""
    names = sorted(module.name for module in iter_modules(_package.__path__))
    return tuple(import_module(f"{_package.__name__}.{name}") for name in names)


def operations() -> list[Operation]:
    """All operations, in the order of their modules."""
    return [module.operation for module in modules()]


def perform(document: Document, requests: Iterable[Request]) -> Document:
    """The document after all requests, in the order given; without any it is the same to the byte.

    Raises CaffeError where one cannot be done; then there is no result at all.
    """
    current = document
    for operation, group in _steps(requests):
        after = current.apply(operation.edits(current, group))
        check_changes(current, after, operation.touches)
        current = after
    if current.text != document.text:
        check_readable(document, current)
    return current


def _steps(requests: Iterable[Request]) -> Iterator[tuple[Operation, Sequence[Request]]]:
    """Requests one by one, those of a `together` operation that follow one another as one step."""
    by_flag = {option.flag: operation for operation in operations() for option in operation.options}
    for operation, group in groupby(requests, key=lambda request: by_flag[request.flag]):
        if operation.together:
            yield operation, list(group)
        else:
            yield from ((operation, [request]) for request in group)
