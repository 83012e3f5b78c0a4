from __future__ import annotations

import numpy as np
import pytest
from surgery.operations.proving import NEAR, Operated, conv, data, drawn, fc, layer

from pycaffe_ext.errors import CaffeError
from pycaffe_ext.surgery import Request, perform
from pycaffe_ext.text import Document

HEAD = data(2, 3, 7, 6) + conv("conv", "data", 4)
LEAKY = "relu_param { negative_slope: 0.2 }"
END = fc("fc", "act", 5)


def leaky(bottom: str = "conv", top: str = "act", slope: float = 0.2) -> str:
    return layer("act", "ReLU", bottom, top, f"relu_param {{ negative_slope: {slope} }}")


def prelu(bottom: str = "conv", top: str = "act", more: str = "") -> str:
    return layer("act", "PReLU", bottom, top, f"param {{ lr_mult: 3 }} {more}")


def with_slopes(text: str, slopes: list[float]) -> Operated:
    weights = drawn(text)
    weights.set_blobs("act", [np.asarray(slopes)])
    return Operated(text, "--absorb-relu-slope act", weights=weights)


AVE = layer("p", "Pooling", "conv", "p", "pooling_param { kernel_size: 2 pool: AVE }")


@pytest.mark.parametrize(
    "text",
    [
        HEAD + leaky(slope=1) + END,
        HEAD + layer("s", "Sigmoid", "conv", "s") + leaky("s") + END,
        HEAD + layer("r", "ReLU", "conv", "conv") + AVE + leaky("p") + END,
        HEAD + layer("r", "ReLU", "conv", "conv") + prelu() + END,
    ],
)
def test_slopes_that_do_nothing_go(text: str) -> None:
    done = Operated(text, "--absorb-relu-slope act")
    assert not [kind for kind in done.types if kind.startswith("act:")] and "act" not in done.weights
    assert done.difference().largest < NEAR


def test_equal_slopes_become_a_relus() -> None:
    done = with_slopes(HEAD + prelu(more="prelu_param { filler { value: 1 } }") + END, [0.3] * 4)
    slope = "0.300000012"
    assert f'type: "ReLU" bottom: "conv" top: "act" relu_param {{ negative_slope: {slope} }}' in done.after.text
    assert "prelu_param" not in done.after.text and "lr_mult" not in done.after.text
    assert done.difference().largest < NEAR
    assert "relu_param" not in with_slopes(HEAD + prelu() + END, [0.0] * 4).after.text


@pytest.mark.parametrize(
    "text",
    [
        HEAD + leaky() + END,
        HEAD + leaky("conv", "conv") + conv("next", "conv", 5) + fc("fc", "conv", 3, "transpose: true"),
        HEAD + prelu() + layer("d", "Dropout", "act", "act") + layer("flat", "Flatten", "act", "f") + fc("g", "f", 3),
        data(2, 3) + fc("conv", "data", 4, "transpose: true bias_term: false") + prelu("conv", "c") + fc("g", "c", 3),
        HEAD + prelu(more="prelu_param { channel_shared: true }") + END,
    ],
)  # fmt: skip
def test_any_slope_with_twice_the_channels(text: str) -> None:
    done = Operated(text, "--double-relu-slope act")
    assert "num_output: 8" in done.after.text and "slope" not in done.after.text and "PReLU" not in done.after.text
    assert done.difference().largest < NEAR


@pytest.mark.parametrize(
    ("text", "flag", "message"),
    [
        (HEAD + leaky() + END, "--absorb-relu-slope", "slopes from 0.2 to 0.2 over numbers of both signs"),
        (HEAD + prelu() + END, "--absorb-relu-slope", "--double-relu-slope act does it with twice the channels"),
        (HEAD + leaky(), "--double-relu-slope", "is an output; twice its channels would be another output"),
        (HEAD + leaky() + layer("t", "TanH", "act", "t"), "--double-relu-slope", "layer 't': takes what 'act' makes"),
        (HEAD + leaky() + END + fc("g", "conv", 2), "--double-relu-slope", "does not stand alone behind"),
        (HEAD + leaky(slope=0) + END, "--double-relu-slope", "is no PReLU and no ReLU with negative_slope"),
    ],
)
def test_what_it_refuses(text: str, flag: str, message: str) -> None:
    with pytest.raises(CaffeError, match=message):
        Operated(text, f"{flag} act")
    with pytest.raises(CaffeError, match="computes with the weights"):
        perform(Document(text), [Request(flag, "act")])
