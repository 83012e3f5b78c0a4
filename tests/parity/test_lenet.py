"""LeNet trained 2,000 iterations on Fashion-MNIST by both engines: one curve, one accuracy."""

from __future__ import annotations

import os

import numpy as np
import pytest
from real_caffe import needs_real_caffe

from tests.parity.lenet import DATASET, compare

needs_dataset = pytest.mark.skipif(
    not DATASET.exists() and os.environ.get("CI_REAL_CAFFE") != "required",
    reason="no Fashion-MNIST: sudo apt-get install dataset-fashion-mnist",
)


@needs_real_caffe
@needs_dataset
def test_lenet_learns_as_in_real_caffe() -> None:
    curves = compare(iterations=2000, every=1000)
    real, ours = (np.array(curves[engine]["loss"])[:, 1] for engine in ("real", "ours"))
    # The numbers of the first steps are the same; later the last bits of float32 grow into another path
    # through the same valley, as they do between two BLAS libraries under real Caffe.
    assert np.abs(ours[:40] / real[:40] - 1).max() < 1e-4
    smooth_real, smooth_ours = (loss[1500:].mean() for loss in (real, ours))
    assert abs(smooth_ours / smooth_real - 1) < 0.02
    accuracies = [curves[engine]["accuracy"][-1][1] for engine in ("real", "ours")]
    assert min(accuracies) > 0.85
    assert abs(accuracies[0] - accuracies[1]) < 0.005
