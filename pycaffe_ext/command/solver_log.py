"""The log lines of a training, in the form that log parsers know (Caffe's tools/extra/parse_log.py and others)."""

from __future__ import annotations

import time
from collections.abc import Sequence

from ..engine.events import Event, Finished, LastPass, Output, Snapshotted, Stepped, Tested, Testing
from ..engine.solver import Solver
from ..glog import log, number
from .data_log import Restarts
from .debug_log import DebugLog
from .real_train import Shown


class SolverLog:
    """A listener of a solver that writes what happens into the log.

    `restarts`: of its nets, the training net's first, if it is to tell when they begin their databases anew.
    """

    def __init__(self, solver: Solver | Shown, restarts: Sequence[Restarts] = ()) -> None:
        self._solver = solver
        if isinstance(solver, Solver):
            takes_no_step = solver.iter >= solver.param.max_iter  # else the solver's debug_info counts, not the net's
            for net in (solver.net, *solver.test_nets):
                if solver.param.debug_info or (net.debug_info and takes_no_step):
                    DebugLog(net)
        self._restarts = restarts
        self._has_started = False
        self._is_testing = False

    def start(self) -> None:
        """Writes what precedes the first iteration, from which rates count. The first event does so where need be."""
        self._has_started = True
        self._step = self._solver.current_step
        self._shown_at, self._shown = time.perf_counter(), self._solver.iter
        log("solver.cpp:289", f"Solving {self._solver.net.name}")
        log("solver.cpp:290", f"Learning Rate Policy: {self._solver.param.lr_policy}")

    def __call__(self, event: Event) -> None:
        if not self._has_started:
            self.start()
        self._read(event)
        if isinstance(event, Stepped):
            self._stepped(event)
        elif isinstance(event, Testing):
            self._testing(event)
        elif isinstance(event, Tested):
            self._tested(event)
        elif isinstance(event, Snapshotted):
            self._interrupted()
            kind = "HDF5" if event.weights.endswith(".h5") else "binary proto"
            log("solver.cpp:464", f"Snapshotting to {kind} file {event.weights}")
            log("sgd_solver.cpp:284", f"Snapshotting solver state to {kind} file {event.state}")
        elif isinstance(event, LastPass):
            log("solver.cpp:327", f"Iteration {event.iteration}, loss = {number(event.smoothed_loss)}")
        else:
            self._finished(event)

    def _read(self, event: Event) -> None:
        """Data layers have read on."""
        if not self._restarts:
            return
        if isinstance(event, Stepped):
            self._restarts[0].passed(self._solver.param.iter_size)
        elif isinstance(event, LastPass):
            self._restarts[0].passed(1)
        elif isinstance(event, Tested):
            self._restarts[1 + event.net].passed(max(self._solver.param.test_iter[event.net], 0))

    def _stepped(self, event: Stepped) -> None:
        if event.displayed:
            now = time.perf_counter()
            seconds, done = now - self._shown_at, event.iteration - self._shown
            log(
                "solver.cpp:239",
                f"Iteration {event.iteration} ({number(done / seconds)} iter/s,"
                f" {number(seconds)}s/{self._solver.param.display} iters), loss = {number(event.smoothed_loss)}",
            )
            self._shown_at, self._shown = now, event.iteration
            _log_outputs("solver.cpp:258", "Train", event.outputs)
        if self._solver.param.lr_policy == "multistep" and self._solver.current_step > self._step:
            log(
                "sgd_solver.cpp:50",
                f"MultiStep Status: Iteration {event.iteration}, step = {self._solver.current_step}",
            )
        self._step = self._solver.current_step
        if event.displayed:
            log("sgd_solver.cpp:112", f"Iteration {event.iteration}, lr = {number(event.rate)}")
        if event.clipped_norm is not None:
            limit = self._solver.param.clip_gradients
            log(
                "sgd_solver.cpp:99",
                f"Gradient clipping: scaling down gradients (L2 norm {number(event.clipped_norm)} > {number(limit)})"
                f" by scale factor {number(limit / event.clipped_norm)}",
            )

    def _testing(self, event: Testing) -> None:
        self._is_testing = True
        log("solver.cpp:347", f"Iteration {event.iteration}, Testing net (#{event.net})")
        tested = self._solver.test_nets[event.net].layer_dict
        for layer in self._solver.net.layers:
            if layer.name not in tested:
                log("net.cpp:678", f"Ignoring source layer {layer.name}")

    def _tested(self, event: Tested) -> None:
        self._is_testing = False
        if event.loss is not None:
            log("solver.cpp:401", f"Test loss: {number(event.loss)}")
        _log_outputs("solver.cpp:414", "Test", event.outputs)

    def _interrupted(self) -> None:
        if self._is_testing and self._solver.stop_requested:
            log("solver.cpp:396", "Test interrupted.")
            self._is_testing = False

    def _finished(self, event: Finished) -> None:
        self._interrupted()
        if event.early:
            log("solver.cpp:311", "Optimization stopped early.")
        else:
            log("solver.cpp:332", "Optimization Done.")


def _log_outputs(source: str, which: str, outputs: Sequence[Output]) -> None:
    for index, output in enumerate(outputs):
        log(source, f"    {which} net output #{index}: {output.name} = {number(output.value)}{weighted(output)}")


def weighted(output: Output) -> str:
    """What a loss adds to the net's loss, behind its own value; empty for what is no loss."""
    weight = output.loss_weight
    return f" (* {number(weight)} = {number(weight * output.value)} loss)" if weight else ""
