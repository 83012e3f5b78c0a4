"""What a job has seen so far, as rows: one per displayed iteration and one per test."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from time import monotonic

from .events import Event, LastPass, Output, Started, Stepped, Tested

MOST_VALUES = 100  # an output blob of more numbers is no score: it is left out of rows


@dataclass(frozen=True)
class Row:
    """The numbers of one displayed training iteration, or of one test.

    `seconds`: since the job began, resumes added up, test and snapshot time included. `net`: number of the test
    net, None in training. `rate`: None in tests. `total_loss`: the weighted sum of the losses, in training the
    mean over the last average_loss iterations; None where a test net has no loss. `outputs`: the net's output
    blobs by name, several numbers of one blob as NAME[0], NAME[1].
    """

    iteration: int
    seconds: float
    phase: str
    net: int | None
    rate: float | None
    total_loss: float | None
    outputs: dict[str, float] = field(default_factory=dict)


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


def named(outputs: Sequence[Output]) -> dict[str, float]:
    """Outputs by name; of a blob of several numbers NAME[0], NAME[1], of one of very many none."""
    counts = Counter(output.name for output in outputs)
    seen: Counter[str] = Counter()
    found = {}
    for output in outputs:
        if counts[output.name] == 1:
            found[output.name] = output.value
        elif counts[output.name] <= MOST_VALUES:
            found[f"{output.name}[{seen[output.name]}]"] = output.value
            seen[output.name] += 1
    return found


def _total_loss(event: Tested) -> float | None:
    """As test_compute_loss gives it, else what the outputs that are losses add up to."""
    if event.loss is not None:
        return event.loss
    losses = [output.value * output.loss_weight for output in event.outputs if output.loss_weight]
    return sum(losses) if losses else None
