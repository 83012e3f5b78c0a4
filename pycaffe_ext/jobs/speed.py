"""How fast a job runs, and how long it still takes: each moment counts for the event that ends it."""

from __future__ import annotations

from collections import deque
from time import monotonic

from .events import Event, Started, Stepped, Tested

_RECENT = 100  # iterations that the current rate is taken over


class Speed:
    """A listener. Tests and snapshots do not slow the rates down, but lengthen the time that is left."""

    def __init__(self) -> None:
        self.iteration = 0  # updates done
        self.training_seconds = 0.0
        self.steps = 0
        self._recent: deque[float] = deque(maxlen=_RECENT)
        self._tests: dict[int, float] = {}  # last duration of each net's test
        self._last = monotonic()

    def __call__(self, event: Event) -> None:
        now = monotonic()
        seconds, self._last = now - self._last, now
        if isinstance(event, Started):
            self._param, self._images = event.param, event.plan.images
            self.iteration = event.iteration
        elif isinstance(event, Stepped):
            self.iteration = event.iteration + 1
            self.steps += 1
            self.training_seconds += seconds
            if self.steps == 2:  # the first one warms caches and memory up
                self._recent.clear()
            self._recent.append(seconds)
        elif isinstance(event, Tested):
            self._tests[event.net] = seconds

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
        tests = last // interval - (self.iteration - 1) // interval if interval else 0
        return (last - self.iteration) / self.iterations_per_second + tests * sum(self._tests.values())
