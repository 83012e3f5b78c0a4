"""What a training job tells its listeners: the solver's events, and two of the job's own.

Every engine tells the same events in the same order: Started, then per iteration Stepped, with Testing and
Tested, Snapshotted and Warned where they fall, and Finished at the end.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from ..engine.events import Event as SolverEvent
from ..engine.events import Finished, LastPass, Output, Snapshotted, Stepped, Tested, Testing
from .plan import Plan
from .speed import Speed


@dataclass(frozen=True)
class Started:
    """The nets are built and the first iteration is about to run.

    `param`: the SolverParameter in force; `iteration`: updates done so far (more than 0 on a resume);
    `speed`: how fast it runs, kept up to date from here on.
    """

    param: Any
    device: str
    iteration: int
    plan: Plan
    speed: Speed


@dataclass(frozen=True)
class Warned:
    """Something that the user should know, and that does not stop the training."""

    iteration: int
    message: str


Event = Started | SolverEvent | Warned
Listener = Callable[[Event], None]

__all__ = [
    "Event",
    "Finished",
    "LastPass",
    "Listener",
    "Output",
    "Snapshotted",
    "SolverEvent",
    "Started",
    "Stepped",
    "Tested",
    "Testing",
    "Warned",
]
