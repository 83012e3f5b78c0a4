"""The training loop, as Caffe's solver runs it: test, forward and backward, update, snapshot."""

from __future__ import annotations

import os
from abc import ABC, abstractmethod
from collections.abc import Callable
from math import nan
from os import PathLike
from typing import Any, ClassVar

import torch

from ..errors import FileError, NetError, UnknownNameError
from ..model.load import read_solver
from ..proto import caffe_pb2
from . import device, memory, snapshots
from .events import Event, Finished, LastPass, Output, Request, Snapshotted, Stepped, Tested, Testing
from .failures import naming
from .net import Net
from .parameters import Learnable
from .schedules import rate_at, step_at
from .solver_nets import test_nets, train_net

AnyPath = str | PathLike[str]


class Solver(ABC):
    """Trains the net of a solver prototxt. A subclass says how a parameter follows from its gradient.

    Attributes: `net`, `test_nets`, `iter`, `param` (the SolverParameter). Listeners get an Event each time
    something happens; `ask` is called between iterations and says what is requested.
    Raises FileError, PrototxtError, NetError and the like, naming file or layer.
    """

    type: ClassVar[str]
    n_history: ClassVar[int] = 1  # history blobs per parameter
    needs_no_momentum: ClassVar[bool] = False
    frozen_is_still: ClassVar[bool] = False  # with rate 0 and a history of zeros, an update changes nothing at all
    new_listeners: ClassVar[list[Callable[[Solver], Callable[[Event], None]]]] = []  # each makes one for every solver

    def __init__(self, solver_file: AnyPath | Any) -> None:
        if isinstance(solver_file, caffe_pb2.SolverParameter):
            self.param: Any = solver_file
        else:
            self.param = read_solver(solver_file)
        self.ask: Callable[[], Request] = lambda: Request.NONE
        self._callbacks: list[tuple[Callable[[], None], Callable[[], None]]] = []
        self._check()
        if self.param.random_seed >= 0:
            device.set_random_seed(self.param.random_seed)
        self.net = train_net(self.param)
        self.test_nets = test_nets(self.param)
        self.listeners = [make(self) for make in self.new_listeners]
        self.iter = 0
        self.current_step = 0
        self.stop_requested = False
        self._losses: list[float] = []
        self._smoothed = 0.0
        # lazily: a zero history takes no memory until it is first written
        self.history = snapshots.empty_history(self)

    def _check(self) -> None:
        for field in ("average_loss", "iter_size"):
            if getattr(self.param, field) < 1:
                raise NetError("", f"{field} must be at least 1, got {getattr(self.param, field)}")
        if self.needs_no_momentum and self.param.momentum:
            raise NetError("", f"{self.type} takes no momentum, got {self.param.momentum}; remove it from the solver")
        if self.param.snapshot:
            folder = os.path.dirname(self.param.snapshot_prefix) or "."
            if not os.path.isdir(folder):
                raise FileError(folder, "snapshot_prefix names a folder that does not exist; make it first")
        rate_at(self.param, 0, 0)

    # Training

    def step(self, iterations: int) -> None:
        """Runs `iterations` updates (fewer when a stop is requested), testing and snapshotting as due."""
        start, end = self.iter, self.iter + iterations
        self._losses, self._smoothed = [], 0.0
        while self.iter < end:
            self.net.clear_param_diffs()
            if self._is_due(self.param.test_interval) and (self.iter > 0 or self.param.test_initialization):
                self._test_all()
                if self.stop_requested:
                    break
            for on_start, _ in self._callbacks:
                on_start()
            displayed = self._is_due(self.param.display)
            self.net.debug_info = displayed and self.param.debug_info
            loss = sum(self._forward_backward() for _ in range(self.param.iter_size)) / self.param.iter_size
            self._smooth(loss, start)
            outputs = _outputs(self.net) if displayed else ()
            for _, on_gradients_ready in self._callbacks:
                on_gradients_ready()
            rate = self.apply_update()
            self._tell(Stepped(self.iter - 1, loss, self._smoothed, rate, displayed, outputs))
            request = self.ask()
            if self._is_due(self.param.snapshot) or request is Request.SNAPSHOT:
                self.snapshot()
            if request is Request.STOP:
                self.stop_requested = True
                break

    def solve(self, resume_file: AnyPath | None = None) -> None:
        """Trains up to max_iter (from a solverstate where given); snapshots and tests at the end as Caffe does."""
        self.stop_requested = False
        if resume_file is not None:
            self.restore(resume_file)
        start = self.iter
        self.step(self.param.max_iter - self.iter)
        if self.param.snapshot_after_train and not self._is_due(self.param.snapshot):
            self.snapshot()
        if not self.stop_requested:
            if self._is_due(self.param.display):
                self._smooth(self.net._forward(0, len(self.net.layers) - 1), start)
                self._tell(LastPass(self.iter, self._smoothed))
            if self._is_due(self.param.test_interval):
                self._test_all()
        self._tell(Finished(self.iter, self.stop_requested))

    def _is_due(self, interval: int) -> bool:
        return interval > 0 and self.iter % interval == 0

    def _forward_backward(self) -> float:
        last = len(self.net.layers) - 1
        loss = self.net._forward(0, last)
        self.net._backward(last, 0)
        return loss

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

    # Updates

    @property
    def lr(self) -> float:
        """The learning rate of the next update."""
        self.current_step = step_at(self.param, self.iter, self.current_step)
        return rate_at(self.param, self.iter, self.current_step)

    def apply_update(self) -> float:
        """Turns the gathered gradients into one update of all parameters; returns the rate used."""
        rate = self.lr
        memory.check_update(self)
        with torch.no_grad():
            self._clip()
            for index, learnable in enumerate(self.net.learnables):
                histories = self.history[index :: len(self.net.learnables)]
                if not learnable.lr_mult and self.frozen_is_still and not any(h.has_data for h in histories):
                    continue
                grad = learnable.blob.grad
                with naming(self.net.layers[learnable.owner[0]].param):
                    self._regularize(learnable, grad)
                    update = self.update(grad, [history.tensor for history in histories], rate * learnable.lr_mult)
                learnable.blob.tensor.sub_(update)
                learnable.blob.grad = update  # as in Caffe, diff holds the update afterwards
        self.iter += 1
        return rate

    def _clip(self) -> None:
        """Scales all gradients so that their norm is at most clip_gradients."""
        limit = self.param.clip_gradients
        if limit < 0:
            return
        grads = [learnable.blob.grad for learnable in self.net.learnables if learnable.blob.has_grad]
        norm = float(torch.stack([grad.square().sum() for grad in grads]).sum().sqrt()) if grads else 0.0
        if norm > limit:
            for grad in grads:
                grad.mul_(limit / norm)

    def _regularize(self, learnable: Learnable, grad: torch.Tensor) -> None:
        """The mean over iter_size passes, plus weight_decay times the weights (L2) or their signs (L1)."""
        if self.param.iter_size > 1:
            grad.div_(self.param.iter_size)
        decay = self.param.weight_decay * learnable.decay_mult
        if not decay:
            return
        weights, kind = learnable.blob.tensor, self.param.regularization_type
        if kind == "L2":
            grad.add_(weights, alpha=decay)
        elif kind == "L1":
            grad.add_(weights.sign(), alpha=decay)
        else:
            raise UnknownNameError("regularization_type", kind, ("L1", "L2"))

    @abstractmethod
    def update(self, grad: torch.Tensor, history: list[torch.Tensor], rate: float) -> torch.Tensor:
        """What to subtract from a parameter. `grad` and `history` (n_history tensors) may be changed in place;
        the result must not be one of the histories."""

    # Tests

    def _test_all(self) -> None:
        for index in range(len(self.test_nets)):
            if not self.stop_requested:
                self._test(index)

    def _test(self, index: int) -> None:
        net, count = self.test_nets[index], self.param.test_iter[index]
        self._tell(Testing(self.iter, index))
        net.share_with(self.net)
        total_loss, sums = 0.0, list[float]()
        outputs: tuple[Output, ...] = ()
        for _ in range(count):
            while (request := self.ask()) is not Request.NONE:
                if request is Request.SNAPSHOT:
                    self.snapshot()
                else:
                    self.stop_requested = True
                    return
            total_loss += net._forward(0, len(net.layers) - 1)
            outputs = _outputs(net)
            sums = sums or [0.0] * len(outputs)
            if len(outputs) != len(sums):
                raise NetError("", "the test net's outputs change their sizes from batch to batch; they have no mean")
            sums = [total + output.value for total, output in zip(sums, outputs, strict=True)]
        means = tuple(
            Output(output.name, total / count, output.loss_weight) for output, total in zip(outputs, sums, strict=True)
        )
        loss = total_loss / count if count > 0 else nan
        self._tell(Tested(self.iter, index, means, loss if self.param.test_compute_loss else None))

    # Snapshots

    def snapshot(self) -> None:
        """Writes PREFIX_iter_N.caffemodel and .solverstate (or both as .h5, by snapshot_format). Raises FileError."""
        weights, state = snapshots.write(self)
        self._tell(Snapshotted(self.iter, weights, state))

    def restore(self, state_file: AnyPath) -> None:
        """Takes up a solverstate (either format) with its weights. Raises FileError, NetError, ShapeError."""
        snapshots.restore(self, state_file)

    # Scripts

    def add_callback(self, on_start: Callable[[], None], on_gradients_ready: Callable[[], None]) -> None:
        """Calls on_start before each iteration, on_gradients_ready before each update."""
        self._callbacks.append((on_start, on_gradients_ready))

    def share_weights(self, net: Net) -> None:
        """Makes `net` look at the parameters that this solver trains."""
        net.share_with(self.net)

    def close(self) -> None:
        """Ends the threads of all data layers."""
        for net in (self.net, *self.test_nets):
            net.close()

    def _tell(self, event: Event) -> None:
        for listener in self.listeners:
            listener(event)


def _outputs(net: Net) -> tuple[Output, ...]:
    """Every number of the net's output blobs, in order."""
    weights, blobs = net.blob_loss_weights, net.blobs
    return tuple(
        Output(name, value, weights[name])
        for name in net.outputs
        for value in blobs[name].tensor.detach().reshape(-1).tolist()
    )


def get_solver(solver_file: AnyPath | Any) -> Solver:
    """The solver of the type that the file names. Raises UnknownNameError."""
    from .solvers import SOLVERS

    param = solver_file if isinstance(solver_file, caffe_pb2.SolverParameter) else read_solver(solver_file)
    if param.type not in SOLVERS:
        raise UnknownNameError("solver type", param.type, SOLVERS)
    return SOLVERS[param.type](param)
