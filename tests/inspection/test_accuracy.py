"""Accuracy over pictures, against passes one by one; classes found by folder, list and file name."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import cv2
import numpy as np
import pytest
from doctor.examine import conv, data, fc, given, layer, loss
from tool import tool

import pycaffe_ext as caffe
from pycaffe_ext.errors import DataError
from pycaffe_ext.inspection.accuracy import Judged, class_finder

CLASSES = ["n00000001 red ant", "n00000002 blue crab, shore crab", "n00000003 fox", "n00000004 bear", "n00000005 owl"]
SIZE = (8, 11)  # of the net's input
SIDE = 13


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A net of seven classes, eleven pictures of noise in flat files named by their classes, and class names."""
    monkeypatch.chdir(tmp_path)
    text = given("data 1 3 8 11") + conv("conv", "data", 4, kernel=3) + layer("relu", "ReLU", "conv", "conv")
    text += fc("fc", "conv", 7)
    (tmp_path / "scores.prototxt").write_text(text)
    (tmp_path / "deploy.prototxt").write_text(text + layer("prob", "Softmax", "fc", "prob"))
    caffe.set_random_seed(2)
    caffe.Net("deploy.prototxt", caffe.TEST).save("net.caffemodel")
    random = np.random.default_rng(0)
    (tmp_path / "flat").mkdir()
    for number in range(11):
        pixels = random.integers(0, 256, (14 + number % 3, 17 - number % 4, 3)).astype(np.uint8)
        cv2.imwrite(f"flat/n0000000{number % 5 + 1}_{number:02d}.png", pixels)
    (tmp_path / "classes.txt").write_text("\n".join(CLASSES) + "\n")
    return tmp_path


def ranks(crops: int) -> list[int]:
    """The place of the true class of each picture, one pass per crop."""
    net = caffe.Net("deploy.prototxt", "net.caffemodel", caffe.TEST)
    found = []
    for path in sorted(Path("flat").iterdir()):
        pixels = cv2.imread(str(path))
        factor = SIDE / min(pixels.shape[:2])
        height, width = (round(size * factor) for size in pixels.shape[:2])
        resized = cv2.resize(pixels, (width, height))
        if crops == 1:
            y, x = (height - SIZE[0]) // 2, (width - SIZE[1]) // 2
            taken = [resized[y : y + SIZE[0], x : x + SIZE[1]]]
        else:
            y, x = (height - SIDE) // 2, (width - SIDE) // 2
            square = resized[y : y + SIDE, x : x + SIDE]
            down, right = SIDE - SIZE[0], SIDE - SIZE[1]
            places = [(0, 0), (0, right), (down, 0), (down, right), (down // 2, right // 2)]
            taken = [square[a : a + SIZE[0], b : b + SIZE[1]] for a, b in places]
            taken += [crop[:, ::-1] for crop in taken]
        mean = np.zeros(7)
        for crop in taken:
            net.blobs["data"].data[0] = (crop.astype(np.float32) - [100, 110, 120]).transpose(2, 0, 1)
            mean += net.forward()["prob"][0]
        label = int(path.name[8]) - 1
        found.append(int((mean > mean[label]).sum()))
    return found


@pytest.mark.parametrize("net", ["deploy.prototxt", "scores.prototxt"])
@pytest.mark.parametrize("crops", [1, 10])
def test_every_picture_by_itself(folder: Path, monkeypatch: pytest.MonkeyPatch, net: str, crops: int) -> None:
    options = ["--weights", "net.caffemodel", "--images", "flat", "--classes", "classes.txt", "--batch", 4]
    options += ["--mean", "100,110,120", "--side", SIDE, "--crops", crops, "-o", "out", "--quiet"]
    assert tool("probe", monkeypatch)("accuracy", net, *options) == 0
    expected = ranks(crops)
    assert 0 < sum(rank < 1 for rank in expected) < 11
    with open("out/pictures.csv", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [int(row["place of the true class"]) - 1 for row in rows] == expected
    found = json.loads(Path("out/accuracy.json").read_text())
    assert found["top1"] == np.mean(np.array(expected) < 1) and found["top5"] == np.mean(np.array(expected) < 5)
    assert found["pictures"] == 11 and found["crops"] == crops
    with open("out/classes.csv", newline="") as file:
        by_class = {row["class"]: row for row in csv.DictReader(file)}
    assert by_class["red ant"]["pictures"] == "3" and by_class["owl"]["pictures"] == "2"
    ants = [rank < 1 for rank in expected[:3]]  # sorted by name, the three ants come first
    assert float(by_class["red ant"]["first answer"]) == pytest.approx(np.mean(ants))


def test_a_net_that_cuts_its_input_out(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    cut = data("absent", transform="crop_size: 8") + fc("fresh", "data", 7) + loss("fresh")
    Path("train_val.prototxt").write_text(cut)
    options = ["--weights", "net.caffemodel", "--images", "flat", "--classes", "classes.txt"]
    run = tool("probe", monkeypatch)
    assert run("accuracy", "train_val.prototxt", *options) == 0
    assert "To cut them as in training say --side N" in " ".join(capsys.readouterr().out.split())
    assert run("accuracy", "train_val.prototxt", *options, "--side", 9) == 0
    assert "--side" not in capsys.readouterr().out


def test_shares_and_confusions() -> None:
    best = np.array([[2, 1], [0, 2], [1, 0], [0, 1], [1, 2]])
    found = Judged(list("abcde"), np.array([2, 2, 2, 1, 2]), best, np.ones((5, 2)), np.array([0, 1, 2, 1, 2]), 3)
    assert (found.top(1), found.top(2), found.top(5)) == (0.2, 0.6, 1.0)
    assert found.error(1) == pytest.approx(np.sqrt(0.2 * 0.8 / 5))
    assert found.by_class() == [(1, 1, 0.0, 1.0), (2, 4, 0.25, 1.0)]
    assert found.confusions() == [(2, 1, 2), (1, 0, 1), (2, 0, 1)]


def test_classes_of_pictures() -> None:
    by_name = class_finder(["fox", "Blue_Crab", "n00000005"], CLASSES)
    assert [by_name("x", label) for label in range(3)] == [2, 1, 4]
    assert [class_finder(["a", "b"], CLASSES)("x", label) for label in range(2)] == [0, 1]
    assert class_finder([], CLASSES)("x", 3) == 3 and class_finder([], [])("x", 3) == 3
    assert class_finder([], CLASSES)("some/n00000004_x.png", None) == 3
    with pytest.raises(DataError, match=r"x\.png: its class is not known; take a folder per class"):
        class_finder([], CLASSES)("x.png", None)
    with pytest.raises(DataError, match="its class is not known"):
        class_finder(["fox", "wolf"], CLASSES)("wolf/x.png", 1)


def test_bad_input(folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    run = tool("probe", monkeypatch)
    Path("list.txt").write_text("flat/n00000001_00.png 7\n")
    Path("maps.prototxt").write_text(given("data 1 3 8 11") + conv("conv", "data", 4, kernel=3))
    options = ["--weights", "net.caffemodel", "--images", "list.txt"]
    for net, more, said in (
        ("deploy.prototxt", [], "label 7 is outside 0..6: the net has 7 classes"),
        ("deploy.prototxt", ["--crops", 3], "crops are 1 (the middle) or 10, not 3"),
        ("deploy.prototxt", ["--crops", 10], "give its size by --side"),
        ("deploy.prototxt", ["--batch", 0], "--batch is at least 1"),
        ("maps.prototxt", [], "is no row of scores for each picture (see probe.py dense)"),
    ):
        assert run("accuracy", net, *options, *more) == 2
        assert said in capsys.readouterr().err
