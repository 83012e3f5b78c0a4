"""A dense net's scores over a set of pairs, now or through its training."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np

from ...errors import DataError
from ..subject import Subject
from .output_numbers import OutputNumbers
from .pairs import Pair
from .predictions import predictions
from .scores import DenseScores, confusion


class Evaluation(NamedTuple):
    """Scores over all pixels, and what the output's numbers give away."""

    scores: DenseScores
    numbers: OutputNumbers


def evaluate(
    subject: Subject,
    pairs: Sequence[Pair],
    *,
    ignore: int | None = None,
    batch: int = 8,
    done: Callable[[int], None] = lambda count: None,
) -> Evaluation:
    """Runs the net over all pairs; nothing is kept of them. Raises DataError for a label that is no class."""
    numbers, total = OutputNumbers(), None
    for one in predictions(subject, pairs, batch=batch, done=done):
        numbers.add(one.output, one.logits)
        if one.truth is None:
            raise DataError(f"{one.name}: has no label map")
        try:
            counts = confusion(one.truth, one.output.argmax(axis=0), len(one.output), ignore=ignore)
        except DataError as error:
            raise DataError(f"label map of {one.name}: {error} (--ignore leaves a label out)") from error
        total = counts if total is None else total + counts
    if total is None or not total.sum():
        raise DataError("there is no pixel with a label to score")
    return Evaluation(DenseScores(np.asarray(total)), numbers)
