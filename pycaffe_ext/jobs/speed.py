"""How fast a job runs, and how long it still takes: each moment counts for the event that ends it."""

from __future__ import annotations

from collections import deque
from time import monotonic
from typing import Any

from ..engine.events import Event as SolverEvent
from ..engine.events import Stepped, Tested

_RECENT = 100  # iterations that the current rate is taken over


class Speed:
    """The job feeds it with each event, and calls `resume` when the listeners are done with one.

    Tests, snapshots and listeners do not slow the rates down; tests lengthen the time that is left.
    """

    def __init__(self, param: Any, iteration: int, images: int) -> None:
        self._param, self._images = param, images
        self._done = iteration  # updates, those before this run included
        self._steps, self._seconds = 0, 0.0
        self._recent: deque[float] = deque(maxlen=_RECENT)
        self._tests: dict[int, float] = {}  # last duration of each net's test
        self._last = monotonic()

    def add(self, event: SolverEvent) -> None:
        """Counts the time since the last `resume`."""
        seconds = monotonic() - self._last
        if isinstance(event, Stepped):
            self._done = event.iteration + 1
            self._steps += 1
            self._seconds += seconds
            if self._steps == 2:  # the first one warms caches and memory up
                self._recent.clear()
            self._recent.append(seconds)
        elif isinstance(event, Tested):
            self._tests[event.net] = seconds

    def resume(self) -> None:
        """The solver runs on."""
        self._last = monotonic()

    @property
    def mean_images_per_second(self) -> float:
        """Of all training so far."""
        return self._steps * self._images / max(self._seconds, 1e-9)

    @property
    def iterations_per_second(self) -> float:
        """Of the last hundred iterations; 0 before the first."""
        return len(self._recent) / max(sum(self._recent), 1e-9)

    @property
    def images_per_second(self) -> float:
        return self.iterations_per_second * self._images

    @property
    def seconds_left(self) -> float:
        """Until max_iter, with the tests that are still due; to be asked after an iteration."""
        interval, last = int(self._param.test_interval), int(self._param.max_iter)
        tests = last // interval - (self._done - 1) // interval if interval else 0
        return (last - self._done) / self.iterations_per_second + tests * sum(self._tests.values())
