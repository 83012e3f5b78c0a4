"""Pictures through a net, a batch at a time."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import TypeVar

from .subject import Subject

Item = TypeVar("Item")


@contextmanager
def forward_only(subject: Subject) -> Iterator[None]:
    """Within it passes forward keep nothing for passes backward, which saves memory."""
    keep, subject.net.keep_passes = subject.net.keep_passes, False
    try:
        yield
    finally:
        subject.net.keep_passes = keep


def in_batches(
    items: Sequence[Item], size: int, done: Callable[[int], None] = lambda count: None
) -> Iterator[list[Item]]:
    """The items in lists of `size` or, at the end, fewer; each is taken when its turn comes, then counted."""
    for start in range(0, len(items), size):
        stop = min(start + size, len(items))
        yield [items[index] for index in range(start, stop)]
        done(stop)
