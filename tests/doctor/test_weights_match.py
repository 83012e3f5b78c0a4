"""Names and shapes of a net against those of weights."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from doctor.examine import assert_cured, conv, fc, findings, given, layer, report, weights

from pycaffe_ext.doctor import Severity

NET = given("data 2 3 8 9") + conv("conv1", "data", 4, kernel=3) + fc("fc8", "conv1", 5)
SHAPES: dict[str, list[tuple[int, ...]]] = {"conv1": [(4, 3, 3, 3), (4,)], "fc8": [(5, 168), (5,)]}


def checked(folder: Path, net: str = NET, name: str = "w.caffemodel", **changed: Any) -> Any:
    blobs = {key: value for key, value in {**SHAPES, **changed}.items() if value}
    found = weights(folder / name, **blobs)
    return findings(folder, "weights-match", net, weights=found), found


@pytest.mark.parametrize("name", ["w.caffemodel", "w.caffemodel.h5"])
def test_weights_that_fit(tmp_path: Path, name: str) -> None:
    assert not checked(tmp_path, name=name)[0]
    assert "weights-match" in report(tmp_path, NET, weights=weights(tmp_path / "v", **SHAPES)).checked
    assert "weights-match" in report(tmp_path, NET).not_checked


def test_another_number_of_classes(tmp_path: Path) -> None:
    (found,), loaded = checked(tmp_path, fc8=[(7, 168), (7,)])
    assert (found.severity, found.layer, found.line) == (Severity.ERROR, "fc8", 3)
    assert "5x168 here, and 7x168" in found.problem
    assert "--replace-head" in found.commands[0] and "--num-output fc8=7" in found.commands[1]
    assert_cured(tmp_path, found, weights=loaded)


def test_another_size_of_input(tmp_path: Path) -> None:
    (found,), _ = checked(tmp_path, fc8=[(5, 170), (5,)])
    assert found.severity is Severity.ERROR and "Its input has another size" in found.remedy


def test_weights_of_a_fully_connected_layer_for_a_convolution(tmp_path: Path) -> None:
    net = NET.replace('type: "InnerProduct"', 'type: "Convolution"').replace(
        "inner_product_param { num_output: 5", "convolution_param { num_output: 5 kernel_h: 6 kernel_w: 7"
    )
    (found,), _ = checked(tmp_path, net)
    assert found.severity is Severity.ERROR and "--fc-to-conv fc8" in found.commands[0]


def test_a_bias_too_many(tmp_path: Path) -> None:
    (found,), _ = checked(tmp_path, fc8=[(5, 168)])
    assert found.severity is Severity.ERROR and "2 parameters, and 1" in found.problem


def test_a_layer_of_another_name(tmp_path: Path) -> None:
    found, loaded = checked(tmp_path, fc8=None, fc8_old=SHAPES["fc8"])
    assert [(one.severity, one.layer) for one in found] == [(Severity.WARNING, "fc8"), (Severity.NOTE, "")]
    assert "--rename fc8=fc8_old" in found[0].commands[0]
    assert_cured(tmp_path, found[0], weights=loaded)


def test_a_new_layer(tmp_path: Path) -> None:
    (found,), _ = checked(tmp_path, fc8=None)
    assert (found.severity, found.layer) == (Severity.NOTE, "fc8")
    bare = NET.replace('weight_filler { type: "xavier" } } }\n', "} }\n")
    (found,), loaded = checked(tmp_path, bare, fc8=None, name="v")
    assert (found.severity, found.layer) == (Severity.WARNING, "fc8") and "weight_filler" in found.problem
    assert_cured(tmp_path, found, weights=loaded)


def test_weights_of_another_net(tmp_path: Path) -> None:
    (found,), _ = checked(tmp_path, conv1=None, fc8=None, other=[(4, 3)])
    assert found.severity is Severity.ERROR and "none of its 2 layers" in found.problem


def test_sizes_that_are_not_known_are_not_guessed(tmp_path: Path) -> None:
    net = NET.replace(given("data 2 3 8 9"), layer("data", "AForksData", "", "data"))
    assert not checked(tmp_path, net, conv1=[(4, 1, 3, 3), (4,)])[0]
    (found,), _ = checked(tmp_path, net, name="v", fc8=[(6, 168), (6,)])
    assert found.severity is Severity.ERROR and found.layer == "fc8"


def test_a_fork_s_batch_norm_with_its_scale_inside(tmp_path: Path) -> None:
    """NVIDIA's fork: five parameters, of which two learn."""
    param = "param { lr_mult: 0 } " * 3 + "param { lr_mult: 1 } " * 2 + "batch_norm_param { scale_bias: true }"
    net = NET.replace('bottom: "conv1"', 'bottom: "bn"').replace(
        'layer { name: "fc8"', layer("bn", "BatchNorm", "conv1", "bn", param) + 'layer { name: "fc8"'
    )
    found, loaded = checked(tmp_path, net, bn=[(4,), (4,), (1,), (4,), (4,)])
    assert not found
    assert not findings(tmp_path, "batch-norm", net, weights=loaded)
