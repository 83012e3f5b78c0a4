"""What operations compute, by the definition of each layer in numpy: no engine takes part."""

from __future__ import annotations

import numpy as np
import pytest

from pycaffe_ext.surgery import arithmetic

RANDOM = np.random.default_rng(0)


def test_batch_norm_affine() -> None:
    scale, shift = arithmetic.batch_norm_affine(np.array([2.0, 6]), np.array([8.0, 0]), np.array([2.0]), 1e-3)
    x = RANDOM.normal(size=(5, 2))
    assert np.allclose(scale * x + shift, (x - [1, 3]) / np.sqrt(np.array([4, 0]) + 1e-3), rtol=1e-12)
    assert np.allclose(arithmetic.batch_norm_affine(np.ones(2), np.ones(2), np.zeros(1), 0.25), [[2, 2], [0, 0]])


def test_scale_outputs_of_transposed_groups() -> None:
    """Deconvolution of one place: output group g, number j is the sum over the group's inputs of x_i w[i, j]."""
    weight, x, factor = RANDOM.normal(size=(6, 2, 1, 1)), RANDOM.normal(size=6), RANDOM.normal(size=4)

    def outputs(w: np.ndarray) -> np.ndarray:
        return np.concatenate([x[3 * g : 3 * g + 3] @ w[3 * g : 3 * g + 3, :, 0, 0] for g in range(2)])

    scaled = arithmetic.scale_outputs(weight, factor, transposed=True, group=2)
    assert np.allclose(outputs(scaled), factor * outputs(weight), atol=1e-6)


def test_fold_inputs() -> None:
    weight, bias, x = RANDOM.normal(size=(4, 3, 2)), RANDOM.normal(size=4), RANDOM.normal(size=(3, 2))
    scale, shift = RANDOM.normal(size=3), RANDOM.normal(size=3)
    new, added = arithmetic.fold_inputs(weight, bias, scale, shift)
    expected = np.tensordot(weight, scale[:, None] * x + shift[:, None], 2) + bias
    assert np.allclose(np.tensordot(new, x, 2) + added, expected, atol=1e-6)


def test_low_rank_of_all_ranks_and_sides() -> None:
    for shape in ((5, 8), (8, 5)):
        weight = RANDOM.normal(size=shape)
        for rank in range(1, 6):
            first, second, kept = arithmetic.low_rank(weight, rank)
            u, s, v = np.linalg.svd(weight, full_matrices=False)
            assert first.shape == (rank, shape[1]) and second.shape == (shape[0], rank)
            assert np.abs(second @ first - (u[:, :rank] * s[:rank]) @ v[:rank]).max() < 1e-5
            assert kept == pytest.approx((s[:rank] ** 2).sum() / (s**2).sum())
        with pytest.raises(ValueError, match=r"rank 6 is not within 1\.\.5"):
            arithmetic.low_rank(weight, 6)
    first, second, kept = arithmetic.low_rank(np.zeros((3, 4)), 2)
    assert not (second @ first).any() and kept == 0


def test_norms() -> None:
    weight = np.array([[[3.0, -4]], [[0, 1]]])
    assert arithmetic.norms(weight, "l1").tolist() == [7, 1]
    assert arithmetic.norms(weight, "l2").tolist() == [5, 1]
