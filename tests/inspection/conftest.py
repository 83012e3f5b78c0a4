"""A small net of classes with random weights, and a few drawn pictures to show it."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import cv2
import numpy as np
import pytest

import pycaffe_ext as caffe
from pycaffe_ext.inspection.scaling import Scaling
from pycaffe_ext.inspection.subject import Subject

NET = """
name: "Small"
layer { name: "data" type: "Input" top: "data" input_param { shape { dim: 1 dim: 3 dim: 23 dim: 19 } } }
layer { name: "conv1" type: "Convolution" bottom: "data" top: "conv1"
  convolution_param { num_output: 6 kernel_size: 3 weight_filler { type: "msra" } } }
layer { name: "relu1" type: "ReLU" bottom: "conv1" top: "conv1" }
layer { name: "pool1" type: "Pooling" bottom: "conv1" top: "pool1" pooling_param { kernel_size: 2 stride: 2 } }
layer { name: "conv2" type: "Convolution" bottom: "pool1" top: "conv2"
  convolution_param { num_output: 7 kernel_size: 3 pad: 1 weight_filler { type: "msra" } } }
layer { name: "relu2" type: "ReLU" bottom: "conv2" top: "conv2" }
layer { name: "fc" type: "InnerProduct" bottom: "conv2" top: "fc"
  inner_product_param { num_output: 4 weight_filler { type: "gaussian" std: 0.3 } } }
layer { name: "prob" type: "Softmax" bottom: "fc" top: "prob" }
"""
CLASSES = ("ant", "bee", "wild bee", "wasp")
MEAN, SCALE = (100.0, 110.0, 120.0), 0.02


class SmallNet(NamedTuple):
    """A folder with the net's files: its prototxt, weights, class names; and pictures in images/ of other sizes."""

    folder: Path

    @property
    def options(self) -> list[str]:
        """The arguments that name the net to a command."""
        files = {name: str(self.folder / name) for name in ("net.prototxt", "net.caffemodel", "classes.txt")}
        mean = ",".join(map(str, MEAN))
        return [
            files["net.prototxt"], "--weights", files["net.caffemodel"], "--classes", files["classes.txt"],
            "--mean", mean, "--scale", str(SCALE),
        ]  # fmt: skip

    @property
    def images(self) -> str:
        return str(self.folder / "images")

    def subject(self) -> Subject:
        scaling = Scaling(mean=np.array(MEAN, np.float32), scale=SCALE)
        return Subject(
            self.folder / "net.prototxt", self.folder / "net.caffemodel", scaling=scaling, classes=list(CLASSES)
        )


@pytest.fixture(scope="session")
def small_net(tmp_path_factory: pytest.TempPathFactory) -> SmallNet:
    """Five pictures of 29 x 31 pixels; nothing is written into the folder by those who use it."""
    folder = tmp_path_factory.mktemp("small_net")
    (folder / "net.prototxt").write_text(NET)
    (folder / "classes.txt").write_text("\n".join(CLASSES) + "\n")
    caffe.set_random_seed(12)
    caffe.Net(str(folder / "net.prototxt"), caffe.TEST).save(str(folder / "net.caffemodel"))
    rng = np.random.default_rng(7)
    (folder / "images").mkdir()
    for index in range(5):
        pixels = cv2.resize(rng.integers(0, 256, (7, 8, 3), np.uint8), (31, 29), interpolation=cv2.INTER_NEAREST)
        cv2.imwrite(str(folder / f"images/{index}.png"), pixels)
    return SmallNet(folder)


@pytest.fixture(autouse=True)
def _elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Commands that fail have made their folder of results already: not where the tests are run."""
    monkeypatch.chdir(tmp_path)
