"""A training that outlives the death of real Caffe's process: it goes on from the last snapshot."""

from __future__ import annotations

from typing import Any

from ..bvlc import WorkerDied
from .events import Event, Snapshotted, Warned
from .job import Result, train
from .paths import AnyPath


def train_on(solver_file: AnyPath, *, restarts: int, **job: Any) -> Result:
    """`train(solver_file, **job)`, begun again up to `restarts` times when a process with real Caffe dies.

    It goes on from the last snapshot that is whole, or from the start where there is none; the log too. A failed
    CHECK would fail again, and ends the training. Raises what `train` raises, WorkerDied after the last restart.
    """
    listeners = list(job.pop("listeners", ()))
    last: list[Snapshotted] = []

    def note(event: Event) -> None:
        if isinstance(event, Snapshotted):
            last[:] = [event]

    for number in range(1, restarts + 1):
        try:
            return train(solver_file, listeners=[*listeners, note], **job)
        except WorkerDied as death:
            if last:
                job |= {"snapshot": last[0].state, "weights": None}
            begin = last[0].state if last else "the start"
            warning = Warned(
                last[0].iteration if last else 0, f"{death}; going on from {begin} (restart {number} of {restarts})"
            )
            for listener in listeners:
                listener(warning)
    return train(solver_file, listeners=listeners, **job)
