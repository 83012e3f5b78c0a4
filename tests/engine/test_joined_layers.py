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


def written(net: Any) -> None:
    net.params["conv"][0].data[1:3] *= 2


def held_and_written(net: Any) -> None:
    net.held = net.params["scale"][0].data
    net.forward()
    net.held[...] += 1


def written_once_let_go(net: Any) -> None:
    held_and_written(net)
    del net.held


def counted(net: Any) -> None:
    net.params["bn"][2].data[...] = 3


def copied(net: Any) -> None:
    other = caffe.Net(net.param, caffe.TEST)
    for blobs in other.params.values():
        for blob in blobs:
            blob.data[...] = np.random.RandomState(9).rand(*blob.data.shape)
    net.share_with(other)
    net.forward()
    other.params["bn"][0].data[...] -= 1


@pytest.mark.parametrize("change", [written, held_and_written, written_once_let_go, counted, copied])
@pytest.mark.parametrize("bias", [True, False])
def test_a_net_that_only_goes_forward_sees_each_change_of_its_blobs(tmp_path: Path, change: Any, bias: bool) -> None:
    nets = [build(tmp_path, bias=bias, phase=caffe.TEST) for _ in range(2)]
    one_by_one(nets[1])
    before = nets[0].forward()["fc"].copy()
    nets[1].forward()
    for net in nets:
        change(net)
        net.forward()
    assert np.abs(nets[0].blobs["fc"].data - before).max() > 0.01
    assert_same(*nets)
    for net in nets:  # the first pass back of a net whose layers were folded
        net.backward()
    assert_same(*nets)


def test_parts_of_a_folded_net_run_on_what_blobs_hold(tmp_path: Path) -> None:
    whole, parts = (build(tmp_path, phase=caffe.TEST) for _ in range(2))
    whole.forward()
    parts.forward(end="scale")
    parts.forward(start="relu", end="relu")
    parts.forward(start="drop")
    assert_same(parts, whole)
    between = parts.forward(end="conv", blobs=["conv"])["conv"].copy()
    assert np.abs(between - whole.blobs["conv"].data).max() > 0.01
    parts.forward(start="bn")
    assert_same(parts, whole)
