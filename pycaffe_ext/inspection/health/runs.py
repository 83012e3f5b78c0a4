"""The three ways in which a net is watched: a solver's steps, a net's own data, photographs."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from ...engine.events import Event, Stepped
from ...engine.net import Net
from ...engine.solver import Solver, get_solver
from ...errors import OptionError
from .health import Health
from .watch import NumbersBroke, Watch

if TYPE_CHECKING:
    from ..photographs import Photograph
    from ..subject import Subject

Done = Callable[[int], None]


def _quiet(count: int) -> None:
    """Takes no note."""


def watch_solver(param: Any, steps: int, *, done: Done = _quiet) -> Health:
    """Trains for so many steps, with the solver's data and updates; nothing is written, and no test is run.

    `param`: a SolverParameter. Ends early where a number breaks. `done(count)` is told of each step.
    Raises OptionError for no steps, and what the solver raises.
    """
    _check(steps, "steps")
    param = type(param).FromString(param.SerializeToString())
    for name in ("snapshot", "test_iter", "test_interval", "test_net", "test_net_param", "test_state"):
        param.ClearField(name)
    solver: Solver = get_solver(param)
    watch = Watch(solver.net)

    def heard(event: Event) -> None:
        if isinstance(event, Stepped):
            watch.updated()

    solver.listeners.append(heard)
    solver.add_callback(lambda: None, lambda: watch.gradients_are_ready(param.iter_size))
    try:
        for step in range(steps):
            solver.step(1)
            done(step + 1)
    except NumbersBroke:
        pass
    finally:
        solver.close()
    return watch.health()


def watch_net(net: Net, batches: int, *, done: Done = _quiet) -> Health:
    """Runs a net that has data and a loss forward and backward; its weights stay as they are.

    Gradients are of one batch each. Ends early where a number breaks. Raises OptionError for no batches.
    """
    _check(batches, "batches")
    net.keep_graphs = False
    watch = Watch(net)
    last = len(net.layers) - 1
    try:
        for batch in range(batches):
            net.clear_param_diffs()
            net._forward(0, last)
            net._backward(last, 0)
            watch.gradients_are_ready()
            done(batch + 1)
    except NumbersBroke:
        pass
    return watch.health()


def watch_pictures(
    subject: Subject, photographs: Sequence[Photograph], batch: int = 16, *, done: Done = _quiet
) -> Health:
    """Shows photographs to a net that only predicts: units and numbers, no gradients. Ends early as the others do."""
    _check(batch, "pictures at once")
    watch = Watch(subject.net)
    subject.net.keep_passes = False
    try:
        for start in range(0, len(photographs), batch):
            shown = [photographs[place].pixels for place in range(start, min(start + batch, len(photographs)))]
            subject.forward(subject.batch(shown))
            done(start + len(shown))
    except NumbersBroke:
        pass
    return watch.health()


def _check(count: int, what: str) -> None:
    if count < 1:
        raise OptionError(f"at least 1 of {what} is needed, not {count}")
