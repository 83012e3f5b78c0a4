"""Looking inside with real Caffe running the net: what the commands find is what they find with the engine."""

from __future__ import annotations

import csv
import sys
from pathlib import Path

import numpy as np
import pytest
import real_caffe
from inspection.conftest import SmallNet
from real_caffe import needs_real_caffe
from tool import tool

import pycaffe_ext as caffe
from pycaffe_ext.bvlc import CheckFailed, Place
from pycaffe_ext.inspection.backprojection import METHODS, backproject
from pycaffe_ext.inspection.descent import gradient_of
from pycaffe_ext.inspection.real_net import RealNet
from pycaffe_ext.inspection.subject import Subject

PLACE = Place(chroot=str(real_caffe.chroot))
ON_REAL = ["--engine", "caffe", "--caffe-chroot", str(real_caffe.chroot)]
# Branches, layers in place, and all that deconv and guided treat otherwise
NET = """
name: "Branches"
layer { name: "data" type: "Input" top: "data" input_param { shape { dim: 1 dim: 3 dim: 17 dim: 14 } } }
layer { name: "conv" type: "Convolution" bottom: "data" top: "conv"
  convolution_param { num_output: 6 kernel_size: 3 weight_filler { type: "msra" } bias_filler { value: 0.1 } } }
layer { name: "prelu" type: "PReLU" bottom: "conv" top: "conv" }
layer { name: "norm" type: "LRN" bottom: "conv" top: "norm" lrn_param { local_size: 3 alpha: 0.5 } }
layer { name: "pool" type: "Pooling" bottom: "norm" top: "file" pooling_param { kernel_size: 3 stride: 2 } }
layer { name: "left" type: "Convolution" bottom: "file" top: "left"
  convolution_param { num_output: 5 kernel_size: 1 weight_filler { type: "msra" } } }
layer { name: "relu" type: "ReLU" bottom: "left" top: "left" }
layer { name: "right" type: "Convolution" bottom: "file" top: "right"
  convolution_param { num_output: 5 kernel_size: 3 pad: 1 weight_filler { type: "msra" } } }
layer { name: "both" type: "Eltwise" bottom: "left" bottom: "right" top: "both" eltwise_param { operation: PROD } }
layer { name: "fc" type: "InnerProduct" bottom: "both" top: "fc"
  inner_product_param { num_output: 4 weight_filler { type: "gaussian" std: 0.3 } } }
layer { name: "prob" type: "Softmax" bottom: "fc" top: "prob" }
"""


@pytest.fixture
def subjects(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[Subject, Subject]:
    """The same net on both engines: the engine's, real Caffe's."""
    monkeypatch.chdir(tmp_path)
    Path("net.prototxt").write_text(NET)
    caffe.set_random_seed(3)
    caffe.Net("net.prototxt", caffe.TEST).save("net.caffemodel")
    return Subject("net.prototxt", "net.caffemodel"), Subject("net.prototxt", "net.caffemodel", real=PLACE)


def batch(count: int, seed: int = 5) -> np.ndarray:
    return np.random.default_rng(seed).normal(size=(count, 3, 17, 14)).astype(np.float32)


def assert_equal(ours: np.ndarray, theirs: np.ndarray) -> None:
    assert ours.shape == theirs.shape and np.abs(ours).max() > 0
    np.testing.assert_allclose(ours, theirs, rtol=0, atol=1e-5 * float(np.abs(theirs).max()))


@needs_real_caffe
def test_every_blob_is_the_same(subjects: tuple[Subject, Subject]) -> None:
    ours, theirs = subjects
    assert isinstance(theirs.net, RealNet) and ours.blobs() == theirs.blobs()
    for count in (2, 5, 1):
        found, real = (one.forward(batch(count), one.blobs()) for one in subjects)
        assert list(found) == list(real)
        for name in found:
            assert_equal(found[name], real[name])
    assert_equal(ours.activations(batch(3), "left"), theirs.activations(batch(3), "left"))


@needs_real_caffe
@pytest.mark.parametrize("method", METHODS)
def test_what_is_sent_back_arrives_the_same(subjects: tuple[Subject, Subject], method: str) -> None:
    cases = [("fc", None, True), ("both", "file", True), ("left", None, False), ("fc", "conv", True)]
    for blob, to, in_place in cases:
        found = [
            backproject(one, batch(2), blob, np.square, method=method, to=to, in_place=in_place) for one in subjects
        ]
        assert_equal(*found)


@needs_real_caffe
def test_gradients_of_several_blobs_add_up(subjects: tuple[Subject, Subject]) -> None:
    terms = {"file": lambda values: values.square().sum(), "fc": lambda values: values.mean()}
    (values, gradient), (real_values, real_gradient) = (gradient_of(one, batch(2), terms) for one in subjects)
    assert values == pytest.approx(real_values, rel=1e-5)
    assert_equal(gradient, real_gradient)


@needs_real_caffe
def test_weights_of_another_file(subjects: tuple[Subject, Subject]) -> None:
    caffe.set_random_seed(4)
    caffe.Net("net.prototxt", caffe.TEST).save("other.caffemodel")
    before = subjects[1].forward(batch(2))["prob"]
    for one in subjects:
        one.net.copy_from("other.caffemodel")
    ours, theirs = (one.forward(batch(2))["prob"] for one in subjects)
    assert_equal(ours, theirs)
    assert np.abs(theirs - before).max() > 0.01


@needs_real_caffe
def test_nothing_stays_behind(subjects: tuple[Subject, Subject]) -> None:
    net = subjects[1].net
    assert len(list(Path().glob(".caffe-*"))) == 1
    net.close()
    assert sorted(path.name for path in Path().iterdir()) == ["net.caffemodel", "net.prototxt"]


@needs_real_caffe
def test_a_failed_check_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("net.prototxt").write_text(NET.replace("kernel_size: 1", "kernel_size: 1 engine: CUDNN"))  # it has none
    with pytest.raises(CheckFailed, match="unknown engine"):
        Subject("net.prototxt", real=PLACE)
    assert [path.name for path in Path().iterdir()] == ["net.prototxt"]


def numbers(path: Path) -> tuple[list[list[str]], list[list[float]]]:
    """A table's words and its numbers."""
    words, found = [], []
    with path.open() as file:
        for row in csv.reader(file):
            values = []
            for cell in row:
                try:
                    values.append(float(cell))
                except ValueError:
                    words.append(cell)
            found.append(values)
    return words, found


@needs_real_caffe
@pytest.mark.parametrize(
    ("program", "line", "table"),
    [
        ("visualize", "top --blob conv2 --unit 1,4 --count 3", "top.csv"),
        ("visualize", "occlusion --square 7 --stride 5 --limit 1", "occlusion.csv"),
        ("visualize", "gradcam --limit 2 --class 2", "gradcam.csv"),
        ("probe", "symmetry --no-readout", "symmetry.csv"),
        ("probe", "features --blob pool1 --format npz", "features.csv"),
    ],
)
def test_commands_find_the_same(
    small_net: SmallNet, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, program: str, line: str, table: str
) -> None:
    monkeypatch.chdir(tmp_path)
    command, *options = line.split()
    arguments = [command, *small_net.options, "--images", small_net.images, *options, "--quiet"]
    run = tool(program, monkeypatch)
    assert run(*arguments, "-o", "ours") == 0
    assert run(*arguments, "-o", "theirs", *ON_REAL) == 0
    assert {path.name for path in Path("ours").iterdir()} == {path.name for path in Path("theirs").iterdir()}
    (words, found), (real_words, real) = numbers(Path("ours", table)), numbers(Path("theirs", table))
    assert words == real_words and found != []
    for row, real_row in zip(found, real, strict=True):
        assert row == pytest.approx(real_row, rel=1e-4, abs=1e-6)


def test_where_caffe_is_means_nothing_to_the_torch_engine(
    small_net: SmallNet, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    arguments = ["gradcam", *small_net.options, "--images", small_net.images, "--caffe-python", "python3"]
    assert tool("visualize", monkeypatch)(*arguments) == 2
    assert "--engine caffe" in capsys.readouterr().err


def test_a_python_without_pycaffe(
    small_net: SmallNet, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    arguments = ["gradcam", *small_net.options, "--images", small_net.images, "--engine", "caffe"]
    assert tool("visualize", monkeypatch)(*arguments, "--caffe-python", sys.executable) == 2
    assert "has no pycaffe" in capsys.readouterr().err
    assert list(tmp_path.glob(".caffe-*")) == []
