"""A training job: a solver prototxt, where it starts from, an engine, and those who listen."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack, closing
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ..errors import OptionError
from ..logs import Row
from ..logs.csv_log import CsvLog, read_log
from ..model.load import read_solver
from . import engines
from .alarm import Alarm
from .curves import Curves
from .events import Event, Finished, Listener, Snapshotted, SolverEvent, Started, Tested, Warned
from .filters import limits_for
from .history import History
from .paths import AnyPath, explaining_paths, snapshot_prefix
from .speed import Speed
from .tensorboard import TensorBoard

if TYPE_CHECKING:
    from ..bvlc import Place
    from ..engine.events import Request


@dataclass(frozen=True)
class Result:
    """What came of a job.

    `iteration`: updates done, resumes included; `early`: it was asked to stop. `rows`: the log's rows, in
    order; `tests`: the last test of each test net. `seconds`: of this run, `images_per_second`: of its
    training alone. `files`: what was written and is there, the last snapshot's weights and state first.
    """

    iteration: int
    early: bool
    rows: tuple[Row, ...]
    tests: tuple[Tested, ...]
    seconds: float
    images_per_second: float
    files: tuple[str, ...]
    warnings: tuple[str, ...]


class _Notes:
    """A listener that keeps what the result tells."""

    def __init__(self) -> None:
        self.finished: Finished | None = None
        self.tests: dict[int, Tested] = {}
        self.snapshot: tuple[str, ...] = ()
        self.warnings: list[str] = []

    def __call__(self, event: Event) -> None:
        if isinstance(event, Finished):
            self.finished = event
        elif isinstance(event, Tested):
            self.tests[event.net] = event
        elif isinstance(event, Snapshotted):
            self.snapshot = (event.weights, event.state)
        elif isinstance(event, Warned):
            self.warnings.append(event.message)


def train(
    solver_file: AnyPath,
    *,
    weights: Sequence[AnyPath] | AnyPath | None = None,
    snapshot: AnyPath | None = None,
    engine: str = "torch",
    gpu: int | None = None,
    place: Place | None = None,
    iterations: int | None = None,
    filter_limits: Mapping[str, float] | None = None,
    out: AnyPath | None = None,
    log: AnyPath | None = None,
    tensorboard: AnyPath | None = None,
    listeners: Sequence[Listener] = (),
    ask: Callable[[], Request] | None = None,
) -> Result:
    """Trains as the solver's prototxt says, and writes snapshots, a log and curves.

    `weights`: caffemodels to start from, `snapshot`: a solverstate to go on from. `iterations`: instead of the
    solver's max_iter. `gpu`: a GPU's number; without it the solver's solver_mode, where there is a GPU. `place`:
    where real Caffe is, for the engine "caffe". `filter_limits`: the largest root mean square of a filter's weights,
    by the name of a convolution, or under "" for all (see filters). `out`: a folder for all that is written, instead of
    snapshot_prefix's; `log`: the CSV log, instead of PREFIX_log.csv. `tensorboard`: a folder for TensorBoard's
    events. `listeners` get each Event; `ask` is called between iterations and test batches, and says whether to
    snapshot or stop.

    Paths in the solver and the net count from the current folder. Raises what is wrong with files, net or
    options as a CaffeError.
    """
    param = _solver(solver_file, weights, snapshot, iterations)
    prefix = param.snapshot_prefix = snapshot_prefix(param, out)
    with ExitStack() as stack:
        solver = stack.enter_context(closing(_start(solver_file, param, engine, snapshot, gpu, place)))
        if filter_limits:
            solver.limit_filters(limits_for(solver.plan.net, filter_limits))
        log_file, picture = str(log or f"{prefix}_log.csv"), f"{prefix}_curves.png"
        kept = _rows_before(log_file, solver.iteration) if snapshot is not None else []
        on_row: list[Callable[[Row], None]] = []
        if tensorboard is not None:
            on_row.append(stack.enter_context(closing(TensorBoard(str(tensorboard), solver.iteration))))
        on_row.append(CsvLog(log_file, kept))
        history, notes = History(kept, on_row), _Notes()
        started = _started(param, solver)

        def tell(event: Event) -> None:
            for listener in everyone:
                listener(event)

        def tell_and_time(event: SolverEvent) -> None:
            started.speed.add(event)
            tell(event)
            started.speed.resume()

        curves = Curves(picture, history.rows)
        everyone: list[Listener] = [history, notes, curves, *listeners, Alarm(tell)]
        tell(started)
        started.speed.resume()
        solver.run(tell_and_time, ask or _nothing)

    assert notes.finished is not None
    files = [*notes.snapshot, log_file, picture, *([str(tensorboard)] if tensorboard is not None else [])]
    return Result(
        iteration=notes.finished.iteration,
        early=notes.finished.early,
        rows=tuple(history.rows),
        tests=tuple(notes.tests[net] for net in sorted(notes.tests)),
        seconds=history.seconds,
        images_per_second=started.speed.mean_images_per_second,
        files=tuple(files),
        warnings=tuple(notes.warnings),
    )


def plan(
    solver_file: AnyPath,
    *,
    weights: Sequence[AnyPath] | AnyPath | None = None,
    snapshot: AnyPath | None = None,
    engine: str = "torch",
    gpu: int | None = None,
    place: Place | None = None,
    iterations: int | None = None,
    filter_limits: Mapping[str, float] | None = None,
) -> Started:
    """Builds all nets as `train` would, loads their weights, and says what would be trained; nothing is written.

    Raises what `train` raises before its first iteration.
    """
    param = _solver(solver_file, weights, snapshot, iterations)
    param.ClearField("snapshot")  # its folder need not be there
    with closing(_start(solver_file, param, engine, snapshot, gpu, place)) as solver:
        limits_for(solver.plan.net, filter_limits or {})
        return _started(param, solver)


def _solver(
    solver_file: AnyPath,
    weights: Sequence[AnyPath] | AnyPath | None,
    snapshot: AnyPath | None,
    iterations: int | None,
) -> Any:
    """The solver's parameters with what the options change. As in Caffe, either option replaces its `weights`."""
    if weights is not None and snapshot is not None:
        raise OptionError("give weights to fine-tune from, or a snapshot to resume, not both")
    param = read_solver(solver_file)
    if snapshot is not None:
        del param.weights[:]
    elif weights is not None:
        files = [weights] if isinstance(weights, str | os.PathLike) else weights
        param.weights[:] = [os.fspath(file) for file in files]
    if iterations is not None:
        if not 0 <= iterations < 2**31:
            raise OptionError(f"iterations must be from 0 to {2**31 - 1}, got {iterations}")
        param.max_iter = iterations
    return param


def _start(
    solver_file: AnyPath, param: Any, engine: str, snapshot: AnyPath | None, gpu: int | None, place: Place | None
) -> engines.Engine:
    state = None if snapshot is None else os.fspath(snapshot)
    with explaining_paths(solver_file):
        return engines.start(engine, param, snapshot=state, gpu=gpu, place=place)


def _started(param: Any, solver: engines.Engine) -> Started:
    speed = Speed(param, solver.iteration, solver.plan.images)
    return Started(param, solver.device, solver.iteration, solver.plan, speed)


def _rows_before(log: str, iteration: int) -> list[Row]:
    """The rows of an earlier run's log that a run from `iteration` on does not make anew."""
    return [row for row in read_log(log) if row.iteration < iteration] if os.path.exists(log) else []


def _nothing() -> Request:
    from ..engine.events import Request

    return Request.NONE
