"""Finds the operations and runs those that are asked for, one after another, each checked."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from functools import cache
from importlib import import_module
from itertools import groupby
from pkgutil import iter_modules
from types import ModuleType
from typing import TYPE_CHECKING, NamedTuple

from ..errors import OptionError
from ..text import Document, Edit
from .check import check_changes, check_readable
from .operation import Operation, Request
from .operations import __path__ as _folder

if TYPE_CHECKING:
    from .weights import Weights


@cache
def modules() -> tuple[ModuleType, ...]:
    """The modules in `operations`, by name."""
    names = sorted(module.name for module in iter_modules(_folder))
    return tuple(import_module(f"{__package__}.operations.{name}") for name in names)


def operations() -> list[Operation]:
    """All operations, in the order of their modules."""
    return [module.operation for module in modules()]


class Step(NamedTuple):
    """What one operation did: the net, and the weights if there are any, before and after."""

    operation: Operation
    before: Document
    after: Document
    weights_before: Weights | None
    weights_after: Weights | None
    requests: Sequence[Request]


def perform(document: Document, requests: Iterable[Request], weights: Weights | None = None) -> Document:
    """The document after all requests, in the order given; without any it is the same to the byte.

    `weights` are changed along, and must fit the net at the end.
    Raises CaffeError where one cannot be done; then there is no result at all, and the weights are as before.
    """
    done = steps(document, requests, weights)
    if weights is not None and done and (after := done[-1].weights_after) is not None:
        weights.become(after)
    return done[-1].after if done else document


def steps(document: Document, requests: Iterable[Request], weights: Weights | None = None) -> list[Step]:
    """What `perform` does, step by step; `weights` stay as they are. Raises as it does."""
    done: list[Step] = []
    net = document
    for operation, group in _groups(requests):
        after = net.apply(_edits(operation, net, group, weights))
        check_changes(net, after, operation.may_touch(net, group), *operation.layers(net, group))
        changed = None if weights is None else weights.copy()
        if changed is not None:
            operation.weights(net, after, changed, group)
        done.append(Step(operation, net, after, weights, changed, group))
        net, weights = after, changed
    if net.text != document.text:
        check_readable(document, net)
    if weights is not None:
        from .fit import check_fit  # not above: it brings protobuf

        check_fit(net, weights)
    return done


def _edits(
    operation: Operation, document: Document, requests: Sequence[Request], weights: Weights | None
) -> Iterable[Edit]:
    if weights is not None:
        return operation.edits_with(document, requests, weights)
    if operation.needs_weights:
        raise OptionError(f"{requests[0].flag} computes with the weights: give --weights IN --save-weights OUT")
    return operation.edits(document, requests)


def _groups(requests: Iterable[Request]) -> Iterator[tuple[Operation, Sequence[Request]]]:
    """Requests one by one, those of a `together` operation that follow one another as one step."""
    by_flag = {option.flag: operation for operation in operations() for option in operation.options}
    for operation, group in groupby(requests, key=lambda request: by_flag[request.flag]):
        if operation.together:
            yield operation, list(group)
        else:
            yield from ((operation, [request]) for request in group)
