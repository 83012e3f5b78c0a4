"""How far two engines' numbers are apart."""

from __future__ import annotations

from typing import Any

import numpy as np

HUGE = 1e30  # -FLT_MAX of a pooling window over nothing must not hide the other values


def largest_difference(ours: Any, real: Any) -> float:
    """max |ours - real| as a part of max |real|; infinite where shapes differ, or where only one is all zeros."""
    ours, real = np.asarray(ours, np.float64), np.asarray(real, np.float64)
    if ours.shape != real.shape:
        return np.inf
    huge = np.abs(real) > HUGE
    if huge.any() and not huge.all():
        return max(largest_difference(ours[part], real[part]) for part in (huge, ~huge))
    difference = np.abs(ours - real).max(initial=0)
    if difference == 0:
        return 0.0
    scale = np.abs(real).max()
    return float(difference / scale) if scale > 0 and np.isfinite(difference) else np.inf
