"""Classifier and Detector: pycaffe's crops bit for bit, and its predictions."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pytest
from real_caffe import needs_real_caffe

from pycaffe_ext import Classifier, Detector, Net
from pycaffe_ext.errors import DataError, OptionError
from pycaffe_ext.proto import caffe_pb2

NET = """\
input: "data" input_dim: 7 input_dim: 3 input_dim: 24 input_dim: 24
layer { name: "conv" type: "Convolution" bottom: "data" top: "conv"
  convolution_param { num_output: 4 kernel_size: 5 stride: 2 weight_filler { type: "xavier" } } }
layer { name: "ip" type: "InnerProduct" bottom: "conv" top: "ip"
  inner_product_param { num_output: 6 weight_filler { type: "xavier" } } }
layer { name: "prob" type: "Softmax" bottom: "ip" top: "prob" }
"""


def _files(folder: Path) -> None:
    (folder / "deploy.prototxt").write_text(NET)
    photo = np.random.default_rng(0).integers(0, 256, (37, 51, 3), np.uint8)
    cv2.imwrite(str(folder / "photo.png"), photo)


@needs_real_caffe
def test_predictions_are_pycaffes(both_sides: Callable) -> None:
    real, ours = both_sides("classify", _files)
    for name, expected in real.items():
        if name.startswith("crop"):
            assert np.array_equal(ours[name], expected), name
        else:
            assert ours[name].shape == expected.shape
            assert np.abs(ours[name] - expected).max() <= 2e-6, name
            assert expected.std() > 0.01, f"{name}: predicts too little to compare"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    _files(tmp_path)
    Net(tmp_path / "deploy.prototxt", caffe_pb2.TEST).save(tmp_path / "deploy.caffemodel")
    return tmp_path


def test_ten_crops_are_averaged(folder: Path) -> None:
    classifier = Classifier(folder / "deploy.prototxt", folder / "deploy.caffemodel", image_dims=(30, 28))
    image = np.random.default_rng(0).random((30, 28, 3), np.float32)
    crops = [image[top : top + 24, left : left + 24] for top, left in ((0, 0), (0, 4), (6, 0), (6, 4), (3, 2))]
    crops += [crop[:, ::-1] for crop in crops]
    batch = np.stack([crop.transpose(2, 0, 1) for crop in crops])
    each = classifier.forward_all(data=batch)["prob"]
    assert np.allclose(classifier.predict([image])[0], each.mean(0), atol=1e-6)
    assert np.allclose(classifier.predict([image], oversample=False)[0], each[4], atol=1e-6)


def test_context_beyond_the_image_is_the_mean(folder: Path) -> None:
    mean = np.array([10.0, 20.0, 30.0])
    options = {"mean": mean, "raw_scale": 100.0, "channel_swap": (2, 1, 0), "context_pad": 6}
    detector = Detector(folder / "deploy.prototxt", folder / "deploy.caffemodel", **options)
    crop = detector.crop(np.ones((24, 24, 3), np.float32), np.array([0, 0, 24, 24]))
    assert crop.shape == (24, 24, 3)
    assert np.allclose(crop[0, 0], mean[::-1] / 100)
    assert np.allclose(crop[12, 12], 1)


def test_a_window_without_pixels_is_named(folder: Path) -> None:
    detector = Detector(folder / "deploy.prototxt", folder / "deploy.caffemodel")
    with pytest.raises(DataError, match=r"window \(5, 5, 5, 9\) holds no pixel of an image of 37 x 51"):
        detector.detect_windows([(str(folder / "photo.png"), [(5, 5, 5, 9)])])
    assert detector.detect_windows([(str(folder / "photo.png"), [])]) == []


def test_selective_search_says_what_it_needs(folder: Path) -> None:
    detector = Detector(folder / "deploy.prototxt", folder / "deploy.caffemodel")
    with pytest.raises(OptionError, match="needs the module selective_search_ijcv_with_python"):
        detector.detect_selective_search([str(folder / "photo.png")])


def test_selective_search_is_used_where_it_is(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (folder / "selective_search_ijcv_with_python.py").write_text(
        "def get_windows(files, cmd):\n    return [[(0, 0, 9, 9)] for _ in files]\n"
    )
    monkeypatch.syspath_prepend(str(folder))
    monkeypatch.chdir(folder)
    detector = Detector("deploy.prototxt", "deploy.caffemodel")
    (found,) = detector.detect_selective_search(["photo.png"])
    assert found["filename"] == str(folder / "photo.png")
    assert found["prediction"].shape == (6,)
