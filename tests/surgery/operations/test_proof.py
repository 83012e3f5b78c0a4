"""What the command runs to prove equivalences: nets on their inputs alone, steps of several operations at once."""

from __future__ import annotations

import numpy as np
import pytest
from surgery.operations.proving import NEAR, conv, drawn, fc, layer

from pycaffe_ext.errors import CaffeError
from pycaffe_ext.inspection.equivalence import compare
from pycaffe_ext.model.view import NetView
from pycaffe_ext.surgery import Request, steps
from pycaffe_ext.surgery.proof import proof_of
from pycaffe_ext.surgery.runnable import runnable
from pycaffe_ext.text import Document

HEAD = "transform_param { mean_value: 104 mean_value: 117 mean_value: 123 crop_size: 21 }"
TRAIN_VAL = (
    layer("data", "Data", "", "data label", f"include {{ phase: TRAIN }} {HEAD}")
    + layer("data", "Data", "", "data label", f"include {{ phase: TEST }} {HEAD}")
    + conv("conv", "data", 4, 3, "stride: 2 bias_term: false")
    + layer("bn", "BatchNorm", "conv", "conv")
    + layer("drop", "Dropout", "conv", "conv")
    + conv("score", "conv", 5, 3)
    + layer("loss", "SoftmaxWithLoss", "score label", "loss")
    + layer("accuracy", "Accuracy", "score label", "accuracy", "include { phase: TEST }")
)


def test_a_train_val_runs_without_data_and_losses() -> None:
    layers = NetView(Document(runnable(Document(TRAIN_VAL)))).layers
    assert [one.type for one in layers] == ["Input", "Convolution", "BatchNorm", "Dropout", "Convolution"]
    with pytest.raises(CaffeError, match="the shape of its top 'data' is not known, so the net cannot be run; use the"):
        runnable(Document(TRAIN_VAL.replace("crop_size: 21", "")))


def test_several_operations_are_proven_at_once() -> None:
    """Colours, mean, BatchNorm, Dropout and a stride, in one go and in this order."""
    weights = drawn(TRAIN_VAL)
    requests = [
        Request("--swap-colours", "data"),
        Request("--fold-mean", "data=123,117,104"),
        Request("--fold-batch-norm"),
        Request("--drop-dropout"),
        Request("--stride-to-dilation", "conv"),
    ]
    done = steps(Document(TRAIN_VAL), requests, weights)
    proof = proof_of(done)
    assert done[-1].weights_after is not None
    found = compare(
        proof.before, weights.to_bytes(), proof.after, done[-1].weights_after.to_bytes(),
        draw=proof.draw, feed=proof.feed, meet=proof.meet,
    )  # fmt: skip
    assert found.largest < NEAR
    assert [one.type for one in NetView(Document(proof.after)).layers] == ["Input", "Convolution", "Convolution"]
    assert np.shape(proof.meet("score", np.zeros((1, 5, 15, 15)))) == (1, 5, 8, 8)


def test_a_net_of_input_fields_runs() -> None:
    text = 'input: "data" input_dim: 2 input_dim: 3 input_dim: 5 input_dim: 4 ' + fc("fc", "data", 3)
    layers = NetView(Document(runnable(Document(text)))).layers
    assert [(one.type, one.top_names) for one in layers] == [("Input", ["data"]), ("InnerProduct", ["fc"])]
