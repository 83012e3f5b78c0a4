"""The bench compares like with like: the nets written by hand are those of the prototxts. Nothing is timed here."""

from __future__ import annotations

import pytest
import torch

from pycaffe_ext import TRAIN, Net
from tests.bench.nets.agreement import difference
from tests.bench.nets.case import STEP, TASKS, cases

CASES = cases()
SMALL = ["lenet", "caffenet", "googlenet", "resnet50"]  # the others take seconds each


@pytest.mark.parametrize("name", SMALL)
def test_outputs_by_hand_are_those_of_the_prototxt(name: str) -> None:
    assert difference(CASES[name]) < 1e-5


@pytest.mark.parametrize("name", CASES)
def test_parameters_by_hand_are_those_of_the_training_net(name: str) -> None:
    param = CASES[name].prototxt(STEP)
    for layer in param.layer:  # no time is spent on drawing numbers
        for message in (layer.convolution_param, layer.inner_product_param):
            message.ClearField("weight_filler")
    layers = Net(param, TRAIN).layers
    ours = [blob.count for layer in layers if layer.type != "BatchNorm" for blob in layer.blobs]
    with torch.device("meta"):
        by_hand = [parameter.numel() for parameter in CASES[name].module().parameters()]
    assert sorted(ours) == sorted(by_hand)


@pytest.mark.parametrize("task", TASKS)
@pytest.mark.parametrize("name", CASES)
def test_batches(name: str, task: str) -> None:
    data = CASES[name].prototxt(task).layer[0]
    assert data.name == "data"
    assert data.input_param.shape[0].dim[0] == {"forward_1": 1, "forward_16": 16}.get(task, CASES[name].batch)
