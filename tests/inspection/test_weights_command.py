"""visualize.py weights and probe.py health on a net that only predicts."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import cv2
import numpy as np
import pytest
from doctor.examine import conv, fc, given, images, layer
from inspection.test_health import write
from tool import tool

import pycaffe_ext as caffe

DEPLOY = given("data 1 3 8 9") + conv("conv1", "data", 4, kernel=3) + layer("relu1", "ReLU", "conv1", "relu1")
DEPLOY += fc("fc", "relu1", 6) + layer("prob", "Softmax", "fc", "prob")


@pytest.fixture
def deploy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A net whose unit 1 sees red alone, unit 2 nothing; and pictures, none of which is red."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "deploy.prototxt").write_text(DEPLOY)
    net = caffe.Net("deploy.prototxt", caffe.TEST)
    weights, bias = (blob.data for blob in net.params["conv1"])
    weights[...] = 0.1
    weights[1] = np.array([-1, -1, 1], np.float32)[:, None, None]
    bias[...] = [0, 0, -1e6, 1]
    net.save("net.caffemodel")
    (tmp_path / "photos").mkdir()
    for number in range(5):
        picture = np.zeros((8, 9, 3), np.uint8)
        picture[..., :2] = 40 * number + 10
        cv2.imwrite(f"photos/{number}.png", picture)
    return tmp_path


def test_pictures_and_numbers(deploy: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run = tool("visualize", monkeypatch)
    options = ["--weights", "net.caffemodel", "--images", "photos", "-o", "out", "--html", "page.html"]
    assert run("weights", "deploy.prototxt", *options) == 0
    found = json.loads(Path("out/weights.json").read_text())
    (unit,) = found["units"]
    assert (unit["blob"], unit["images"], unit["dead"], unit["active"]) == ("relu1", 5, [1, 2], [5, 0, 0, 5])
    assert unit["share"] == 0.5
    histogram = found["histograms"]["conv1"]["weights"]
    assert histogram["limit"] == 1 and sum(histogram["counts"]) == 4 * 27
    assert histogram["counts"][0] == 18 and histogram["counts"][-1] == 9
    with open("out/layers.csv", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [(row["layer"], row["weights"], row["gradient"]) for row in rows] == [
        ("conv1", "108", ""),
        ("fc", "1008", ""),
    ]
    assert cv2.imread("out/weights.png") is not None and cv2.imread("out/layers.png") is not None
    assert not Path("out/gradients.png").exists()
    assert "none of 5 images brought above 0" in Path("page.html").read_text()


def test_a_solver_gives_gradients_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    solver = write(tmp_path, images(tmp_path / "db", [0, 1, 2, 3]))
    assert tool("visualize", monkeypatch)("weights", solver, "--batches", 2, "--quiet") == 0
    found = json.loads(Path("weights_out/weights.json").read_text())
    assert found["histograms"]["fc"]["gradient"]["limit"] > 0
    assert "gradient" not in found["histograms"]["conv2"]
    assert cv2.imread("weights_out/gradients.png") is not None


def test_without_images_only_the_weights(deploy: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert tool("probe", monkeypatch)("health", "deploy.prototxt", "--weights", "net.caffemodel") == 0
    assert not Path("health_out/units.csv").exists()


def test_bad_input(deploy: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    run = tool("visualize", monkeypatch)
    Path("none.prototxt").write_text(given("data 1 3 8 9") + layer("relu", "ReLU", "data", "relu"))
    assert run("weights", "none.prototxt") == 2
    assert "none.prototxt: no layer has weights" in capsys.readouterr().err
    assert run("weights", "absent.prototxt") == 2
    assert "absent.prototxt: cannot be read" in capsys.readouterr().err
    assert run("weights", "deploy.prototxt", "--images", "absent") == 2
    assert "absent" in capsys.readouterr().err
