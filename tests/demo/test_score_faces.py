"""Scoring the faces' net: what it prints and writes, and databases that are out of step."""

from __future__ import annotations

from pathlib import Path

import cv2
import lmdb
import numpy as np
import pytest
import score_faces

import pycaffe_ext as caffe
from pycaffe_ext.errors import DataError

DEPLOY = str(Path(__file__).parents[2] / "prototxt/faces/deploy.prototxt")


def write(path: Path, arrays: dict[str, np.ndarray]) -> Path:
    with lmdb.open(str(path), map_size=1 << 24) as database, database.begin(write=True) as transaction:
        for key, array in arrays.items():
            transaction.put(key.encode(), caffe.io.array_to_datum(array).SerializeToString())
    return path


def test_scores_and_picture(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    rng = np.random.default_rng(1)
    keys = [f"{index:08d}" for index in range(7)]
    images = write(tmp_path / "i", {key: rng.integers(0, 256, (3, 112, 96), np.uint8) for key in keys})
    truth = {key: (rng.random((1, 28, 24)) < 0.125).astype(np.uint8) for key in keys}
    labels = write(tmp_path / "l", truth)
    weights = tmp_path / "w.caffemodel"
    net = caffe.Net(DEPLOY, caffe.TEST)
    net.params["score"][1].data[2] = 50  # so that every pixel becomes a right eye, of which there is none
    net.save(str(weights))

    score_faces.main([DEPLOY, str(weights), str(images), str(labels), "--out", str(tmp_path)])

    printed = dict(line.rsplit(None, 1) for line in capsys.readouterr().out.splitlines())
    background = 1 - np.mean([label.mean() for label in truth.values()])
    assert printed["pixel accuracy"] == "0.0%"
    assert printed["pixel accuracy of 'all background'"] == f"{background:.1%}"
    assert printed["IoU right eye"] == "0.0%"
    assert printed["IoU mouth"] == "nan%"
    assert (tmp_path / "scores.csv").read_text().startswith("score,value\npixel accuracy,0.0%\n")
    assert cv2.imread(str(tmp_path / "regions.png")) is not None


def test_databases_that_are_out_of_step(tmp_path: Path) -> None:
    images = write(tmp_path / "i", {"a": np.zeros((3, 4, 5), np.uint8), "b": np.zeros((3, 4, 5), np.uint8)})
    labels = write(tmp_path / "l", {"a": np.zeros((1, 2, 3), np.uint8), "c": np.zeros((1, 2, 3), np.uint8)})
    weights = tmp_path / "w.caffemodel"
    caffe.Net(DEPLOY, caffe.TEST).save(str(weights))
    with pytest.raises(DataError, match="out of step: 'b' meets 'c'"):
        score_faces.main([DEPLOY, str(weights), str(images), str(labels), "--out", str(tmp_path)])
