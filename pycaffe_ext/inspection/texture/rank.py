"""How often the true class is among the best few."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from ..attribution.class_scores import class_scores
from ..photographs import Pixels
from ..running import forward_only, in_batches
from ..subject import Subject


class Rank(NamedTuple):
    """Of a picture: how many classes score higher than its own, and its own class's probability."""

    above: int
    probability: float


def ranks(subject: Subject, pictures: Sequence[Pixels], labels: Sequence[int], batch: int = 16) -> list[Rank]:
    """Of each picture, of the input's size: none is resized. A class of the same score counts as higher, so that a
    constant net is never right."""
    scores = class_scores(subject)
    found = []
    pairs = list(zip(pictures, labels, strict=True))
    with forward_only(subject):
        for some in in_batches(pairs, batch):
            outputs = subject.forward(subject.scaled([pixels for pixels, _ in some]))[scores.output]
            given = scores.probabilities(outputs)
            for one, (_, label) in zip(given, some, strict=True):
                found.append(Rank(int((one >= one[label]).sum()) - 1, float(one[label])))
    return found


def top(found: Sequence[Rank], count: int) -> float:
    """The share of pictures whose class is among the best `count`."""
    return float(np.mean([one.above < count for one in found]))
