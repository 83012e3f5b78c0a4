from __future__ import annotations

import numpy as np
import pytest
from surgery.operations.proving import NEAR, Operated, conv, data, drawn, fc, layer

from pycaffe_ext.errors import CaffeError
from pycaffe_ext.surgery import Request, perform
from pycaffe_ext.text import Document

HEAD = data(2, 4, 9, 8)
NO_BIAS = "bias_term: false"
SCALE = "scale_param { bias_term: true }"


def norm(bottom: str, top: str = "", more: str = "", scale: str = SCALE) -> str:
    top = top or bottom
    return layer("bn", "BatchNorm", bottom, top, more) + layer("scale", "Scale", top, top, scale)


CASES = {
    "in place": conv("conv", "data", 6, 3, NO_BIAS) + norm("conv") + layer("relu", "ReLU", "conv", "conv"),
    "with a bias, tops of their own": conv("conv", "data", 6) + norm("conv", "normed") + conv("last", "normed", 3),
    "an output keeps its name": conv("conv", "data", 6) + norm("conv", "normed"),
    "groups": conv("conv", "data", 6, 3, f"group: 2 {NO_BIAS}") + norm("conv"),
    "scale without bias": conv("conv", "data", 6) + norm("conv", scale=""),
    "another eps": conv("conv", "data", 6) + norm("conv", more="batch_norm_param { eps: 0.3 use_global_stats: true }"),
    "inner product": fc("conv", "data", 5) + norm("conv"),
    "inner product, transposed": fc("conv", "data", 5, f"transpose: true {NO_BIAS}") + norm("conv"),
    "deconvolution": conv("conv", "data", 6).replace("Convolution", "Deconvolution") + norm("conv"),
    "deconvolution in groups": conv("conv", "data", 6, 2, f"group: 2 {NO_BIAS}").replace("Conv", "Deconv")
    + norm("conv"),
    "no scale": conv("conv", "data", 6) + layer("bn", "BatchNorm", "conv", "bn"),
    "scale of another axis stays": conv("conv", "data", 6)
    + layer("bn", "BatchNorm", "conv", "bn")
    + layer("other", "Scale", "bn", "other", "scale_param { axis: 2 }"),
}


@pytest.mark.parametrize("case", CASES)
def test_folded_nets_compute_the_same(case: str) -> None:
    done = Operated(HEAD + CASES[case], "--fold-batch-norm *")
    assert not [kind for kind in done.types if "bn:" in kind or "scale:" in kind]
    assert {"bn", "scale"}.isdisjoint(done.weights.names)
    result = done.difference()
    assert [row.before for row in result.rows] == [row.after for row in result.rows]
    assert result.largest < NEAR


def test_the_formula() -> None:
    """One number through conv, BatchNorm and Scale by hand."""
    text = data(1, 1, 1, 1) + conv("conv", "data", 1, 1) + norm("conv", more="batch_norm_param { eps: 0.5 }")
    weights = drawn(text)
    weights.set_blobs("conv", [np.full((1, 1, 1, 1), 3.0), [1.0]])
    weights.set_blobs("bn", [[8.0], [14.0], [4.0]])  # mean 2, variance 3.5
    weights.set_blobs("scale", [[5.0], [7.0]])
    done = Operated(text, "--fold-batch-norm bn", weights=weights)
    # 5 (3 x + 1 - 2) / sqrt(3.5 + 0.5) + 7 = 7.5 x + 4.5
    assert [blob.reshape(-1).tolist() for blob in done.weights.blobs("conv")] == [[7.5], [4.5]]


def test_statistics_that_were_never_taken_are_mean_and_variance_0() -> None:
    text = HEAD + conv("conv", "data", 6) + norm("conv", more="batch_norm_param { eps: 0.25 }")
    weights = drawn(text)
    weights.set_blobs("bn", [*weights.blobs("bn")[:2], [0.0]])
    assert Operated(text, "--fold-batch-norm bn", weights=weights).difference().largest < NEAR


def test_a_new_bias_is_frozen_where_the_weights_are() -> None:
    text = HEAD + conv("conv", "data", 6, 3, NO_BIAS).replace(" convolution", " param { lr_mult: 0 } convolution")
    done = Operated(text + norm("conv"), "--fold-batch-norm bn")
    assert "param { lr_mult: 0 } param { lr_mult: 0 } convolution_param" in done.after.text


FRONT = conv("conv", "data", 6)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            FRONT + norm("conv", "n") + layer("a", "ReLU", "conv", "a"),
            "top of 'conv' is also taken by 'a', which would",
        ),
        (FRONT + layer("r", "ReLU", "conv", "conv") + norm("conv"), "stands behind 'r', a ReLU; it folds into"),
        (FRONT + norm("conv", more="batch_norm_param { use_global_stats: false }"), "use_global_stats: false"),
        (fc("conv", "data", 6, "axis: 2") + norm("conv"), "outputs on another axis than 1"),
        (FRONT.replace("convol", 'param { name: "w" } convol', 1) + norm("conv"), "shares its parameters"),
        (norm("data", "n"), "stands behind 'data', a Input|does not come from one layer"),
        (FRONT, "is Input, no BatchNorm, and no other layer fits"),
    ],
)
def test_what_it_refuses(text: str, message: str) -> None:
    with pytest.raises(CaffeError, match=message):
        Operated(HEAD + text, "--fold-batch-norm *")


def test_what_cannot_be_folded_stays_and_is_named(caplog: pytest.LogCaptureFixture) -> None:
    text = HEAD + FRONT + norm("conv") + layer("r", "ReLU", "conv", "conv") + norm("conv").replace('"bn"', '"bn2"')
    done = Operated(text.replace('"scale"', '"scale2"', 2).replace('"scale2"', '"scale"', 1), "--fold-batch-norm *")
    assert [kind for kind in done.types if "BatchNorm" in kind] == ["bn2: BatchNorm"]
    assert "layer 'bn2': stands behind 'r', a ReLU" in caplog.text
    assert done.difference().largest < NEAR


def test_it_needs_weights() -> None:
    with pytest.raises(CaffeError, match="--fold-batch-norm computes with the weights"):
        perform(Document(HEAD + FRONT + norm("conv")), [Request("--fold-batch-norm", "bn")])
