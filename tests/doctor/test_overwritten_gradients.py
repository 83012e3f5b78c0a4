"""Layers in place whose gradient Caffe computes from numbers that are overwritten by then."""

from __future__ import annotations

from pathlib import Path

import pytest
from doctor.examine import data, fc, findings, layer, loss

from pycaffe_ext.doctor import Severity


def net(*kinds: str, top: str = "one") -> str:
    """Layers of these kinds, one after the other on the blob 'one', the last with another top if asked."""
    names = [f"{kind.lower()}{place}" for place, kind in enumerate(kinds)]
    tops = ["one"] * (len(kinds) - 1) + [top]
    chain = [layer(name, kind, "one", top) for name, kind, top in zip(names, kinds, tops, strict=True)]
    return data("nowhere") + fc("one", "data", 4) + "".join(chain) + fc("fc", top, 5) + loss("fc")


@pytest.mark.parametrize("kinds", [("ReLU", "BatchNorm"), ("ReLU", "Dropout", "Scale"), ("Sigmoid", "Dropout")])
def test_what_a_layer_reads_is_overwritten_by_a_later_one(tmp_path: Path, kinds: tuple[str, ...]) -> None:
    (found,) = findings(tmp_path, "overwritten-gradients", net(*kinds))
    assert (found.severity, found.layer, found.line) == (Severity.WARNING, f"{kinds[0].lower()}0", 3)
    last = f"'{kinds[-1].lower()}{len(kinds) - 1}'"
    assert last in found.problem and last in found.remedy


def test_some_layers_overwrite_it_themselves(tmp_path: Path) -> None:
    (found,) = findings(tmp_path, "overwritten-gradients", net("Power"))
    assert found.layer == "power0" and "'power0'" in found.remedy


@pytest.mark.parametrize("kinds", [("ReLU", "Dropout"), ("BatchNorm", "Scale", "ReLU"), ("PReLU", "BatchNorm")])
def test_what_is_not_read_again_may_be_overwritten(tmp_path: Path, kinds: tuple[str, ...]) -> None:
    assert not findings(tmp_path, "overwritten-gradients", net(*kinds))


def test_a_top_of_its_own_cures_it(tmp_path: Path) -> None:
    assert not findings(tmp_path, "overwritten-gradients", net("ReLU", "BatchNorm", top="normalised"))


def test_where_nothing_learns_before_there_is_no_gradient(tmp_path: Path) -> None:
    text = data("nowhere") + layer("shift", "Power", "data", "data") + fc("fc", "data", 5) + loss("fc")
    assert not findings(tmp_path, "overwritten-gradients", text)
