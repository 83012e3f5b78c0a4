"""Checks that need the net's text alone: each fires on a net with its mistake, and is silent on one without."""

from __future__ import annotations

from pathlib import Path

import pytest
from doctor.examine import assert_cured, conv, data, fc, findings, given, layer, loss

from pycaffe_ext.doctor import Severity

RELU = layer("relu2", "ReLU", "fc", "fc")


def train(body: str) -> str:
    return data("nowhere") + body


def test_an_activation_on_the_scores_of_a_loss(tmp_path: Path) -> None:
    net = train(fc("fc", "data", 5) + RELU + loss("fc"))
    (found,) = findings(tmp_path, "activation-before-loss", net)
    assert (found.severity, found.line, found.layer) == (Severity.ERROR, 3, "relu2")
    assert "ReLU" in found.problem and "loss" in found.problem
    assert_cured(tmp_path, found)


@pytest.mark.parametrize(
    "body",
    [
        fc("fc", "data", 5) + loss("fc"),
        fc("fc", "data", 4) + RELU + fc("last", "fc", 5) + loss("last"),
        fc("fc", "data", 5) + layer("r", "ReLU", "fc", "fc", "relu_param { negative_slope: 0.1 }") + loss("fc"),
        fc("fc", "data", 5) + RELU + layer("l2", "EuclideanLoss", "fc label", "loss"),
    ],
)
def test_no_activation_on_the_scores(tmp_path: Path, body: str) -> None:
    assert not findings(tmp_path, "activation-before-loss", train(body))


def test_an_activation_is_seen_through_upsampling_and_crop(tmp_path: Path) -> None:
    up = "param { lr_mult: 0 } convolution_param { num_output: 5 kernel_size: 4 stride: 2 bias_term: false }"
    net = train(
        conv("fc", "data", 5)
        + RELU
        + layer("up", "Deconvolution", "fc", "up", up)
        + layer("crop", "Crop", "up data", "crop")
        + loss("crop")
    )
    assert [found.line for found in findings(tmp_path, "activation-before-loss", net)] == [3]
    learned = net.replace("lr_mult: 0", "lr_mult: 1")
    assert not findings(tmp_path, "activation-before-loss", learned)


def test_an_activation_before_global_pooling_is_a_note(tmp_path: Path) -> None:
    pool = layer("pool", "Pooling", "fc", "pool", "pooling_param { pool: AVE global_pooling: true }")
    (found,) = findings(tmp_path, "activation-before-loss", train(conv("fc", "data", 5) + RELU + pool + loss("pool")))
    assert found.severity is Severity.NOTE


def test_where_a_name_is_borne_twice_the_lines_are_named(tmp_path: Path) -> None:
    body = fc("one", "data", 4) + layer("relu2", "ReLU", "one", "one") + fc("fc", "one", 5) + RELU + loss("fc")
    (found,) = findings(tmp_path, "activation-before-loss", train(body))
    assert not found.commands and "Delete lines 5 to 5" in found.remedy
    (twice,) = findings(tmp_path, "duplicate-names", train(body))
    assert (twice.severity, twice.line) == (Severity.NOTE, 5) and "line 3" in twice.problem


def test_duplicate_names_with_parameters(tmp_path: Path) -> None:
    twice = fc("fc", "data", 4) + layer("fc", "InnerProduct", "fc", "out", "inner_product_param { num_output: 5 }")
    (found,) = findings(tmp_path, "duplicate-names", train(twice + loss("out")))
    assert (found.severity, found.line) == (Severity.ERROR, 3)
    pair = data("a", phase="TRAIN") + data("b", phase="TEST") + fc("fc", "data", 5) + loss("fc")
    assert not findings(tmp_path, "duplicate-names", pair)


def test_softmax_before_its_loss(tmp_path: Path) -> None:
    net = train(fc("fc", "data", 5) + layer("prob", "Softmax", "fc", "prob") + loss("prob"))
    (found,) = findings(tmp_path, "softmax-place", net)
    assert (found.severity, found.line) == (Severity.ERROR, 3)
    assert_cured(tmp_path, found)
    sigmoid = layer("loss", "SigmoidCrossEntropyLoss", "prob label", "loss")
    silent = train(fc("fc", "data", 5) + layer("prob", "Softmax", "fc", "prob") + sigmoid)
    assert not findings(tmp_path, "softmax-place", silent)


def test_a_deploy_net_without_softmax(tmp_path: Path) -> None:
    net = given("data 2 3 8 9") + fc("fc", "data", 5)
    (found,) = findings(tmp_path, "softmax-place", net)
    assert (found.severity, found.layer) == (Severity.NOTE, "fc")
    assert_cured(tmp_path, found)


BN = 'layer {{ name: "bn" type: "BatchNorm" bottom: "conv" top: "bn" {} }}\n'


def bn(fields: str = "", rate: int = 1, after: str = "") -> str:
    rates = f"param {{ lr_mult: {rate} }} param {{ lr_mult: {rate} }}"
    body = conv("conv", "data", 4, rates) + BN.format(fields) + after + fc("fc", "bn", 5) + loss("fc")
    return data("a", phase="TRAIN") + data("b", phase="TEST") + body


def test_batch_norm_that_drifts_behind_frozen_layers(tmp_path: Path) -> None:
    (found,) = findings(tmp_path, "batch-norm", bn(rate=0))
    assert (found.severity, found.layer) == (Severity.WARNING, "bn")
    assert_cured(tmp_path, found)
    assert not findings(tmp_path, "batch-norm", bn(rate=1))
    scale = layer("scale", "Scale", "bn", "bn", "scale_param { bias_term: true }")
    assert not findings(tmp_path, "batch-norm", bn(rate=0, after=scale))


def test_batch_norm_that_learns_its_statistics(tmp_path: Path) -> None:
    (found,) = {one.problem: one for one in findings(tmp_path, "batch-norm", bn("param { lr_mult: 1 }"))}.values()
    assert found.severity is Severity.ERROR
    assert_cured(tmp_path, found)
    assert not findings(tmp_path, "batch-norm", bn("param { lr_mult: 1 } " * 3))  # Caffe makes them 0


def test_batch_norm_that_uses_the_batch_in_testing(tmp_path: Path) -> None:
    (found,) = findings(tmp_path, "batch-norm", bn("batch_norm_param { use_global_stats: false }"))
    assert (found.severity, found.layer) == (Severity.WARNING, "bn")
    assert_cured(tmp_path, found)


def rates(weight: int, bias: int) -> str:
    return f"param {{ lr_mult: {weight} }} param {{ lr_mult: {bias} }}"


def test_layers_frozen_in_part(tmp_path: Path) -> None:
    body = fc("one", "data", 4, "param { lr_mult: 0 }") + fc("fc", "one", 5) + loss("fc")
    (found,) = findings(tmp_path, "frozen-layers", train(body))
    assert (found.severity, found.layer) == (Severity.WARNING, "one") and "not written" in found.problem
    assert_cured(tmp_path, found)


def test_what_learns_below_frozen_layers(tmp_path: Path) -> None:
    prelu = layer("prelu", "PReLU", "one", "one")
    body = (
        fc("one", "data", 4, rates(0, 0)) + prelu + fc("two", "one", 6, rates(0, 0)) + fc("fc", "two", 5) + loss("fc")
    )
    (found,) = findings(tmp_path, "frozen-layers", train(body))
    assert (found.severity, found.layer) == (Severity.WARNING, "prelu") and "'two'" in found.problem
    assert_cured(tmp_path, found)


def test_backward_to_the_data_for_nothing(tmp_path: Path) -> None:
    net = "force_backward: true\n" + train(fc("one", "data", 4, rates(0, 0)) + fc("fc", "one", 5) + loss("fc"))
    (found,) = findings(tmp_path, "frozen-layers", net)
    assert (found.severity, found.line) == (Severity.NOTE, 1)
    assert_cured(tmp_path, found)


def test_fixed_upsampling_between_layers_that_learn_is_no_frozen_layer(tmp_path: Path) -> None:
    up = "param { lr_mult: 0 } convolution_param { num_output: 5 kernel_size: 4 stride: 2 bias_term: false }"
    body = conv("one", "data", 5) + layer("up", "Deconvolution", "one", "up", up) + conv("fc", "up", 5) + loss("fc")
    assert not findings(tmp_path, "frozen-layers", train(body))
