"""Training jobs: ``train(solver_file, ...) -> Result``, with snapshots, a CSV log, curves and events to listen to."""

from ..logs import Row
from .events import Event, Finished, LastPass, Listener, Output, Snapshotted, Started, Stepped, Tested, Testing, Warned
from .job import Result, plan, train
from .plan import LayerPlan, NetPlan, Plan

__all__ = [
    "Event",
    "Finished",
    "LastPass",
    "LayerPlan",
    "Listener",
    "NetPlan",
    "Output",
    "Plan",
    "Result",
    "Row",
    "Snapshotted",
    "Started",
    "Stepped",
    "Tested",
    "Testing",
    "Warned",
    "plan",
    "train",
]
