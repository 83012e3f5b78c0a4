"""What runs as one, or in place, gives what the layers give one by one; parts of it can be run too."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

import pycaffe_ext as caffe

NET = """
name: "joined" force_backward: true
layer { name: "data" type: "Input" top: "data" input_param { shape { dim: 3 dim: 2 dim: 5 dim: 4 } } }
layer { name: "conv" type: "Convolution" bottom: "data" top: "conv"
  convolution_param { num_output: 7 kernel_size: 3 pad: 1
    bias_term: false weight_filler { type: "gaussian" std: 0.5 } } }
layer { name: "bn" type: "BatchNorm" bottom: "conv" top: "TOP" }
layer { name: "scale" type: "Scale" bottom: "TOP" top: "TOP"
  scale_param { BIAS filler { type: "gaussian" std: 1 } bias_filler { type: "gaussian" std: 1 } } }
layer { name: "relu" type: "ReLU" bottom: "TOP" top: "TOP" relu_param { negative_slope: SLOPE } }
layer { name: "drop" type: "Dropout" bottom: "TOP" top: "TOP" dropout_param { dropout_ratio: 0 } }
layer { name: "fc" type: "InnerProduct" bottom: "TOP" top: "fc"
  inner_product_param { num_output: 6 weight_filler { type: "gaussian" std: 0.3 } } }
"""
PARTS = ("conv", "bn", "scale", "relu", "drop", "fc")


def build(folder: Path, *, top: str = "conv", slope: float = 0, bias: bool = True, phase: int = caffe.TRAIN) -> Any:
    text = NET.replace("TOP", top).replace("SLOPE", str(slope)).replace("BIAS", f"bias_term: {str(bias).lower()}")
    file = folder / "net.prototxt"
    file.write_text(text)
    caffe.set_random_seed(3)
    net = caffe.Net(str(file), phase)
    draw = np.random.RandomState(1)
    net.blobs["data"].data[...] = draw.randn(3, 2, 5, 4)
    net.blobs["fc"].diff[...] = draw.randn(3, 6)
    if phase == caffe.TEST:
        for blob, value in zip(net.params["bn"], (draw.randn(7), draw.rand(7) + 0.5, [1.5]), strict=True):
            blob.data[...] = value
    return net


def one_by_one(net: Any) -> None:
    """A hook makes every layer run on its own."""
    net.after_forward(lambda index: None)


def numbers(net: Any) -> dict[str, Any]:
    found = {f"{name} data": blob.data.copy() for name, blob in net.blobs.items()}
    found |= {f"{name} diff": blob.diff.copy() for name, blob in net.blobs.items()}
    for name, blobs in net.params.items():
        for index, blob in enumerate(blobs):
            found |= {f"{name}[{index}]": blob.data.copy(), f"{name}[{index}] diff": blob.diff.copy()}
    return found


def assert_same(net: Any, other: Any) -> None:
    expected = numbers(other)
    for name, array in numbers(net).items():
        np.testing.assert_allclose(array, expected[name], rtol=2e-5, atol=2e-6, err_msg=name)


@pytest.mark.parametrize("phase", [caffe.TRAIN, caffe.TEST])
@pytest.mark.parametrize("top", ["conv", "bn"])
@pytest.mark.parametrize(("slope", "bias"), [(0, True), (0.1, True), (-0.1, False)])
def test_joined_layers_give_what_single_ones_give(
    tmp_path: Path, phase: int, top: str, slope: float, bias: bool
) -> None:
    nets = [build(tmp_path, top=top, slope=slope, bias=bias, phase=phase) for _ in range(2)]
    one_by_one(nets[1])
    for net in nets:
        for _ in range(2):  # parameters' diffs add up, statistics count on
            net.forward()
            net.backward()
    assert_same(*nets)


@pytest.mark.parametrize("cut", PARTS[1:])
def test_a_pass_back_in_two_parts_is_the_pass_back(tmp_path: Path, cut: str) -> None:
    whole, parts = build(tmp_path), build(tmp_path)
    for net in (whole, parts):
        net.forward()
    whole.backward()
    parts.backward(start="fc", end=cut)
    parts.backward(start=PARTS[PARTS.index(cut) - 1])
    assert_same(parts, whole)


@pytest.mark.parametrize("cut", PARTS[1:])
def test_a_pass_forward_in_two_parts_is_the_pass_forward(tmp_path: Path, cut: str) -> None:
    whole, parts = build(tmp_path), build(tmp_path)
    whole.forward()
    parts.forward(end=PARTS[PARTS.index(cut) - 1])
    parts.forward(start=cut)
    for net in (whole, parts):
        net.backward()
    assert_same(parts, whole)


def test_a_held_array_shows_what_in_place_layers_made(tmp_path: Path) -> None:
    net, other = build(tmp_path), build(tmp_path)
    held = net.blobs["conv"].data
    for one in (net, other):
        one.forward()
        one.backward()
    np.testing.assert_array_equal(held, net.blobs["conv"].data)
    assert (held >= 0).all() and held.any()
    assert_same(net, other)
