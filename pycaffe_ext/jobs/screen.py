"""A job on the screen: a progress line where there is a terminal, else one line per displayed iteration."""

from __future__ import annotations

import errno
import os
import sys
from collections.abc import Sequence
from datetime import timedelta
from typing import Any, TextIO, cast

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

from ..logs.rows import named
from .events import Event, Finished, Output, Snapshotted, Started, Stepped, Tested, Testing, Warned
from .job import Result

_MOST_PRINTED = 10  # values of one net's outputs


class Screen:
    """A listener that prints to standard output, warnings to standard error; use it with `with`.

    A terminal that goes away does not end the training: from then on nothing is printed. `quiet`: warnings only.
    """

    def __init__(self, *, quiet: bool = False) -> None:
        self._quiet = quiet
        self._console = Console(file=cast(TextIO, _Lasting(sys.stdout)), highlight=False, markup=False, soft_wrap=True)
        self._progress: Progress | None = None

    def __enter__(self) -> Screen:
        return self

    def __exit__(self, *error: object) -> None:
        if self._progress is not None:
            self._progress.stop()

    def __call__(self, event: Event) -> None:
        if isinstance(event, Warned):
            print(f"warning: {event.message}", file=_Lasting(sys.stderr), flush=True)
        if self._quiet:
            return
        if isinstance(event, Started):
            self._start(event)
        elif isinstance(event, Stepped):
            self._step(event)
        elif isinstance(event, Testing):
            self._describe("test")
        elif isinstance(event, Tested):
            self._describe("train")
            which = "test" if len(self._started.plan.tests) == 1 else f"test {event.net}"
            self._print(f"Iteration {event.iteration}  {which}: {_values(event.outputs)}")
        elif isinstance(event, Snapshotted):
            self._print(f"Iteration {event.iteration}  snapshot: {event.weights}, {os.path.basename(event.state)}")
        elif isinstance(event, Finished) and self._progress is not None:
            self._progress.stop()

    def summary(self, result: Result) -> None:
        """Prints what came of the job."""
        if self._quiet:
            return
        self._print(
            f"{'Stopped' if result.early else 'Done'} at iteration {result.iteration}"
            f" after {_duration(result.seconds)}, {_rate(result.images_per_second)} images/s"
        )
        training = [row for row in result.rows if row.net is None and row.total_loss is not None]
        if training:
            self._print(f"  training  loss {training[-1].total_loss:.4g} at iteration {training[-1].iteration}")
        for test in result.tests:
            which = "test" if len(result.tests) == 1 else f"test {test.net}"
            self._print(f"  {which:<8}  {_values(test.outputs)} at iteration {test.iteration}")
        for file in result.files:
            self._print(f"  file      {file}")

    def _start(self, event: Started) -> None:
        self._started = event
        param, plan = event.param, event.plan
        self._print(
            f"{plan.net.name or 'Net'} on {event.device}: {plan.learned:,} of {plan.parameters:,} parameters learn"
        )
        self._print(f"Iterations {event.iteration} to {param.max_iter} of {plan.images:,} images")
        if self._console.is_terminal:
            bar = [BarColumn(bar_width=None)] if self._is_wide else []
            numbers = TextColumn("{task.fields[numbers]}")
            self._progress = Progress(
                TextColumn("{task.description:<5}"),
                *bar,
                MofNCompleteColumn(),
                numbers,
                console=self._console,
                expand=True,
            )
            self._task = self._progress.add_task("train", total=param.max_iter, completed=event.iteration, numbers="")
            self._progress.start()

    @property
    def _is_wide(self) -> bool:
        return self._console.width >= 100

    def _step(self, event: Stepped) -> None:
        speed = self._started.speed
        pace = f"{_rate(speed.images_per_second)} images/s  {_duration(speed.seconds_left)} left"
        if self._is_wide or self._progress is None:
            pace = f"{_rate(speed.iterations_per_second)} it/s  {pace}"
        if self._progress is not None:
            numbers = f"loss {event.smoothed_loss:<8.4g}lr {event.rate:.4g}  {pace}"
            self._progress.update(self._task, completed=event.iteration + 1, numbers=numbers)
        elif event.displayed:
            outputs = f"  ({_values(event.outputs)})" if len(event.outputs) > 1 else ""
            self._print(
                f"Iteration {event.iteration}  loss {event.smoothed_loss:.4g}{outputs}  lr {event.rate:.4g}  {pace}"
            )

    def _describe(self, what: str) -> None:
        if self._progress is not None:
            self._progress.update(self._task, description=what)

    def _print(self, text: str) -> None:
        self._console.print(text)


class _Lasting:
    """A stream that swallows what it cannot write because its terminal is gone."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def write(self, text: str) -> int:
        self._guarded(lambda: self._stream.write(text))
        return len(text)

    def flush(self) -> None:
        self._guarded(self._stream.flush)

    def _guarded(self, action: Any) -> None:
        try:
            action()
        except OSError as error:
            if error.errno != errno.EIO:
                raise
            os.dup2(os.open(os.devnull, os.O_WRONLY), self._stream.fileno())

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)


def _values(outputs: Sequence[Output]) -> str:
    values = [f"{name} {value:.4g}" for name, value in named(outputs).items()]
    more = f", and {len(values) - _MOST_PRINTED} more" if len(values) > _MOST_PRINTED else ""
    return ", ".join(values[:_MOST_PRINTED]) + more


def _rate(value: float) -> str:
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"


def _duration(seconds: float) -> str:
    return str(timedelta(seconds=round(seconds)))
