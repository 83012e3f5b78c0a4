"""The solver of the torch engine: its nets, and how gradients become updates."""

from __future__ import annotations

import os
from abc import abstractmethod
from collections.abc import Callable
from os import PathLike
from typing import Any, ClassVar

import torch

from ..errors import FileError, NetError, UnknownNameError
from ..model.load import read_solver
from ..proto import caffe_pb2
from . import device, memory, snapshots
from .events import Event, Output
from .failures import naming
from .heads import storage
from .loop import Outputs, SolverLoop
from .net import Net
from .parameters import Learnable
from .schedules import rate_at, step_at
from .solver_nets import test_nets, train_net

AnyPath = str | PathLike[str]


class Solver(SolverLoop):
    """Trains the net of a solver prototxt. A subclass says how a parameter follows from its gradient.

    Attributes: `net`, `test_nets`, and those of SolverLoop.
    Raises FileError, PrototxtError, NetError and the like, naming file or layer.
    """

    type: ClassVar[str]
    n_history: ClassVar[int] = 1  # history blobs per parameter
    needs_no_momentum: ClassVar[bool] = False
    frozen_is_still: ClassVar[bool] = False  # with rate 0 and a history of zeros, an update changes nothing at all
    new_listeners: ClassVar[list[Callable[[Solver], Callable[[Event], None]]]] = []  # each makes one for every solver

    def __init__(self, solver_file: AnyPath | Any) -> None:
        is_message = isinstance(solver_file, caffe_pb2.SolverParameter)
        super().__init__(solver_file if is_message else read_solver(solver_file))
        self._check()
        if self.param.random_seed >= 0:
            device.set_random_seed(self.param.random_seed)
        self.net = train_net(self.param)
        self.test_nets = test_nets(self.param)
        self.listeners += [make(self) for make in self.new_listeners]
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

    # Training

    def check_rate(self) -> None:
        """Raises UnknownNameError, NetError where there is no such lr_policy, or it lacks a field.

        Caffe finds out at the first update: a solver that only tests may have none.
        """
        rate_at(self.param, self.iter, step_at(self.param, self.iter, self.current_step))

    def step(self, iterations: int) -> None:
        if iterations > 0:
            self.check_rate()
        super().step(iterations)

    def solve(self, resume_file: AnyPath | None = None) -> None:
        """Trains up to max_iter (from a solverstate where given); snapshots and tests at the end as Caffe does."""
        if resume_file is not None:
            self.restore(resume_file)
        self.solve_on()

    def _clear_diffs(self) -> None:
        self.net.clear_param_diffs()

    def _forward(self) -> float:
        return self.net._forward(0, len(self.net.layers) - 1)

    def _forward_backward(self, displayed: bool) -> float:
        self.net.debug_info = displayed and self.param.debug_info
        self.net.forget_diffs()  # memory is short in between
        loss = self._forward()
        self.net._backward(len(self.net.layers) - 1, 0)
        return loss

    def _outputs(self) -> Outputs:
        return _outputs(self.net)

    # Updates

    def apply_update(self) -> float:
        """Turns the gathered gradients into one update of all parameters; returns the rate used."""
        rate = self.lr
        memory.check_update(self)
        with torch.no_grad():
            self._part_from_history()
            self._clip()
            for index, learnable in enumerate(self.net.learnables):
                histories = self.history[index :: len(self.net.learnables)]
                if not learnable.lr_mult and self.frozen_is_still and not any(h.has_data for h in histories):
                    learnable.blob.clear_grad()  # the update, which diff holds afterwards
                    continue
                grad = learnable.blob.grad
                with naming(self.net.layers[learnable.owner[0]].param):
                    self._regularize(learnable, grad)
                    update = self.update(grad, [history.tensor for history in histories], rate * learnable.lr_mult)
                learnable.blob.tensor.sub_(update)
                learnable.blob.grad = update  # as in Caffe, diff holds the update afterwards
        self.iter += 1
        return rate

    def _part_from_history(self) -> None:
        """Where no pass backward has been since the last update, diffs may still be its history: copies them."""
        history = {storage(blob.tensor) for blob in self.history if blob.has_data}
        for learnable in self.net.learnables:
            if learnable.blob.has_grad and storage(learnable.blob.grad) in history:
                learnable.blob.grad = learnable.blob.grad.clone()

    def _clip(self) -> None:
        """Scales all gradients so that their norm is at most clip_gradients."""
        limit, self._clipped_norm = self.param.clip_gradients, None
        if limit < 0:
            return
        grads = [learnable.blob.grad for learnable in self.net.learnables if learnable.blob.has_grad]
        norm = float(torch.stack([grad.square().sum() for grad in grads]).sum().sqrt()) if grads else 0.0
        if norm > limit:
            self._clipped_norm = norm
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
        """What to subtract from a parameter: `grad` or `history` (n_history tensors), changed in place, or neither."""

    # Tests

    def _begin_test(self, index: int) -> None:
        self.test_nets[index].share_with(self.net)

    def _test_batch(self, index: int) -> tuple[float, Outputs]:
        net = self.test_nets[index]
        return net._forward(0, len(net.layers) - 1), _outputs(net)

    # Snapshots

    def _write_snapshot(self) -> tuple[str, str]:
        return snapshots.write(self)

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


def _outputs(net: Net) -> Outputs:
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
