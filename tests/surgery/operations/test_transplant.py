from __future__ import annotations

import logging

import numpy as np
import pytest
from surgery.operations.proving import conv, data, drawn, fc, layer

from pycaffe_ext.errors import CaffeError
from pycaffe_ext.surgery import Request, perform, transplant
from pycaffe_ext.surgery.weights import Weights
from pycaffe_ext.text import Document

BODY = data(1, 3, 9, 8) + conv("conv", "data", 4)
CLASSIFIER = (
    BODY + layer("bn", "BatchNorm", "conv", "conv") + fc("fc6", "conv", 5) + fc("fc7", "fc6", 7) + fc("fc8", "fc7", 9)
)
FCN = (
    data(1, 3, 31, 32)
    + conv("conv", "data", 4)
    + layer("fc6", "Convolution", "conv", "fc6", "convolution_param { num_output: 5 kernel_h: 7 kernel_w: 6 }")
    + conv("fc7", "fc6", 7, 1)
    + conv("fc8", "fc7", 2, 1)
    + conv("score", "fc8", 2, 1)
)


def test_an_fcn_from_a_classifier(caplog: pytest.LogCaptureFixture) -> None:
    given = drawn(CLASSIFIER)
    weights = given.copy()
    with caplog.at_level(logging.INFO):
        assert perform(Document(FCN), [Request("--transplant")], weights).text == FCN
    assert [name for name in weights.names if name in weights] == ["conv", "fc6", "fc7"]
    for name, shape in (("conv", (4, 3, 3, 3)), ("fc6", (5, 4, 7, 6)), ("fc7", (7, 5, 1, 1))):
        assert weights.shapes(name)[0] == shape
        for old, new in zip(given.blobs(name), weights.blobs(name), strict=True):
            assert (old.reshape(-1) == new.reshape(-1)).all()
    rows = [record.getMessage().split(maxsplit=2) for record in caplog.records]
    assert [row[:2] for row in rows] == [
        ["bn", "dropped"],
        ["conv", "copied"],
        ["fc6", "reshaped"],
        ["fc7", "reshaped"],
        ["fc8", "left"],
        ["score", "left"],
    ]
    assert rows[4][2] == "9 x 7, 9 in the weights, 2 x 7 x 1 x 1, 2 in the net"


def test_neither_tiled_nor_cut() -> None:
    """A bias of one number, a weight of one channel: as many numbers as broadcasting would need, and still left."""
    for array in (np.zeros((1, 3, 3, 3)), np.zeros((4, 1, 3, 3)), np.zeros((8, 3, 3, 3)), np.zeros((3, 4, 3, 3))):
        weights = Weights()
        weights.add("conv", [array, np.zeros(4)], "Convolution")
        assert [row.what for row in transplant(Document(BODY), weights)] == ["left"]
        assert "conv" not in weights


def test_fc_weights_of_another_number_of_outputs_are_left() -> None:
    weights = Weights()
    weights.add("fc6", [np.zeros((10, 4 * 7 * 6)), np.zeros(5)], "InnerProduct")
    assert [row.what for row in transplant(Document(FCN), weights) if row.layer == "fc6"] == ["left"]


def test_a_layer_comes_whole_or_not_at_all() -> None:
    weights = Weights()
    weights.add("conv", [np.zeros((4, 3, 3, 3))], "Convolution")
    assert [row.what for row in transplant(Document(BODY), weights)] == ["left"]
    assert "conv" not in weights


def test_a_net_of_unknown_shapes_is_refused() -> None:
    text = layer("data", "Data", "", "data label") + conv("conv", "data", 4)
    with pytest.raises(CaffeError, match=r"its shapes are not known: .*; use the net's deploy form"):
        perform(Document(text), [Request("--transplant")], drawn(CLASSIFIER))
