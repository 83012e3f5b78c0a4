"""net_spec and coord_map against real pycaffe's: the same nets and the same maps from the same Python."""

from __future__ import annotations

import re
from collections.abc import Callable

import numpy as np
from real_caffe import needs_real_caffe

NUMBER = re.compile(r"-?\d[\d.]*(?:e[+-]?\d+)?")


def _single_precision(text: str) -> str:
    """Numbers as the float32 that they stand for: how many digits str() gives differs between protobufs."""
    return NUMBER.sub(lambda found: str(np.float32(found[0])), text)


@needs_real_caffe
def test_specs_and_maps_are_pycaffes(both_sides: Callable) -> None:
    real, ours = both_sides("specs")
    maps = [name for name in real if name.startswith("map ")]
    assert len(maps) == 100
    for name in maps:
        assert np.array_equal(ours[name], real[name]), name
    for name in real.keys() - maps:
        assert _single_precision(str(ours[name])) == _single_precision(str(real[name])), name
