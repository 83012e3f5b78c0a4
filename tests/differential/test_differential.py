"""A sample of random layers and nets in the test suite; `python -m tests.differential` tries thousands."""

from __future__ import annotations

from real_caffe import needs_real_caffe

import pycaffe_ext as caffe
from tests.differential import trials

FILES_OR_SCRIPTS = {"Data", "HDF5Data", "HDF5Output", "ImageData", "MemoryData", "Python", "WindowData"}
MADE_OF_OTHERS = {"DummyData", "Input", "Parameter"}  # every case has them


@needs_real_caffe
def test_random_layers_and_nets_have_real_caffes_numbers() -> None:
    asked = [(kind, number) for kind in trials.CASES for number in range(3)]
    outcomes = trials.run(asked + [(kind, number) for kind in trials.sides.NETS for number in range(15)])
    assert not [f"{one.kind}:{one.number}: {one.differs}\n{one.net}" for one in outcomes if one.differs]
    assert sum(not one.real for one in outcomes) > 0.75 * len(outcomes)  # most cases are sound


def test_every_type_has_random_cases() -> None:
    assert set(caffe.layer_type_list()) - FILES_OR_SCRIPTS - MADE_OF_OTHERS == set(trials.CASES)
