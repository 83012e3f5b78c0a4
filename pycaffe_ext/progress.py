"""A progress line on standard error where that is a terminal: how many, how fast, how long still."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager


@contextmanager
def counting(what: str, total: int, unit: str = "images") -> Iterator[Callable[[int], None]]:
    """Yields `done(count)`, to be called with how many of `total` are done."""
    if not sys.stderr.isatty():
        yield lambda count: None
        return
    from rich.console import Console  # takes a tenth of a second to import
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    console = Console(stderr=True)
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn(f"{{task.fields[rate]:.0f}} {unit}/s"),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=console, disable=not console.is_terminal) as progress:
        task = progress.add_task(what, total=total, rate=0.0)
        begin, before = time.monotonic(), -1

        def done(count: int) -> None:
            nonlocal before
            before = count - 1 if before < 0 else before  # work that is gone on with was not done in this time
            progress.update(task, completed=count, rate=(count - before) / max(time.monotonic() - begin, 1e-9))

        yield done
