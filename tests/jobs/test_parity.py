"""parity: one net on both engines, and where they part."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import real_caffe
from jobs import toy
from real_caffe import needs_real_caffe
from tool import command

from pycaffe_ext import cli
from pycaffe_ext.bvlc import Place
from pycaffe_ext.engine.layers.relu import ReLU
from pycaffe_ext.errors import DataError, UnknownNameError
from pycaffe_ext.jobs import parity

PLACE = Place(chroot=str(real_caffe.chroot))
NET = """
layer { name: "data" type: "Input" top: "data" input_param { shape { dim: 2 dim: 3 dim: 9 dim: 7 } } }
layer {
  name: "conv" type: "Convolution" bottom: "data" top: "conv"
  convolution_param { num_output: 5 kernel_size: 3 weight_filler { type: "xavier" } bias_filler { value: 0.2 } }
}
layer { name: "relu" type: "ReLU" bottom: "conv" top: "conv" }
layer { name: "drop" type: "Dropout" bottom: "conv" top: "conv" }
layer {
  name: "ip" type: "InnerProduct" bottom: "conv" top: "ip"
  inner_product_param { num_output: 4 weight_filler { type: "xavier" } }
}
layer { name: "prob" type: "Softmax" bottom: "ip" top: "prob" }
"""


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "net.prototxt").write_text(NET)
    return tmp_path


@needs_real_caffe
@pytest.mark.parametrize("phase", ["TRAIN", "TEST"])
def test_a_net_forward_and_backward(folder: Path, phase: str) -> None:
    found = parity.compare_net("net.prototxt", place=PLACE, phase=phase, backward=True)
    assert 0 < found.largest < 1e-5
    assert [row.layer for row in found.rows if row.what == "top"] == ["data", "conv", "relu", "drop", "ip", "prob"]
    assert {row.name for row in found.rows if row.what == "diff"} == {"data", "conv", "ip", "prob"}
    assert [row.name for row in found.rows if row.what == "param diff"] == ["ip[0]", "ip[1]", "conv[0]", "conv[1]"]
    assert len(found.notes) == 2
    assert [path.name for path in folder.iterdir()] == ["net.prototxt"]


@needs_real_caffe
def test_the_layer_that_differs_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    forward = ReLU.forward
    monkeypatch.setattr(ReLU, "overwrite", lambda self, numbers: False)
    monkeypatch.setattr(ReLU, "forward", lambda self, *inputs: [top * 1.01 for top in forward(self, *inputs)])
    first = parity.compare_net("net.prototxt", place=PLACE).first_above(1e-5)
    assert first is not None
    assert (first.layer, first.what, first.name) == ("relu", "top", "conv")
    assert first.difference == pytest.approx(0.01, rel=1e-3)


@needs_real_caffe
def test_given_inputs_and_weights_count(folder: Path) -> None:
    zeros = {"data": np.zeros((6, 3, 9, 7), np.float32)}
    found = parity.compare_net("net.prototxt", (), zeros, place=PLACE)
    assert [row.shape for row in found.rows if row.name == "prob"] == [(6, 4)]
    with pytest.raises(UnknownNameError, match="no input blob 'dta'; did you mean 'data'"):
        parity.compare_net("net.prototxt", (), {"dta": zeros["data"]}, place=PLACE)


@needs_real_caffe
def test_solver_steps() -> None:
    solver = toy.write(Path(), iter_size=2, momentum=0.9)
    found = parity.compare_steps(solver, place=PLACE, steps=5)
    assert [row.name for row in found.rows] == ["conv[0]", "conv[1]", "ip[0]", "ip[1]"]
    assert found.largest < 1e-5


@needs_real_caffe
def test_the_command(capsys: pytest.CaptureFixture[str]) -> None:
    main = command("parity").main
    where = ("net.prototxt", "--caffe-chroot", PLACE.chroot)
    np.save("ones.npy", np.ones((1, 3, 9, 7), np.float32))
    assert cli.run(main, [*where, "--input", "data=ones.npy"]) == 0
    assert "everywhere at most 1e-05" in capsys.readouterr().out
    assert cli.run(main, [*where, "--tolerance", "0", "--json"]) == 1
    assert json.loads(capsys.readouterr().out)["rows"][0]["layer"] == "data"
    assert cli.run(main, [*where, "--steps", "3", "--backward"]) == 2
    assert "--steps takes a number" in capsys.readouterr().err


def test_differences() -> None:
    nan, infinite = np.nan, np.inf
    assert parity.differences(np.array([1.0, nan, infinite]), np.array([1.0, nan, infinite])) == (0.0, 0)
    assert parity.differences(np.array([1.0, 4.5]), np.array([1.0, 4.0])) == (0.125, 1)
    assert parity.differences(np.array([nan, 4.0]), np.array([1.0, 4.0])) == (infinite, 1)
    assert parity.differences(np.array([1.0]), np.array([0.0])) == (infinite, 1)
    with pytest.raises(DataError, match=r"shape \(2,\) here and \(3,\)"):
        parity.differences(np.zeros(2), np.zeros(3), "ip")
