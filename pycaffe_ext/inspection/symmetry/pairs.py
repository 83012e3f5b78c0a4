"""How near the vectors of pairs lie, beside vectors that do not belong together."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[Any]


class Pairs:
    """Sums over pairs (a_i, b_i) of vectors, which are enough to compare them with all a_i, b_j of i != j.

    `agreement` = 1 - mean |a_i - b_i|^2 / mean |a_i - b_j|^2: 1 where the pairs are equal, 0 where they are as far
    apart as strangers, below 0 further. `cosine` is the mean of cos(a_i, b_i), `cosine_of_strangers` that of
    cos(a_i, b_j). Nothing but sums is kept, whatever the number of pairs. nan: fewer than two pairs, or all vectors
    alike.
    """

    def __init__(self) -> None:
        self.count = 0
        self._apart = self._squares = self._cosines = 0.0
        self._sums: list[Array] = []  # of a, of b, of a / |a|, of b / |b|

    def add(self, a: Array, b: Array) -> None:
        """Pairs of vectors, N x ... each."""
        a, b = (np.asarray(one, np.float64).reshape(len(one), -1) for one in (a, b))
        self.count += len(a)
        self._apart += float(((a - b) ** 2).sum())
        square_a, square_b = ((one**2).sum(axis=1) for one in (a, b))
        self._squares += float(square_a.sum() + square_b.sum())
        unit_a, unit_b = (
            one / np.sqrt(np.where(square > 0, square, 1))[:, None] for one, square in ((a, square_a), (b, square_b))
        )
        self._cosines += float((unit_a * unit_b).sum())
        sums = [one.sum(axis=0) for one in (a, b, unit_a, unit_b)]
        self._sums = [old + new for old, new in zip(self._sums, sums, strict=True)] if self._sums else sums

    @property
    def agreement(self) -> float:
        if self.count < 2:
            return float("nan")
        of_all = self.count * self._squares - 2 * float(self._sums[0] @ self._sums[1])
        strangers = (of_all - self._apart) / (self.count * (self.count - 1))
        # what rounding leaves of equal vectors is no distance
        return 1 - self._apart / self.count / strangers if strangers > 1e-12 * self._squares else float("nan")

    @property
    def cosine(self) -> float:
        return self._cosines / self.count if self.count else float("nan")

    @property
    def cosine_of_strangers(self) -> float:
        if self.count < 2:
            return float("nan")
        of_all = float(self._sums[2] @ self._sums[3])
        return (of_all - self._cosines) / (self.count * (self.count - 1))
