"""Colour order, mean and scale, number of channels: what changes when the input does."""

from __future__ import annotations

import numpy as np
import pytest
from surgery.operations.proving import NEAR, Operated, conv, data, drawn, fc, layer

from pycaffe_ext.errors import CaffeError
from pycaffe_ext.surgery import Request, perform
from pycaffe_ext.text import Document

HEAD = data(2, 3, 7, 5)
PLAIN = HEAD + conv("conv", "data", 4) + layer("relu", "ReLU", "conv", "conv")
PADDED = HEAD + conv("conv", "data", 4, 3, "pad: 1 bias_term: false")
TWO = HEAD + conv("conv", "data", 4) + layer("p", "Power", "data", "p", "power_param { scale: 2 }") + fc("fc", "p", 5)


@pytest.mark.parametrize("text", [PLAIN, PADDED, TWO, HEAD + fc("fc", "data", 4, "transpose: true")])
def test_swapped_colours(text: str) -> None:
    done = Operated(text, "--swap-colours data")
    assert done.after.text == text
    assert done.difference().largest < NEAR
    image = np.random.default_rng(0).normal(size=(2, 3, 7, 5)).astype(np.float32)
    ours = done.run(data=image[:, ::-1])
    theirs = Operated(text, "--swap-colours data", "--swap-colours data").run(data=image)
    assert all(np.abs(ours[name] - theirs[name]).max() < 1e-5 for name in ("conv", "fc") if name in ours)


def test_mean_values_change_places_with_the_colours(caplog: pytest.LogCaptureFixture) -> None:
    means = "transform_param { mean_value: 104 mean_value: 117 mean_value: 123 crop_size: 7 }"
    text = layer("data", "Data", "", "data label", means) + conv("conv", "data", 4)
    done = Operated(text, "--swap-colours data", weights=drawn(HEAD + conv("conv", "data", 4)))
    assert done.after.text == text.replace("104", "x").replace("123", "104").replace("x", "123")
    assert "must read images in the other order" in caplog.text


@pytest.mark.parametrize(
    ("text", "options"),
    [
        (PLAIN, ["--fold-mean data=104,117,123"]),
        (PLAIN, ["--fold-mean data=100", "--fold-scale data=0.017"]),
        (PADDED, ["--fold-scale data=0.017"]),
        (PADDED, ["--fold-mean data=104,117,123", "--fold-scale data=0.017"]),
        (TWO, ["--fold-mean data=104,117,123"]),
        (HEAD + fc("fc", "data", 4, "bias_term: false transpose: true"), ["--fold-mean data=1,2,3"]),
    ],
)
def test_folded_mean_and_scale(text: str, options: list[str]) -> None:
    done = Operated(text, *options)
    assert done.difference().largest < NEAR
    inserted = "data_normalized: Scale" in done.types
    assert inserted == (text in (PADDED, TWO) and "mean" in options[0])
    if not inserted:
        assert len(done.weights.names) == len(done.weights_before.names)


def test_the_transformation_leaves_the_data_layer() -> None:
    transform = (
        "transform_param { mean_value: 104 mean_value: 117 mean_value: 123 scale: 0.5 mirror: true crop_size: 7 }"
    )
    text = layer("data", "Data", "", "data label", transform) + conv("conv", "data", 4)
    weights = drawn(HEAD + conv("conv", "data", 4))
    done = Operated(text, "--fold-mean data=104,117,123", "--fold-scale data=0.5", weights=weights)
    assert "transform_param { mirror: true crop_size: 7 }" in done.after.text
    for options, message in (
        (["--fold-mean data=104"], "subtracts mean_value 104,117,123, --fold-mean says 104"),
        (["--fold-mean data=104,117,123"], "has scale: 0.5, --fold-scale says 1"),
    ):
        with pytest.raises(CaffeError, match=message):
            Operated(text, *options, weights=weights)


@pytest.mark.parametrize("how", ["copy", "zero", "mean"])
@pytest.mark.parametrize("text", [PLAIN, HEAD + fc("fc", "data", 4)])
def test_more_channels(text: str, how: str) -> None:
    done = Operated(text, f"--input-channels data=5:{how}")
    image = np.random.default_rng(0).normal(size=(2, 3, 7, 5)).astype(np.float32)
    if how == "mean":
        image = image[:, :1].repeat(3, 1)
    more = {
        "copy": image[:, [0, 1, 2, 0, 1]],
        "zero": np.concatenate([image, image[:, :2] + 9], 1),
        "mean": image[:, [0] * 5],
    }[how]
    top = "conv" if text is PLAIN else "fc"
    before = Operated(text, "--swap-colours data", "--swap-colours data").run(data=image)[top]
    assert np.abs(done.run(data=more)[top] - before).max() < 1e-5 * np.abs(before).max()
    assert "dim: 2 dim: 5 dim: 7 dim: 5" in done.after.text


def test_one_channel_is_the_sum_of_three() -> None:
    done = Operated(PLAIN, "--input-channels data=1:mean")
    weight = done.weights.blobs("conv")[0]
    assert np.abs(weight - done.weights_before.blobs("conv")[0].sum(1, keepdims=True)).max() < 1e-6


def test_net_fields_say_the_channels_too() -> None:
    text = 'input: "a" input: "data" input_dim: 1 input_dim: 2 input_dim: 4 input_dim: 3 input_dim: 1 input_dim: 3'
    text += " input_dim: 7 input_dim: 5\n" + conv("conv", "data", 4) + fc("fc", "a", 2)
    done = Operated(text, "--input-channels data=4:zero")
    assert done.after.text == text.replace("input_dim: 1 input_dim: 3", "input_dim: 1 input_dim: 4")


@pytest.mark.parametrize(
    ("text", "option", "message"),
    [
        (PLAIN, "--swap-colours dat", "net: no input 'dat'; did you mean 'data'"),
        (data(1, 4, 5, 5) + conv("conv", "data", 2), "--swap-colours data", "takes 4 channels, not the 3 of a colour"),
        (HEAD + layer("l", "LRN", "data", "l") + conv("conv", "l", 2), "--swap-colours data", "'data', and it is LRN"),
        (data(1, 3, 5, 5) + conv("c", "data", 3, 3, "group: 3"), "--swap-colours data", "in 3 groups; --merge-groups"),
        (PLAIN, "--fold-mean data=1,2", "gives 2 means for 3 channels"),
        (PLAIN, "--fold-scale data=0", "takes one number other than 0"),
        (PLAIN, "--fold-mean data=a", "takes numbers behind the =, not 'a'"),
        (PLAIN, "--input-channels data=2", "copy cannot make 2 channels of 3; use mean"),
        (PLAIN, "--input-channels data=4:none", "takes BLOB=N or BLOB=N:HOW"),
        (HEAD, "--input-channels data=4", "no Convolution or InnerProduct layer takes 'data'"),
    ],
)  # fmt: skip
def test_what_they_refuse(text: str, option: str, message: str) -> None:
    with pytest.raises(CaffeError, match=message):
        Operated(text, option)


def test_they_need_weights() -> None:
    for flag in ("--swap-colours", "--fold-mean", "--input-channels"):
        with pytest.raises(CaffeError, match="computes with the weights"):
            perform(Document(PLAIN), [Request(flag, "data=4")])
