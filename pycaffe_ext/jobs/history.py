"""What a job has seen so far, as rows: one per displayed iteration and one per test."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from time import monotonic

from ..logs.rows import Row, named
from .events import Event, LastPass, Output, Started, Stepped, Tested


class History:
    """A listener that turns events into rows and hands each new one on.

    `kept`: the rows of an earlier run that this one continues.
    """

    def __init__(self, kept: Sequence[Row] = (), on_row: Sequence[Callable[[Row], None]] = ()) -> None:
        self.rows = list(kept)
        self.seconds = 0.0
        self._before = self.rows[-1].seconds if self.rows else 0.0
        self._on_row = on_row
        self._start = monotonic()

    def __call__(self, event: Event) -> None:
        self.seconds = monotonic() - self._start
        if isinstance(event, Started):
            self._start = monotonic()
        elif isinstance(event, Stepped) and event.displayed:
            self._add(event.iteration, None, event.rate, event.smoothed_loss, event.outputs)
        elif isinstance(event, Tested):
            self._add(event.iteration, event.net, None, _total_loss(event), event.outputs)
        elif isinstance(event, LastPass):
            self._add(event.iteration, None, None, event.smoothed_loss, ())

    def _add(
        self, iteration: int, net: int | None, rate: float | None, loss: float | None, outputs: Sequence[Output]
    ) -> None:
        phase = "train" if net is None else "test"
        row = Row(iteration, self._before + self.seconds, phase, net, rate, loss, named(outputs))
        self.rows.append(row)
        for listener in self._on_row:
            listener(row)


def _total_loss(event: Tested) -> float | None:
    """As test_compute_loss gives it, else what the outputs that are losses add up to."""
    if event.loss is not None:
        return event.loss
    losses = [output.value * output.loss_weight for output in event.outputs if output.loss_weight]
    return sum(losses) if losses else None
