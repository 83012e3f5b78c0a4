"""The order of a training: when to test, update, display and snapshot, as Caffe's solver does, on any engine."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from math import nan
from typing import Any

from ..errors import NetError
from .events import Event, Finished, LastPass, Output, Request, Snapshotted, Stepped, Tested, Testing
from .schedules import rate_at, step_at

Outputs = tuple[Output, ...]


class SolverLoop(ABC):
    """Runs iterations and tells of them; a subclass says how passes, updates and files are made.

    Attributes: `param` (the SolverParameter), `iter` (updates done). `listeners` get an Event each time
    something happens; `ask` is called between iterations and test batches, and says what is requested.
    """

    def __init__(self, param: Any) -> None:
        self.param = param
        self.ask: Callable[[], Request] = lambda: Request.NONE
        self.listeners: list[Callable[[Event], None]] = []
        self.iter = 0
        self.current_step = 0
        self.stop_requested = False
        self._callbacks: list[tuple[Callable[[], None], Callable[[], None]]] = []
        self._losses: list[float] = []
        self._smoothed = 0.0
        self._clipped_norm: float | None = None

    # What an engine does

    @abstractmethod
    def _clear_diffs(self) -> None:
        """Sets the diffs of all parameters to zero."""

    @abstractmethod
    def _forward_backward(self, displayed: bool) -> float:
        """One of the iter_size passes; returns its loss. `displayed`: its iteration is one that `display` falls on."""

    @abstractmethod
    def _outputs(self) -> Outputs:
        """The training net's outputs after the last pass."""

    @abstractmethod
    def apply_update(self) -> float:
        """Turns the gathered diffs into one update of all parameters; returns the rate used."""

    @abstractmethod
    def _forward(self) -> float:
        """A pass forward through the training net; returns its loss."""

    @abstractmethod
    def _begin_test(self, index: int) -> None:
        """Makes test net `index` look at the parameters that are trained."""

    @abstractmethod
    def _test_batch(self, index: int) -> tuple[float, Outputs]:
        """A pass forward through test net `index`: its loss and outputs."""

    @abstractmethod
    def _write_snapshot(self) -> tuple[str, str]:
        """Writes weights and state; returns both file names. Raises FileError."""

    # Training

    def step(self, iterations: int) -> None:
        """Runs `iterations` updates (fewer when a stop is requested), testing and snapshotting as due."""
        start, end = self.iter, self.iter + iterations
        self._losses, self._smoothed = [], 0.0
        while self.iter < end:
            self._clear_diffs()
            if self._is_due(self.param.test_interval) and (self.iter > 0 or self.param.test_initialization):
                self._test_all()
                if self.stop_requested:
                    break
            for on_start, _ in self._callbacks:
                on_start()
            displayed = self._is_due(self.param.display)
            loss = sum(self._forward_backward(displayed) for _ in range(self.param.iter_size)) / self.param.iter_size
            self._smooth(loss, start)
            outputs = self._outputs() if displayed else ()
            for _, on_gradients_ready in self._callbacks:
                on_gradients_ready()
            rate = self.apply_update()
            self._tell(Stepped(self.iter - 1, loss, self._smoothed, rate, displayed, outputs, self._clipped_norm))
            request = self.ask()
            if self._is_due(self.param.snapshot) or request is Request.SNAPSHOT:
                self.snapshot()
            if request is Request.STOP:
                self.stop_requested = True
                break

    def solve_on(self) -> None:
        """Trains up to max_iter; snapshots and tests at the end as Caffe does."""
        self.stop_requested = False
        start = self.iter
        self.step(self.param.max_iter - self.iter)
        if self.param.snapshot_after_train and not self._is_due(self.param.snapshot):
            self.snapshot()
        if not self.stop_requested:
            if self._is_due(self.param.display):
                self._smooth(self._forward(), start)
                self._tell(LastPass(self.iter, self._smoothed))
            if self._is_due(self.param.test_interval):
                self._test_all()
        self._tell(Finished(self.iter, self.stop_requested))

    def snapshot(self) -> None:
        """Writes PREFIX_iter_N.caffemodel and .solverstate (or both as .h5, by snapshot_format). Raises FileError."""
        self._tell(Snapshotted(self.iter, *self._write_snapshot()))

    @property
    def lr(self) -> float:
        """The learning rate of the next update."""
        self.current_step = step_at(self.param, self.iter, self.current_step)
        return rate_at(self.param, self.iter, self.current_step)

    def _is_due(self, interval: int) -> bool:
        return interval != 0 and self.iter % interval == 0  # as in Caffe, -5 is every fifth too

    def _smooth(self, loss: float, start: int) -> None:
        """The mean of the last average_loss losses."""
        window = self.param.average_loss
        if len(self._losses) < window:
            self._losses.append(loss)
            self._smoothed = (self._smoothed * (len(self._losses) - 1) + loss) / len(self._losses)
        else:
            oldest = (self.iter - start) % window
            self._smoothed += (loss - self._losses[oldest]) / window
            self._losses[oldest] = loss

    # Tests

    def _test_all(self) -> None:
        for index in range(len(self.param.test_iter)):
            if not self.stop_requested:
                self._test(index)

    def _test(self, index: int) -> None:
        count = self.param.test_iter[index]
        self._tell(Testing(self.iter, index))
        self._begin_test(index)
        total_loss, sums = 0.0, list[float]()
        outputs: Outputs = ()
        for _ in range(count):
            while (request := self.ask()) is not Request.NONE:
                if request is Request.SNAPSHOT:
                    self.snapshot()
                else:
                    self.stop_requested = True
                    return
            loss, outputs = self._test_batch(index)
            total_loss += loss
            sums = sums or [0.0] * len(outputs)
            if len(outputs) != len(sums):
                raise NetError("", "the test net's outputs change their sizes from batch to batch; they have no mean")
            sums = [total + output.value for total, output in zip(sums, outputs, strict=True)]
        means = tuple(
            Output(output.name, total / count, output.loss_weight) for output, total in zip(outputs, sums, strict=True)
        )
        loss = total_loss / count if count else -nan  # what 0 / 0 is on a CPU
        self._tell(Tested(self.iter, index, means, loss if self.param.test_compute_loss else None))

    def _tell(self, event: Event) -> None:
        for listener in self.listeners:
            listener(event)
