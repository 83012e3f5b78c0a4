"""After set_random_seed or a solver's random_seed, CPU nets draw real Caffe's numbers."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
from real_caffe import needs_real_caffe

from pycaffe_ext.datasets.datum import raw_datum
from pycaffe_ext.datasets.writer import writing_lmdb


def write_images(folder: Path) -> None:
    random = np.random.default_rng(0)
    with writing_lmdb(folder / "images") as writer:
        for number in range(7):
            writer.put(b"%08d" % number, raw_datum(random.integers(0, 256, (10, 11, 3), np.uint8), number % 2))


@needs_real_caffe
def test_seeded_nets_and_solvers_are_pycaffes(both_sides: Callable) -> None:
    real, ours = both_sides("random_numbers", write_images)
    assert real["many: it 0"].size > 200_000  # beyond what is drawn at once
    assert not np.array_equal(real["Dropout: top, pass 0"], real["Dropout: top, pass 1"])
    assert np.array_equal(real["solver 0: loss 3"], real["solver 1: loss 3"])
    for name, expected in real.items():
        assert np.abs(ours[name] - expected).max() <= 2e-6 * np.abs(expected).max(), name
