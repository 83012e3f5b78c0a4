"""Symmetry: nets whose symmetry is known by construction, sums against loops, transforms against plain arrays."""

from __future__ import annotations

import csv
import json
import shlex
from pathlib import Path

import cv2
import numpy as np
import pytest
from tool import tool

from pycaffe_ext.errors import DataError
from pycaffe_ext.inspection.learning.validation import Validated
from pycaffe_ext.inspection.photographs import Photograph
from pycaffe_ext.inspection.subject import Subject
from pycaffe_ext.inspection.symmetry.advice import advise, first_asymmetric
from pycaffe_ext.inspection.symmetry.grids import grids
from pycaffe_ext.inspection.symmetry.measure import LayerSymmetry, measure_symmetry
from pycaffe_ext.inspection.symmetry.pairs import Pairs
from pycaffe_ext.inspection.symmetry.transforms import Axis, Grid, Transform
from pycaffe_ext.inspection.waists import measured_blobs, waists
from pycaffe_ext.model.view import NetView
from pycaffe_ext.text import Document

# 11 x 13 halves to 5 x 6: windows of 3 by 2 lie as they do in a mirror
NET = """
name: "Mirrors" input: "data" input_shape { dim: 2 dim: 3 dim: 11 dim: 13 }
layer { name: "conv1" type: "Convolution" bottom: "data" top: "conv1"
  convolution_param { num_output: 6 kernel_size: 3 pad: 1 weight_filler { type: "msra" } } }
layer { name: "relu1" type: "ReLU" bottom: "conv1" top: "conv1" }
layer { name: "pool1" type: "Pooling" bottom: "conv1" top: "pool1" pooling_param { kernel_size: 3 stride: 2 } }
layer { name: "conv2" type: "Convolution" bottom: "pool1" top: "conv2"
  convolution_param { num_output: 7 kernel_size: 3 weight_filler { type: "msra" } } }
layer { name: "relu2" type: "ReLU" bottom: "conv2" top: "conv2" }
layer { name: "conv3" type: "Convolution" bottom: "conv2" top: "conv3"
  convolution_param { num_output: 5 kernel_size: 1 weight_filler { type: "msra" } } }
layer { name: "pool3" type: "Pooling" bottom: "conv3" top: "pool3" pooling_param { pool: AVE global_pooling: true } }
layer { name: "fc" type: "InnerProduct" bottom: "pool3" top: "fc"
  inner_product_param { num_output: 4 weight_filler { type: "xavier" } } }
"""
BRANCHES = """
input: "data" input_shape { dim: 1 dim: 3 dim: 9 dim: 8 }
layer { name: "stem" type: "Convolution" bottom: "data" top: "stem" convolution_param { num_output: 4 kernel_size: 1 } }
layer { name: "relu" type: "ReLU" bottom: "stem" top: "stem" }
layer { name: "left" type: "Convolution" bottom: "stem" top: "left" convolution_param { num_output: 2 kernel_size: 1 } }
layer { name: "right" type: "Convolution" bottom: "stem" top: "right"
  convolution_param { num_output: 3 kernel_size: 1 } }
layer { name: "both" type: "Concat" bottom: "left" bottom: "right" top: "both" }
layer { name: "body" type: "Convolution" bottom: "both" top: "body" convolution_param { num_output: 5 kernel_size: 1 } }
layer { name: "sum" type: "Eltwise" bottom: "both" bottom: "body" top: "sum" }
layer { name: "fc" type: "InnerProduct" bottom: "sum" top: "fc" inner_product_param { num_output: 2 } }
layer { name: "aside" type: "InnerProduct" bottom: "both" top: "aside" inner_product_param { num_output: 2 } }
layer { name: "prob" type: "Softmax" bottom: "fc" top: "prob" }
"""


def net(folder: Path, symmetric: tuple[str, ...] = ("conv1", "conv2")) -> Subject:
    (folder / "net.prototxt").write_text(NET)
    subject = Subject(folder / "net.prototxt")
    rng = np.random.default_rng(3)
    for name, blobs in subject.net.params.items():
        weights = rng.normal(size=blobs[0].shape)
        if name in symmetric:
            weights = weights + weights[..., ::-1]
        blobs[0].data[...] = weights
        blobs[1].data[...] = 0.1
    return subject


def pictures(count: int = 6) -> list[Photograph]:
    rng = np.random.default_rng(5)
    return [Photograph(f"{i}.png", rng.integers(0, 256, (14, 17, 3), np.uint8)) for i in range(count)]


def one_sided(count: int) -> list[Photograph]:
    """Pictures brighter to the right, each with noise of its own."""
    rng = np.random.default_rng(7)
    ramp = np.linspace(40, 200, 13)[None, :, None]
    return [
        Photograph(f"{i}.png", np.clip(ramp + rng.normal(0, 20, (11, 13, 3)), 0, 255).astype(np.uint8), 1)
        for i in range(count)
    ]


def test_an_exactly_symmetric_net_scores_1(tmp_path: Path) -> None:
    subject = net(tmp_path)
    layers = measure_symmetry(subject, pictures(), Transform("mirror"), subject.blobs(), readout=False, batch=4)
    assert [layer.blob for layer in layers] == ["conv1", "pool1", "conv2", "conv3", "pool3", "fc"]
    assert [layer.equivariance.agreement for layer in layers] == pytest.approx([1] * 6, abs=1e-9)
    assert [layer.content.agreement for layer in layers] == pytest.approx([1] * 6, abs=1e-9)
    invariance = [layer.invariance.agreement for layer in layers]
    assert invariance[4:] == pytest.approx([1, 1], abs=1e-9)
    assert max(invariance[:4]) < 0.8
    assert first_asymmetric(layers) is None


@pytest.mark.parametrize("name", ["conv1", "conv2"])
def test_the_first_asymmetric_layer_is_found(tmp_path: Path, name: str) -> None:
    subject = net(tmp_path, tuple({"conv1", "conv2"} - {name}))
    layers = measure_symmetry(subject, pictures(), Transform("mirror"), subject.blobs(), readout=False)
    assert first_asymmetric(layers) == name


def test_a_map_of_an_asymmetric_net_agrees_as_computed_by_hand(tmp_path: Path) -> None:
    subject, shown = net(tmp_path, ()), pictures(5)
    layer = measure_symmetry(subject, shown, Transform("mirror"), ["conv2"], readout=False, batch=2)[0]
    seen = subject.seen([one.pixels for one in shown])
    a = subject.forward(subject.batch(seen), ["conv2"])["conv2"]
    b = subject.forward(subject.batch([pixels[:, ::-1] for pixels in seen]), ["conv2"])["conv2"]
    assert layer.invariance.agreement == pytest.approx(agreement(a, b), abs=1e-6)
    assert layer.equivariance.agreement == pytest.approx(agreement(a[..., ::-1], b), abs=1e-6)
    assert layer.content.agreement == pytest.approx(agreement(a.mean((2, 3)), b.mean((2, 3))), abs=1e-6)


def agreement(a: np.ndarray, b: np.ndarray) -> float:
    own = [((x - y) ** 2).sum() for x, y in zip(a, b, strict=True)]
    strange = [((x - y) ** 2).sum() for i, x in enumerate(a) for j, y in enumerate(b) if i != j]
    return float(1 - np.mean(own) / np.mean(strange))


def test_pairs_are_what_loops_over_all_pairs_give() -> None:
    rng = np.random.default_rng(0)
    a, b = rng.normal(size=(7, 5)), rng.normal(size=(7, 5)) + 1
    pairs = Pairs()
    pairs.add(a[:3], b[:3])
    pairs.add(a[3:], b[3:])
    cosines = a @ b.T / np.linalg.norm(a, axis=1)[:, None] / np.linalg.norm(b, axis=1)
    assert pairs.agreement == pytest.approx(agreement(a, b))
    assert pairs.cosine == pytest.approx(np.trace(cosines) / 7)
    assert pairs.cosine_of_strangers == pytest.approx((cosines.sum() - np.trace(cosines)) / 42)


def test_pairs_of_vectors_that_are_all_alike_say_nothing() -> None:
    pairs = Pairs()
    pairs.add(np.ones((4, 3)), np.ones((4, 3)))
    assert np.isnan(pairs.agreement)


def test_maps_are_moved_by_whole_places_where_strides_divide_a_shift(tmp_path: Path) -> None:
    """pool1's places lie 2 pixels apart: a shift by 4 is one by 2 places, away from the edges, whatever its filters."""
    subject = net(tmp_path, ())
    assert grids(subject)["pool1"] == Grid(Axis(2, 1), Axis(2, 1))
    seen = np.random.default_rng(4).integers(0, 256, (2, 11, 13, 3), np.uint8)
    shift = Transform.parse("shift:4")
    before, after = (
        subject.forward(subject.batch(list(shown)), ["pool1"])["pool1"]
        for shown in (seen, np.stack([shift.of_picture(pixels) for pixels in seen]))
    )
    moved, inside = shift.of_maps(before, 11, 13, grids(subject)["pool1"])
    assert inside.sum() == 5 * 4
    np.testing.assert_allclose(moved[..., 3:5], after[..., 3:5], rtol=1e-5)


def test_waists_are_what_every_path_passes(tmp_path: Path) -> None:
    (tmp_path / "net.prototxt").write_text(BRANCHES)
    subject = Subject(tmp_path / "net.prototxt")
    assert waists(subject.net.param.layer, "data", "prob") == ["stem", "both", "sum", "fc", "prob"]
    assert measured_blobs(subject, None) == ["stem", "both", "sum", "fc", "prob"]
    assert "left" in measured_blobs(subject, None, everything=True)


def test_advice_is_the_layer_after_the_last_that_sees_the_difference(tmp_path: Path) -> None:
    """conv2 is symmetric, and what it makes is averaged over the map: nothing behind it can know left from right."""
    subject = net(tmp_path, ("conv2",))
    fix_edges(subject)
    layers = measure_symmetry(subject, one_sided(12), Transform("mirror"), subject.blobs(), folds=3)
    found = {layer.blob: layer for layer in layers}
    readout = found["fc"].readout
    assert readout is not None
    assert readout.accuracy <= 0.75
    advice = advise(subject, layers)
    assert advice.layer == "conv2", [(layer.blob, layer.of_averages and layer.of_averages.accuracy) for layer in layers]
    assert "--freeze-all --unfreeze-from conv2" in advice.line


def told(right: int) -> Validated:
    """A read-out that got so many of 40 pictures right."""
    labels = np.arange(40) % 2
    predicted = np.where(np.arange(40) < right, labels, 1 - labels)
    return Validated(labels, predicted, np.zeros(40, int), np.arange(40))


@pytest.mark.parametrize(
    ("is_averaged", "of_maps", "of_averages", "layer"),
    [
        # the map knows it to the end, but only averages leave it
        (True, {"conv1": 40, "conv2": 40, "conv3": 40}, {"conv1": 38, "conv2": 24, "conv3": 24}, "conv2"),
        (False, {"conv1": 40, "conv2": 40, "conv3": 40}, {"conv1": 38, "conv2": 24, "conv3": 24}, "fc"),
        (False, {"conv1": 39, "conv2": 40, "conv3": 20}, {}, "conv3"),
        (False, {"conv1": 20, "conv2": 21, "conv3": 19}, {}, ""),  # nothing knows it
    ],
)
def test_advice_is_by_what_reaches_the_end(
    tmp_path: Path, is_averaged: bool, of_maps: dict[str, int], of_averages: dict[str, int], layer: str
) -> None:
    text = NET if is_averaged else NET.replace("pool: AVE global_pooling: true", "pool: AVE kernel_size: 2")
    (tmp_path / "net.prototxt").write_text(text)
    subject = Subject(tmp_path / "net.prototxt")
    layers = [
        LayerSymmetry(blob, (3, 4, 5), readout=told(right), of_averages=told(of_averages.get(blob, 20)))
        for blob, right in of_maps.items()
    ]
    advice = advise(subject, layers)
    assert advice.layer == layer
    assert f"--unfreeze-from {layer} -o" in advice.line if layer else "--unfreeze '*' -o" in advice.line


def fix_edges(subject: Subject) -> None:
    """conv1 measures how much brighter it gets to the right: its averages tell the ways apart."""
    weights = subject.net.params["conv1"][0].data
    weights[...] = 0
    weights[:3, :, 1, 2], weights[:3, :, 1, 0] = 0.1, -0.1
    weights[3:, :, 1, 2], weights[3:, :, 1, 0] = -0.1, 0.1
    subject.net.params["conv1"][1].data[...] = 0
    subject.net.params["conv2"][0].data[...] = 0
    weights = subject.net.params["conv2"][0].data
    weights[:, :3, 1, 1], weights[:, 3:, 1, 1] = 1, 1  # the sum of both ways


@pytest.fixture
def faces(tmp_path: Path) -> Path:
    for name, flip in (("left", True), ("right", False)):
        (tmp_path / "faces" / name).mkdir(parents=True)
        for index, one in enumerate(one_sided(10)[5 * flip : 5 * flip + 5]):
            pixels = one.pixels[:, ::-1] if flip else one.pixels
            cv2.imwrite(str(tmp_path / "faces" / name / f"{index}.png"), pixels)
    return tmp_path / "faces"


def test_the_command_and_the_line_that_it_advises(
    tmp_path: Path, faces: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    subject = net(tmp_path, ("conv2",))
    fix_edges(subject)
    subject.net.save(tmp_path / "net.caffemodel")
    probe, surgery = tool("probe", monkeypatch), tool("surgery", monkeypatch)
    monkeypatch.chdir(tmp_path)
    common = ("symmetry", "net.prototxt", "--weights", "net.caffemodel", "--images", faces, "--folds", 3)
    assert probe(*common, "--swaps", "left,right", "--all", "-o", "out", "--html", "out.html") == 0
    line = next(line for line in capsys.readouterr().out.splitlines() if line.startswith("  surgery.py"))
    with open("out/symmetry.csv") as file:
        rows = list(csv.DictReader(file))
    assert [row["blob"] for row in rows] == ["conv1", "pool1", "conv2", "conv3", "pool3", "fc"]
    assert float(rows[0]["read-out"]) == 1
    written = json.loads(Path("out/symmetry.json").read_text())
    assert written["advice"]["layer"] == "conv2"
    assert Path("out/symmetry.png").stat().st_size > 5000
    assert "unfreeze-from" in Path("out.html").read_text()

    assert surgery(*shlex.split(line)[1:]) == 0
    rates = {
        layer.name: [param.scalar("lr_mult").number for param in layer.message.messages("param")]
        for layer in NetView(Document.read("net_unfrozen.prototxt")).layers
    }
    assert rates["conv1"] == [0, 0]
    assert 0 not in rates["conv2"] and 0 not in rates["fc"]

    assert probe(*common, "--transform", "rotate:10", "--no-readout", "-o", "turned") == 0
    assert "read-out" not in Path("turned/symmetry.csv").read_text()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--swaps", "left,rihgt"), "no class 'rihgt'; did you mean 'right'?"),
        (("--swaps", "left"), "--swaps names two classes"),
        (("--transform", "flip"), "--transform is one of mirror"),
        (("--blob", "conv9"), "no blob 'conv9'; did you mean 'conv"),
        (("--limit", "1"), "at least two pictures"),
        (("--folds", "7", "--limit", "4"), "4 pictures cannot make 7 folds"),
        (("--batch", "0"), "--batch is at least 1"),
    ],
)
def test_bad_input_is_one_line(
    tmp_path: Path, faces: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str],
    arguments: tuple[str, ...], message: str,
) -> None:  # fmt: skip
    net(tmp_path).net.save(tmp_path / "net.caffemodel")
    probe = tool("probe", monkeypatch)
    monkeypatch.chdir(tmp_path)
    common = ("symmetry", "net.prototxt", "--weights", "net.caffemodel", "--images", faces)
    assert probe(*common, *arguments) == 2
    error = capsys.readouterr().err
    assert message in error and error.count("\n") == 1


def test_labels_that_are_not_swapped_are_refused(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"0\.png: label None is none of those that are swapped"):
        measure_symmetry(net(tmp_path), pictures(), Transform("mirror"), ["conv1"], swaps=(0, 1))
