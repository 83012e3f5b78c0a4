"""Evidence by place: its mean is the net's scores, and the best patches are those of a search by hand."""

from __future__ import annotations

import csv
from pathlib import Path

import cv2
import numpy as np
import pytest
from tool import tool

import pycaffe_ext as caffe
from pycaffe_ext.errors import NetError
from pycaffe_ext.inspection.photographs import Photographs
from pycaffe_ext.inspection.scaling import Scaling
from pycaffe_ext.inspection.subject import Subject
from pycaffe_ext.inspection.texture.local_scores import local_head, local_scores
from pycaffe_ext.inspection.texture.patches import most_telling

ROOT = Path(__file__).parents[2]
INPUT = 'name: "Tiny" layer { name: "data" type: "Input" top: "data" input_param { shape { %s } } }\n'
DIMS = "dim: 1 dim: 3 dim: 10 dim: 13"
CONV = """layer { name: "conv" type: "Convolution" bottom: "data" top: "conv" convolution_param {
  num_output: 6 kernel_size: 3 stride: 2 group: 3 weight_filler { type: "gaussian" std: 0.02 } } }
layer { name: "relu" type: "ReLU" bottom: "conv" top: "conv" }
"""
FILL = 'weight_filler { type: "gaussian" std: 1 } bias_filler { type: "gaussian" std: 1 }'
POOL = 'layer { name: "pool" type: "Pooling" bottom: "conv" top: "pool" pooling_param { %s } }\n'
FLAT = 'layer { name: "flat" type: "Flatten" bottom: "pool" top: "flat" }\n'
DROP = 'layer { name: "drop" type: "Dropout" bottom: "pool" top: "pool" }\n'
FC = 'layer { name: "fc" type: "InnerProduct" bottom: "%s" top: "fc" inner_product_param { num_output: 4 %s } }\n'
SOFTMAX = 'layer { name: "prob" type: "Softmax" bottom: "%s" top: "prob" }\n'
POINT = 'layer { name: "fc" type: "Convolution" bottom: "pool" top: "fc" convolution_param { %s } }\n'
GLOBAL = POOL % "pool: AVE global_pooling: true"

MEAN_NETS = {
    "pooled, then linear": CONV + GLOBAL + DROP + FC % ("pool", FILL) + SOFTMAX % "fc",
    "of the map's size": CONV
    + POOL % "pool: AVE kernel_h: 4 kernel_w: 6"
    + FLAT
    + FC % ("flat", FILL + "transpose: true"),
    "1x1, grouped": CONV + GLOBAL + POINT % f"num_output: 4 kernel_size: 1 group: 2 {FILL}" + SOFTMAX % "fc",
    "pooled last": CONV + GLOBAL + SOFTMAX % "pool",
}


def subject(folder: Path, text: str, seed: int = 3) -> Subject:
    (folder / "net.prototxt").write_text(INPUT % DIMS + text)
    caffe.set_random_seed(seed)
    caffe.Net(str(folder / "net.prototxt"), caffe.TEST).save(str(folder / "net.caffemodel"))
    return Subject(folder / "net.prototxt", folder / "net.caffemodel")


@pytest.mark.parametrize("name", MEAN_NETS)
def test_the_mean_is_the_nets_scores(tmp_path: Path, name: str) -> None:
    net = subject(tmp_path, MEAN_NETS[name])
    batch = np.random.default_rng(1).normal(0, 60, (2, 3, 10, 13)).astype(np.float32)
    found = local_scores(net, batch)
    assert found.shape[2:] == (4, 6)
    scores = net.forward(batch, [net.logits])[net.logits]
    np.testing.assert_allclose(found.mean(axis=(2, 3)), scores.reshape(2, -1), rtol=2e-5, atol=2e-5)
    assert found.std(axis=(2, 3)).min() > 0


@pytest.mark.parametrize("size", [9, 17, 33])
def test_bagnets_of_prototxt_are_such_nets(size: int) -> None:
    """With random weights; one of 41 x 57 pixels is enough for all three."""
    net = Subject(ROOT / f"prototxt/bagnet{size}/deploy.prototxt")
    batch = np.random.default_rng(1).normal(0, 1, (1, 3, 41, 57)).astype(np.float32)
    found = local_scores(net, batch)
    scores = net.forward(batch, [net.logits])[net.logits]
    np.testing.assert_allclose(found.mean(axis=(2, 3)), scores, rtol=1e-4, atol=1e-4 * np.abs(scores).max())


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (CONV + FC % ("conv", FILL), r"layer 'fc': \(InnerProduct\) sees where things are"),
        (CONV + POOL % "pool: MAX global_pooling: true" + FC % ("pool", FILL), "'pool': is no average over all places"),
        (CONV + POOL % "pool: AVE kernel_size: 4 stride: 4" + FC % ("pool", FILL), "sees where things are"),
        (
            CONV + GLOBAL + FC % ("pool", FILL) + 'layer { name: "end" type: "ReLU" bottom: "fc" top: "fc" }',
            r"layer 'end': \(ReLU\) is not linear",
        ),
    ],
)
def test_other_nets_are_refused(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(NetError, match=message):
        local_head(subject(tmp_path, text))


@pytest.fixture
def pictures(tmp_path: Path) -> Path:
    """Seven pictures of 10 x 13 in folders of classes."""
    rng = np.random.default_rng(2)
    for index in range(7):
        folder = tmp_path / "pictures" / "abcd"[index % 4]
        folder.mkdir(parents=True, exist_ok=True)
        cv2.imwrite(str(folder / f"{index}.png"), rng.integers(0, 256, (10, 13, 3), np.uint8))
    return tmp_path / "pictures"


def test_most_telling_patches_are_those_found_by_hand(tmp_path: Path, pictures: Path) -> None:
    net = subject(tmp_path, MEAN_NETS["pooled, then linear"])
    photographs = Photographs(str(pictures))
    maps = np.concatenate([local_scores(net, net.batch([one.pixels])) for one in photographs])
    found = most_telling(net, photographs, 3, batch=2)
    for label in range(4):
        best = sorted(((maps[i, label].max(), i) for i in range(7)), reverse=True)[:3]
        assert [(pytest.approx(one.score, rel=1e-5), one.number) for one in found.patches[label]] == best
        for one in found.patches[label]:
            assert maps[one.number, label, one.row, one.column] == pytest.approx(one.score, rel=1e-5)
            assert one.name == photographs[one.number].name
    assert found.chosen == np.bincount(maps.mean(axis=(2, 3)).argmax(axis=1), minlength=4).tolist()


def test_command(tmp_path: Path, pictures: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    net = subject(tmp_path, MEAN_NETS["pooled, then linear"])
    options = ("--weights", tmp_path / "net.caffemodel", "--images", pictures, "-o", tmp_path / "out")
    shown = ("--side", 12, "--patches", 2)
    assert tool("visualize", monkeypatch)("evidence", tmp_path / "net.prototxt", *options, *shown) == 0
    net.scaling = Scaling(side=12)
    _, *rows = csv.reader((tmp_path / "out/evidence.csv").read_text().splitlines())
    first = Photographs(str(pictures))[0]
    maps = local_scores(net, net.batch([first.pixels]))[0]
    best = int(maps.mean(axis=(1, 2)).argmax())
    mine = [float(row[4]) for row in rows if row[0] == first.name and row[1] == "abcd"[best]]
    assert mine == pytest.approx(maps[best].ravel(), rel=1e-5)
    _, *rows = csv.reader((tmp_path / "out/patches.csv").read_text().splitlines())
    for row in rows:  # conv: 3 pixels every 2
        top, left, bottom, right = map(int, row[5:])
        assert (bottom - top, right - left) == (3, 3) and top % 2 == left % 2 == 0
    assert (tmp_path / "out/evidence.png").exists() and (tmp_path / "out/patches.png").exists()


def test_one_class_and_bad_options(
    tmp_path: Path, pictures: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    subject(tmp_path, MEAN_NETS["pooled last"])
    visualize = tool("visualize", monkeypatch)
    common = (tmp_path / "net.prototxt", "--weights", tmp_path / "net.caffemodel", "--images", pictures / "a/0.png")
    assert visualize("evidence", *common, "-o", tmp_path / "out", "--class", 5, "--quiet") == 0
    _, *rows = csv.reader((tmp_path / "out/evidence.csv").read_text().splitlines())
    assert {row[1] for row in rows} == {"class 5"} and len(rows) == 24
    assert visualize("evidence", *common, "--class", 6) == 2
    assert "--class 6: the net has the classes 0 to 5" in capsys.readouterr().err
    assert visualize("evidence", *common, "--patches", 0) == 2
    assert "--patches is at least 1" in capsys.readouterr().err
