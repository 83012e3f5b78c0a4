from __future__ import annotations

import numpy as np
import pytest
from surgery.operations.proving import Operated, conv, data, layer

from pycaffe_ext.errors import CaffeError
from pycaffe_ext.surgery import Request, perform
from pycaffe_ext.text import Document

HEAD = data(1, 3, 9, 8)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("kernel_size: 3 pad: 1", "kernel_size: 1"),
        ("kernel_size: 3 pad: 2", "kernel_size: 1 pad: 1"),
        ("kernel_size: 3 pad: 2 dilation: 2", "kernel_size: 1"),
        ("kernel_h: 5 kernel_w: 3 pad_h: 2 pad_w: 2", "kernel_size: 1 pad: 0 pad: 1"),
        ("kernel_size: [3, 5] pad: [1, 2] stride: 2", "kernel_size: 1 stride: 2"),
    ],
)
def test_geometry(before: str, after: str) -> None:
    """The middle of the kernel alone is what a kernel does that is zero elsewhere."""
    text = HEAD + layer("conv", "Convolution", "data", "conv", f"convolution_param {{ num_output: 4 {before} }}")
    done = Operated(text, "--one-by-one conv")
    message = done.after.text.split("convolution_param")[1]
    assert sorted(message.replace("num_output: 4", "").split()) == sorted(f"{{ {after} }} }}".split())
    weights = done.weights_before.copy()
    weight, bias = weights.blobs("conv")
    middle = np.zeros_like(weight)
    h, w = weight.shape[2] // 2, weight.shape[3] // 2
    middle[:, :, h, w] = weight[:, :, h, w]
    weights.set_blobs("conv", [middle, bias])
    image = np.random.default_rng(0).normal(size=(1, 3, 9, 8)).astype(np.float32)
    zeroed = Operated(text, "--swap-colours data", "--swap-colours data", weights=weights).run(data=image)["conv"]
    assert np.abs(done.run(data=image)["conv"] - zeroed).max() < 1e-5


def test_a_top_that_grows_is_named(caplog: pytest.LogCaptureFixture) -> None:
    perform(Document(HEAD + conv("conv", "data", 4)), [Request("--one-by-one", "conv")])
    assert "the top of 'conv' grows: its pad was less than half of its kernel" in caplog.text


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (conv("conv", "data", 4, 2), "its kernel 2 x 2 has no middle"),
        (conv("conv", "data", 4, 1), "no Convolution larger than 1 x 1, and no other fits"),
        (
            conv("a", "data", 4, 3) + conv("conv", "data", 4, 3) + layer("sum", "Eltwise", "a conv", "sum"),
            "the shapes would no longer fit",
        ),
    ],
)
def test_what_it_refuses(text: str, message: str) -> None:
    with pytest.raises(CaffeError, match=message):
        perform(Document(HEAD + text), [Request("--one-by-one", "conv")])
