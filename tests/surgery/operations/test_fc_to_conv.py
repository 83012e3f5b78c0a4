from __future__ import annotations

import numpy as np
import pytest
from surgery.operations.proving import NEAR, Operated, conv, data, fc, layer

from pycaffe_ext.errors import CaffeError
from pycaffe_ext.surgery import Request, perform
from pycaffe_ext.text import Document

HEAD = data(2, 3, 9, 8) + conv("conv", "data", 4)
NET = HEAD + fc("fc6", "conv", 5) + layer("relu", "ReLU", "fc6", "fc6") + fc("fc7", "fc6", 7)
NET += layer("prob", "Softmax", "fc7", "prob")


def test_fc_to_conv_computes_the_same() -> None:
    done = Operated(NET, "--fc-to-conv fc*")
    assert done.types == ["conv: Convolution", "fc6: Convolution", "relu: ReLU", "fc7: Convolution", "prob: Softmax"]
    assert "convolution_param { kernel_h: 7 kernel_w: 6 num_output: 5  }" in done.after.text
    assert done.weights.shapes("fc6") == [(5, 4, 7, 6), (5,)] and done.weights.shapes("fc7") == [(7, 5, 1, 1), (7,)]
    assert done.difference().largest < NEAR


def test_what_becomes_a_convolution_takes_larger_inputs() -> None:
    done = Operated(NET, "--fc-to-conv fc*")
    image = np.random.default_rng(0).normal(size=(1, 3, 11, 12)).astype(np.float32)
    whole = done.run(data=image)["fc7"]
    assert whole.shape == (1, 7, 3, 5)
    part = done.run(data=image[:, :, 2:, 3:11])["fc7"]
    assert np.abs(whole[:, :, 2:3, 3:4] - part).max() < 1e-5


CASES = {
    "flatten goes": HEAD
    + layer("flat", "Flatten", "conv", "flat")
    + layer("drop", "Dropout", "flat", "drop")
    + fc("fc6", "drop", 5),
    "transposed, no bias": HEAD + fc("fc6", "conv", 5, "transpose: true bias_term: false axis: 1"),
    "square": data(1, 3, 8, 8) + conv("conv", "data", 4) + fc("fc6", "conv", 5),
    "concatenated": HEAD
    + fc("fc6", "conv", 5)
    + fc("fc_b", "conv", 2)
    + layer("cat", "Concat", "fc6 fc_b", "cat")
    + fc("fc7", "cat", 3),
}


@pytest.mark.parametrize("case", CASES)
def test_cases_compute_the_same(case: str) -> None:
    done = Operated(CASES[case], "--fc-to-conv fc*")
    assert not [kind for kind in done.types if "InnerProduct" in kind or "Flatten" in kind]
    assert "transpose" not in done.after.text and "axis" not in done.after.text
    assert done.difference().largest < NEAR


def test_the_size_can_be_given_where_no_data_says_it() -> None:
    text = layer("data", "Data", "", "data label") + fc("fc6", "data", 5)
    after = perform(Document(text), [Request("--fc-to-conv", "fc6=4x5")])
    assert "convolution_param { kernel_h: 4 kernel_w: 5 num_output: 5  }" in after.text
    with pytest.raises(CaffeError, match="layer 'fc6': the shape of its bottom 'data' is not known"):
        perform(Document(text), [Request("--fc-to-conv", "fc6")])


def test_v1() -> None:
    text = 'input: "data" input_dim: 1 input_dim: 2 input_dim: 4 input_dim: 3 layers { name: "fc" type: INNER_PRODUCT'
    text += ' bottom: "data" top: "fc" blobs_lr: 1 inner_product_param { num_output: 5 } }'
    after = perform(Document(text), [Request("--fc-to-conv", "fc")]).text
    expected = text.replace("INNER_PRODUCT", "CONVOLUTION").replace("inner_product", "convolution")
    assert after == expected.replace("{ num_output", "{ kernel_h: 4 kernel_w: 3 num_output")


@pytest.mark.parametrize(
    ("text", "value", "message"),
    [
        (NET, "conv", "layer 'conv': is Convolution, no InnerProduct"),
        (NET, "fc6=0x3", "takes PATTERN or PATTERN=HxW"),
        (NET, "fc7", "layer 'fc7': its bottom 'fc6' has shape .2, 5., not N x C x H x W; convert the layer"),
        (HEAD + fc("f", "conv", 5, "axis: 2"), "f", "sums from axis 2 on"),
        (
            HEAD
            + fc("f", "conv", 5)
            + layer("r", "Reshape", "f", "r", "reshape_param { shape { dim: 2 dim: 5 } }")
            + fc("g", "r", 3)
            + layer("sum", "Eltwise", "f r", "sum"),
            "f",
            "would no longer fit",
        ),
    ],
)
def test_what_it_refuses(text: str, value: str, message: str) -> None:
    with pytest.raises(CaffeError, match=message):
        perform(Document(text, "net"), [Request("--fc-to-conv", value)])


def test_weights_of_another_size_are_refused() -> None:
    with pytest.raises(CaffeError, match=r"weights of shape \(5, 168\), which kernels of 5 x 6 cannot hold"):
        Operated(NET, "--fc-to-conv fc6=5x6")
