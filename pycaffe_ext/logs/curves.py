"""What pictures of curves have in common: which numbers are scores, how noise is smoothed, how an axis is scaled."""

from __future__ import annotations

from collections.abc import Sequence
from math import isclose, isfinite
from statistics import median

import numpy as np
import numpy.typing as npt

from .rows import Row

_SMOOTHED_FROM = 60  # displayed iterations: with more, a running mean is drawn over the noise
_LOG_FROM = 30  # times the median: a larger loss would press the rest of the curve to the floor


def half_width(points: int) -> int:
    """So many neighbours on either side go into a running mean over that many points; 0 for none."""
    return points // 30 if points > _SMOOTHED_FROM else 0


def running_mean(values: Sequence[float], width: int) -> npt.NDArray[np.float64]:
    """The mean of each value with up to `width` neighbours on either side."""
    window = np.ones(2 * width + 1)
    return _sums(np.asarray(values, np.float64), window) / _sums(np.ones(len(values)), window)


def _sums(values: npt.NDArray[np.float64], window: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    half = len(window) // 2
    return np.convolve(values, window)[half : half + len(values)]


def needs_log_scale(losses: Sequence[float | None]) -> bool:
    """Whether a few losses are so much larger than the others that a linear axis shows nothing else."""
    every = [loss for loss in losses if loss is not None and isfinite(loss)]
    return bool(every) and min(every) > 0 and max(every) > _LOG_FROM * median(every)


def scores_in(rows: Sequence[Row]) -> list[str]:
    """The outputs that are no losses, by name, as far as rows alone tell.

    A loss has "loss" in its name, or is all of a test's total loss.
    """
    names = list(dict.fromkeys(name for row in rows for name in row.outputs))
    return [name for name in names if "loss" not in name.lower() and not _is_total(name, rows)]


def _is_total(name: str, rows: Sequence[Row]) -> bool:
    pairs = [
        (row.outputs[name], row.total_loss)
        for row in rows
        if row.net is not None and name in row.outputs and row.total_loss is not None
    ]
    return bool(pairs) and all(isclose(value, total, rel_tol=1e-5) for value, total in pairs)


def kind_of(scores: Sequence[str]) -> str:
    """What to write on their axis: accuracy (a share of 1), or scores."""
    return "accuracy" if all("acc" in name.lower() for name in scores) else "scores"


def nets_tested(rows: Sequence[Row]) -> list[int]:
    """The numbers of the test nets."""
    return sorted({row.net for row in rows if row.net is not None})
