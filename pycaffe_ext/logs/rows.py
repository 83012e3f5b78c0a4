"""One displayed iteration, or one test, as numbers."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Protocol

MOST_VALUES = 100  # an output blob of more numbers is no score: it is left out of rows


@dataclass(frozen=True)
class Row:
    """The numbers of one displayed training iteration, or of one test.

    `seconds`: since the job began, resumes added up, test and snapshot time included. `net`: number of the test
    net, None in training. `rate`: None in tests. `total_loss`: the weighted sum of the losses, in training the
    mean over the last average_loss iterations; None where a test net has no loss. `outputs`: the net's output
    blobs by name, several numbers of one blob as NAME[0], NAME[1].
    """

    iteration: int
    seconds: float
    phase: str
    net: int | None
    rate: float | None
    total_loss: float | None
    outputs: dict[str, float] = field(default_factory=dict)


class Output(Protocol):
    """One number of an output blob."""

    @property
    def name(self) -> str: ...

    @property
    def value(self) -> float: ...


def named(outputs: Sequence[Output]) -> dict[str, float]:
    """Outputs by name; of a blob of several numbers NAME[0], NAME[1], of one of very many none."""
    counts = Counter(output.name for output in outputs)
    seen: Counter[str] = Counter()
    found = {}
    for output in outputs:
        if counts[output.name] == 1:
            found[output.name] = output.value
        elif counts[output.name] <= MOST_VALUES:
            found[f"{output.name}[{seen[output.name]}]"] = output.value
            seen[output.name] += 1
    return found
