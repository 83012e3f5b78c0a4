"""What to run to see that operations left a net's function as it was."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from .runnable import runnable
from .runner import Step


class Proof(NamedTuple):
    """The nets before and after some steps as prototxt that runs on its inputs alone, and how their blobs go together.

    For `inspection.equivalence.compare`, which calls `draw`, `feed` and `meet`.
    """

    before: str
    after: str
    steps: tuple[Step, ...]

    def draw(self, inputs: Mapping[str, Any]) -> Mapping[str, Any]:
        """Random inputs as those of the net before are: an operation that knows how may have a `draw` of its own."""
        for step in self.steps:
            draw = getattr(step.operation, "draw", None)
            if draw is not None:
                inputs = draw(step.before, step.requests, inputs)
        return inputs

    def feed(self, inputs: Mapping[str, Any]) -> Mapping[str, Any]:
        """The inputs of the net after, from those of the net before: an operation may have a `feed` of its own."""
        for step in self.steps:
            feed = getattr(step.operation, "feed", None)
            if feed is not None:
                inputs = feed(step.before, step.requests, inputs)
        return inputs

    def meet(self, name: str, array: Any) -> Any:
        """Of an output of the net after what the net before has: an operation may have a `meet` of its own."""
        for step in reversed(self.steps):
            meet = getattr(step.operation, "meet", None)
            if meet is not None:
                array = meet(step.before, step.requests, name, array)
        return array


def proof_of(steps: Sequence[Step]) -> Proof:
    """The proof of steps that follow one another. Raises NetError where a net cannot be run on random inputs."""
    return Proof(runnable(steps[0].before), runnable(steps[-1].after), tuple(steps))
