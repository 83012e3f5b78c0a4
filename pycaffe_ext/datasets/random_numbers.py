"""Caffe's random numbers and what it draws from them: equal to Caffe's where the seed is."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np


def twister(seed: int) -> Iterator[int]:
    """The numbers of 32 bits of a Mersenne Twister, without end."""
    random = np.random.RandomState(seed)
    while True:
        yield from random.randint(0, 1 << 32, 1024, np.uint32).tolist()


def shuffle(items: list[Any], numbers: Iterator[int]) -> None:
    """Shuffles in place as Caffe does: Fisher-Yates from the back, each place as Boost's uniform_int draws it.

    Boost divides the range of 32 bits into buckets of equal size, and draws again where a number is in none.
    """
    for last in range(len(items) - 1, 0, -1):
        bucket = (1 << 32) // (last + 1)
        while (place := next(numbers) // bucket) > last:
            pass
        items[last], items[place] = items[place], items[last]
