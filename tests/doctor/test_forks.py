"""Fields and types of forks, named; whatever else keeps Caffe from building a net."""

from __future__ import annotations

from pathlib import Path

import pytest
from doctor.examine import assert_cured, conv, data, fc, findings, given, layer, loss, report

from pycaffe_ext.doctor import Severity


@pytest.mark.parametrize(
    ("text", "words", "fork"),
    [
        (layer("p", "Permute", "data", "p", "permute_param { order: 0 }"), "layer type Permute", "SSD"),
        (layer("n", "Normalize", "data", "n", "norm_param { channel_shared: false }"), "Normalize", "SSD"),
        (layer("b", "BN", "data", "b", "bn_param { bn_mode: INFERENCE }"), "layer type BN", "SegNet"),
        (layer("r", "ROIPooling", "data", "r", "roi_pooling_param { pooled_w: 6 }"), "ROIPooling", "Faster R-CNN"),
        (layer("q", "ConvolutionRistretto", "data", "q"), "ConvolutionRistretto", "Ristretto"),
        (layer("i", "Interp", "data", "i", "interp_param { zoom_factor: 8 }"), "Interp", "DeepLab"),
        (layer("a", "Axpy", "data data data", "a"), "Axpy", "SENet"),
        (layer("s", "BatchNorm", "data", "s", "batch_norm_param { scale_bias: true }"), "scale_bias", "NVIDIA"),
        (layer("x", "ReLU", "data", "x", "forward_type: FLOAT16"), "forward_type", "NVIDIA"),
        (conv("h", "data", 3).replace("kernel_size", "hole: 2 kernel_size"), "hole", "DeepLab"),
    ],
)
def test_forks_are_named(tmp_path: Path, text: str, words: str, fork: str) -> None:
    (found,) = findings(tmp_path, "forks", given("data 2 3 8 9") + text)
    assert (found.severity, found.line) == (Severity.ERROR, 2)
    assert words in found.problem and fork in found.remedy


def test_each_type_and_field_is_named_once(tmp_path: Path) -> None:
    text = given("data 2 3 8 9") + "".join(
        layer(f"p{i}", "Permute", "data", f"p{i}", "permute_param {}") for i in "123"
    )
    (found,) = findings(tmp_path, "forks", text)
    assert "(3 layers)" in found.problem


def test_slips_of_the_pen(tmp_path: Path) -> None:
    text = given("data 2 3 8 9") + conv("one", "data", 4) + layer("r", "Relu", "one", "one")
    (found,) = findings(tmp_path, "forks", text)
    assert "did you mean ReLU?" in found.problem
    assert_cured(tmp_path, found)
    (field,) = findings(
        tmp_path, "forks", given("data 2 3 8 9") + conv("one", "data", 4).replace("kernel_size", "kernelsize")
    )
    assert "did you mean kernel_size" in field.problem and field.layer == "one"


def test_bvlc_s_own_fields_are_none(tmp_path: Path) -> None:
    text = given("data 2 3 8 9") + conv("one", "data", 4, "propagate_down: true loss_weight: 0")
    assert not findings(tmp_path, "forks", text)


def test_layers_after_one_of_a_fork_are_still_looked_at(tmp_path: Path) -> None:
    text = given("data 2 3 8 9", "label 2") + layer("p", "Permute", "data", "p") + fc("fc", "p", 5)
    found = report(tmp_path, text + layer("relu", "ReLU", "fc", "fc") + loss("fc"))
    assert {one.check for one in found.findings} == {"forks", "activation-before-loss"}
    assert "net-builds" in found.not_checked


def test_nets_that_cannot_be_built(tmp_path: Path) -> None:
    start = given("data 2 3 8 9")
    for body, line, words in (
        (conv("one", "dat", 4), 2, "did you mean 'data'"),
        (conv("one", "data", 4, kernel=12), 2, "one"),
        (
            fc("one", "data", 4) + fc("two", "data", 5).replace('top: "two"', 'top: "one"'),
            3,
            "which line 2 makes already",
        ),
        (conv("one", "data", 4).replace("num_output: 4", "num_output: four"), 2, "four"),
        (conv("one", "data", 4) + layer("sum", "Eltwise", "one data", "sum"), 3, "(2, 4, 8, 9)"),
    ):
        (found,) = findings(tmp_path, "net-builds", start + body)
        assert (found.severity, found.line) == (Severity.ERROR, line) and words in found.problem


def test_several_layers_that_cannot_be_built_are_all_found(tmp_path: Path) -> None:
    text = given("data 2 3 8 9") + conv("one", "x", 4) + conv("two", "data", 4) + conv("three", "y", 4)
    assert [one.layer for one in findings(tmp_path, "net-builds", text)] == ["one", "three"]


def test_a_phase_without_its_data_is_not_meant(tmp_path: Path) -> None:
    text = data("a", phase="TRAIN") + fc("fc", "data", 5) + loss("fc")
    assert not findings(tmp_path, "net-builds", text)
    staged = data("a").replace("data_param", 'include { stage: "big" } data_param') + fc("fc", "data", 5) + loss("fc")
    assert "net-builds" in report(tmp_path, staged).not_checked
    solver = 'net: "net.prototxt" train_state { stage: "big" } base_lr: 1 lr_policy: "fixed" max_iter: 1'
    assert "net-builds" not in {one.check for one in report(tmp_path, staged, solver).findings}
