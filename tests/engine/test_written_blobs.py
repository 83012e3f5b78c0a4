"""Scripts may hold and write any array of a net: as in real Caffe, each blob has memory of its own."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

import pycaffe_ext as caffe

INPUT = 'layer { name: "x" type: "Input" top: "x" input_param { shape { dim: 4 dim: 6 } } }\n'

SAVES_ITS_BOTTOM = [
    'type: "PReLU"',
    'type: "ELU"',
    'type: "BNLL"',
    'type: "Scale"',
    'type: "BatchNorm"',
    'type: "Swish" swish_param { beta: 2 }',
    'type: "Power" power_param { power: 3 }',
    'type: "Clip" clip_param { min: -1 max: 1 }',
    'type: "Log" log_param { shift: 9 }',
]


def net_of(folder: Path, text: str, phase: int = caffe.TRAIN) -> Any:
    (folder / "net.prototxt").write_text("force_backward: true\n" + INPUT + text)
    return caffe.Net(folder / "net.prototxt", phase)


def draw(seed: int) -> np.ndarray:
    return np.random.default_rng(seed).uniform(-2, 2, (4, 6)).astype(np.float32)


@pytest.mark.parametrize("layer", SAVES_ITS_BOTTOM)
def test_gradient_in_place_does_not_depend_on_a_held_array(layer: str, tmp_path: Path) -> None:
    net = net_of(tmp_path, f'layer {{ name: "l" bottom: "x" top: "x" {layer} }}')

    def gradient() -> np.ndarray:
        net.blobs["x"].data[...] = draw(0)
        net.forward()
        net.blobs["x"].diff[...] = draw(1)
        net.backward()
        return net.blobs["x"].diff.copy()

    expected = gradient()
    held = net.blobs["x"].data
    assert np.array_equal(gradient(), expected)
    assert np.array_equal(held, net.blobs["x"].data)


@pytest.mark.parametrize(
    "layer",
    [
        'type: "Dropout"',
        'type: "Power"',
        'type: "Slice" slice_param { axis: 0 } top: "more"',
        'type: "Tile" tile_param { tiles: 1 }',
        'type: "Clip" clip_param { min: -9 max: 9 }',
        'type: "Crop" bottom: "like" crop_param { axis: 0 }',
    ],
)
def test_writing_a_top_leaves_the_bottom_alone(layer: str, tmp_path: Path) -> None:
    like = 'layer { name: "like" type: "Input" top: "like" input_param { shape { dim: 2 dim: 6 } } }\n'
    net = net_of(tmp_path, like + f'layer {{ name: "l" bottom: "x" {layer} top: "y" }}', caffe.TEST)
    net.blobs["x"].data[...] = draw(0)
    net.forward()
    net.blobs["y"].data[...] = 7
    assert np.array_equal(net.blobs["x"].data, draw(0))


def test_each_blob_has_its_own_diff(tmp_path: Path) -> None:
    two = 'layer { name: "w" type: "Input" top: "w" input_param { shape { dim: 4 dim: 6 } } }\n'
    net = net_of(tmp_path, two + 'layer { name: "sum" type: "Eltwise" bottom: "x" bottom: "w" top: "y" }')
    net.forward()
    net.blobs["y"].diff[...] = draw(1)
    net.backward()
    for written, others in (("x", "wy"), ("y", "w")):
        net.blobs[written].diff[...] = 7
        for other in others:
            assert np.array_equal(net.blobs[other].diff, draw(1)), (written, other)


def test_a_gradient_that_is_the_top_s_adds_up(tmp_path: Path) -> None:
    net = net_of(
        tmp_path, 'layer { name: "bias" type: "Bias" bottom: "x" top: "y" bias_param { axis: 0 num_axes: 2 } }'
    )
    net.forward()
    for seed in (1, 2):
        net.blobs["y"].diff[...] = draw(seed)
        net.backward()
    assert np.allclose(net.params["bias"][0].diff, draw(1) + draw(2))
    assert np.array_equal(net.blobs["x"].diff, draw(2))
    assert np.array_equal(net.blobs["y"].diff, draw(2))


TWO_READERS = """
layer { name: "double" type: "Power" bottom: "x" top: "y" power_param { scale: 2 } }
layer { name: "a" type: "Power" bottom: "y" top: "a" }
layer { name: "b" type: "Power" bottom: "y" top: "b" }
"""


def test_a_pass_that_starts_behind_a_split_sees_what_was_written_before_it(tmp_path: Path) -> None:
    net = net_of(tmp_path, TWO_READERS)
    net.blobs["x"].data[...] = draw(0)
    net.forward()
    net.blobs["y"].data[...] = draw(1)
    net.forward(start="a")
    assert np.array_equal(net.blobs["a"].data, draw(1))
    net.blobs["x"].data[...] = draw(2)
    net.forward(end="double")
    net.forward(start="b")
    assert np.array_equal(net.blobs["b"].data, 2 * draw(2))


def test_weights_may_be_loaded_between_forward_and_backward(tmp_path: Path) -> None:
    net = net_of(tmp_path, 'layer { name: "p" type: "PReLU" bottom: "x" top: "y" }')
    net.blobs["x"].data[...] = -1
    net.save(tmp_path / "quarter.caffemodel")
    net.params["p"][0].data[...] = 7
    net.forward()
    net.copy_from(tmp_path / "quarter.caffemodel")
    net.blobs["y"].diff[...] = 1
    net.backward()
    assert (net.blobs["x"].diff == 0.25).all()  # real Caffe too goes back with the new ones


def test_a_blob_that_shrinks_keeps_its_first_numbers(tmp_path: Path) -> None:
    net = net_of(tmp_path, 'layer { name: "p" type: "Power" bottom: "x" top: "y" }')
    net.blobs["x"].data[...], net.blobs["x"].diff[...] = draw(0), draw(1)
    net.blobs["x"].reshape(3, 5)
    assert np.array_equal(net.blobs["x"].data.ravel(), draw(0).ravel()[:15])
    assert np.array_equal(net.blobs["x"].diff.ravel(), draw(1).ravel()[:15])
    net.blobs["x"].reshape(4, 6)
    assert not net.blobs["x"].data.any()
