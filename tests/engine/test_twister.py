"""The stream of random numbers: the same in pieces as at once, and of the right distributions."""

from __future__ import annotations

import numpy as np
import pytest

from pycaffe_ext.engine.twister import Twister

PIECES = [1, 0, 2, 70_001, 5, 65_536, 3, 131_072]


@pytest.mark.parametrize(
    ("kind", "arguments"), [("normal", (0.5, 2)), ("uniform", (-1, 3)), ("bernoulli", (0.3,)), ("words", ())]
)
def test_pieces_are_parts_of_one_stream(kind: str, arguments: tuple[float, ...]) -> None:
    whole = getattr(Twister(7), kind)(*arguments, sum(PIECES))
    twister = Twister(7)
    assert np.array_equal(np.concatenate([getattr(twister, kind)(*arguments, n) for n in PIECES]), whole)


def test_normal_numbers_are_normal() -> None:
    found = Twister(1).normal(0, 1, 1_000_000).astype(np.float64)
    for power, expected in ((1, 0), (2, 1), (3, 0), (4, 3)):
        assert abs((found**power).mean() - expected) < 0.01 * max(1, expected), power
    beyond = np.abs(found[np.abs(found) > 3.4426])  # the tail, which is drawn in another way
    assert 5.2e-4 < len(beyond) / len(found) < 6.4e-4  # 5.76e-4 by the error function
    assert 4.5 < beyond.max() < 6


def test_uniform_numbers_reach_both_ends() -> None:
    found = Twister(1).uniform(-1, 3, 1_000_000)
    assert -1 <= found.min() < -0.9999 and 2.9999 < found.max() <= 3
    assert abs(found.mean() - 1) < 0.005


def test_a_share_of_nothing_uses_no_numbers() -> None:
    twister = Twister(5)
    assert not twister.bernoulli(0, 9).any()
    assert twister.word() == Twister(5).word()
    assert abs(twister.bernoulli(0.3, 1_000_000).mean() - 0.3) < 0.002
