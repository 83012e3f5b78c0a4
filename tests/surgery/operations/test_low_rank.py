from __future__ import annotations

import logging

import numpy as np
import pytest
from surgery.operations.proving import NEAR, Operated, data, fc, layer

from pycaffe_ext.errors import CaffeError
from pycaffe_ext.surgery import Request, perform
from pycaffe_ext.surgery.weights import Weights
from pycaffe_ext.text import Document

HEAD = data(2, 3, 4, 5)
NET = HEAD + fc("fc6", "data", 9) + layer("relu", "ReLU", "fc6", "fc6")


@pytest.mark.parametrize("more", ["", "transpose: true bias_term: false"])
@pytest.mark.parametrize("outputs", [9, 70])  # fewer and more than inputs
def test_weights_of_low_rank_are_kept_exactly(outputs: int, more: str) -> None:
    text = HEAD + fc("fc6", "data", outputs, more)
    random = np.random.default_rng(0)
    weight = random.normal(size=(outputs, 4)) @ random.normal(size=(4, 60))
    weights = Weights()
    bias = [] if more else [random.normal(size=outputs)]
    weights.add("fc6", [weight.T if more else weight, *bias], "InnerProduct")
    done = Operated(text, "--low-rank fc6=4", weights=weights)
    assert done.types == ["fc6_L: InnerProduct", "fc6_U: InnerProduct"]
    assert done.difference().largest < NEAR


def test_the_approximation_is_the_best_there_is(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO):
        done = Operated(NET, "--low-rank fc6=5")
    weight = done.weights_before.blobs("fc6")[0].astype(np.float64)
    singular = np.linalg.svd(weight, compute_uv=False)
    product = done.weights.blobs("fc6_U")[0].astype(np.float64) @ done.weights.blobs("fc6_L")[0]
    assert np.linalg.norm(weight - product) == pytest.approx(np.sqrt((singular[5:] ** 2).sum()), rel=1e-5)
    kept = 100 * (singular[:5] ** 2).sum() / (singular**2).sum()
    assert f"rank 5 keeps {kept:.2f}% of the squared weights in 345 of 540 numbers" in caplog.text


def test_text_and_names() -> None:
    text = NET.replace(
        "inner_product_param {", "param { lr_mult: 1 } param { lr_mult: 2 } # rates\ninner_product_param {"
    )
    done = Operated(text, "--low-rank fc6=5")
    assert [name for name in done.weights.names if name != "data"] == ["fc6_L", "fc6_U", "relu"]
    lower, upper = done.after.text.split("\n", 2)[1:]
    assert lower == (
        'layer { name: "fc6_L" type: "InnerProduct" bottom: "data" top: "fc6_L" param { lr_mult: 1 }'
        " inner_product_param { num_output: 5 bias_term: false } }"
    )
    expected = text.split("\n", 1)[1].replace('"fc6" type', '"fc6_U" type').replace('bottom: "data"', 'bottom: "fc6_L"')
    assert upper == expected


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ("fc6=9", "has num_output 9; a rank of 9 makes it no smaller"),
        ("relu=2", "is ReLU; --low-rank takes InnerProduct layers"),
        ("fc6=x", "takes a whole number from 1 on behind the =, not 'x'"),
        ("fc=3", "no layer 'fc'; did you mean 'fc6'"),
    ],
)
def test_what_it_refuses(value: str, message: str) -> None:
    with pytest.raises(CaffeError, match=message):
        Operated(NET, f"--low-rank {value}")
    with pytest.raises(CaffeError, match="computes with the weights"):
        perform(Document(NET), [Request("--low-rank", "fc6=3")])
