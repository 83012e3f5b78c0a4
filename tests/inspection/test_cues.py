"""Shape bias and the agreement of two nets, against counts and correlations by hand."""

from __future__ import annotations

import csv
from pathlib import Path

import cv2
import numpy as np
import pytest
from tool import tool

import pycaffe_ext as caffe
from pycaffe_ext.errors import DataError, NetError
from pycaffe_ext.inspection.photographs import Photographs
from pycaffe_ext.inspection.subject import Subject
from pycaffe_ext.inspection.texture.agreement import agreement, correlation
from pycaffe_ext.inspection.texture.cues import Bias, bias, bias_by_shape, cues_of, decide, read_categories

# the mean of blue, green and red decide: class 0 or 3 blue, 1 green, 2 red
NET = """
name: "Colours"
layer { name: "data" type: "Input" top: "data" input_param { shape { dim: 1 dim: 3 dim: 6 dim: 8 } } }
layer { name: "conv" type: "Convolution" bottom: "data" top: "conv" convolution_param { num_output: 4 kernel_size: 1 } }
layer { name: "pool" type: "Pooling" bottom: "conv" top: "pool" pooling_param { pool: AVE global_pooling: true } }
layer { name: "prob" type: "Softmax" bottom: "pool" top: "prob" }
"""
BLUE, GREEN, RED = (255, 0, 0), (0, 255, 0), (0, 0, 255)
PICTURES = {  # name: colour; the net is to see cats in blue, dogs in green, cars in red
    "cat1-dog2.png": BLUE,
    "cat2-car1.png": RED,
    "dog1-cat3.png": BLUE,
    "dog7-car7.png": BLUE,
    "car1-dog1.png": RED,
    "car2-car9.png": RED,
}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "net.prototxt").write_text(NET)
    net = caffe.Net(str(tmp_path / "net.prototxt"), caffe.TEST)
    net.params["conv"][0].data[:3, :, 0, 0] = 0.02 * np.eye(3)
    net.params["conv"][0].data[3, 0] = 0.019
    net.save(str(tmp_path / "net.caffemodel"))
    (tmp_path / "pictures").mkdir()
    for name, colour in PICTURES.items():
        cv2.imwrite(str(tmp_path / "pictures" / name), np.full((6, 8, 3), colour, np.uint8))
    (tmp_path / "categories.txt").write_text("# animals and a thing\ncat: 0, 3\ndog 1\n\ncar: 2\n")
    return tmp_path


def test_shape_bias_by_hand(folder: Path) -> None:
    subject = Subject(folder / "net.prototxt", folder / "net.caffemodel")
    categories = read_categories(str(folder / "categories.txt"), 4)
    assert categories == {"cat": [0, 3], "dog": [1], "car": [2]}
    photographs = Photographs(str(folder / "pictures"))
    found = decide(subject, photographs, lambda one: cues_of(one.name), categories, batch=4)
    assert {one.name: one.chosen for one in found} == {
        "cat1-dog2.png": "cat", "cat2-car1.png": "car", "dog1-cat3.png": "cat", "dog7-car7.png": "cat",
        "car1-dog1.png": "car",
    }  # fmt: skip
    assert bias(found) == Bias(shape=2, texture=2, neither=1)
    assert bias(found).value == 0.5
    assert bias_by_shape(found) == {"car": Bias(1, 0, 0), "cat": Bias(1, 1, 0), "dog": Bias(0, 1, 1)}
    assert np.isnan(Bias(0, 0, 3).value)


def test_a_category_counts_by_the_mean_of_its_classes(folder: Path) -> None:
    """The best class is 0, class 3 the next; with class 1 beside it, 0 is worse than 3 alone."""
    subject = Subject(folder / "net.prototxt", folder / "net.caffemodel")
    (folder / "pictures/cat1-dog2.png").rename(folder / "cat1-dog2.png")
    photographs = Photographs(str(folder / "cat1-dog2.png"))
    found = decide(subject, photographs, lambda one: cues_of(one.name), {"cat": [0, 1], "dog": [3]})
    assert found[0].chosen == "dog"


def test_names() -> None:
    assert cues_of("stimuli/cat/cat4-truck3.png") == ("cat", "truck")
    assert cues_of("polar bear-oven12.jpg") == ("polar bear", "oven")
    with pytest.raises(DataError, match=r"photo\.jpg: no cue-conflict name; one is"):
        cues_of("photo.jpg")


@pytest.mark.parametrize("text", ["cat 0 1\ndog 4\n", "cat\ndog 1\n", "cat 1\ncat 2\n", "cat one\n", "cat 1\n"])
def test_categories_are_checked(tmp_path: Path, text: str) -> None:
    (tmp_path / "categories.txt").write_text(text)
    with pytest.raises(DataError, match=r"categories\.txt"):
        read_categories(str(tmp_path / "categories.txt"), 4)


def test_cue_conflict_command(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    probe = tool("probe", monkeypatch)
    net = ("cue-conflict", folder / "net.prototxt", "--weights", folder / "net.caffemodel", "-o", folder / "out")
    assert probe(*net, "--images", folder / "pictures", "--categories", folder / "categories.txt") == 0
    _, *rows = csv.reader((folder / "out/cue_conflict.csv").read_text().splitlines())
    assert rows[-1] == ["all", "2", "2", "1", "0.5"]
    assert "Shape bias 0.50: 2 decisions for the shape, 2 for the texture." in capsys.readouterr().out
    # the same by two lists; labels are classes of the net
    labels = {"cat": 0, "dog": 1, "car": 2}
    for file, place in (("shapes", 0), ("textures", 1)):
        lines = [f"pictures/{name} {labels[cues_of(name)[place]]}\n" for name in PICTURES]
        (folder / f"{file}.txt").write_text("".join(lines))
    (folder / "names.txt").write_text("cat\ndog\ncar\ncat again\n")
    lists = ("--images", folder / "shapes.txt", "--textures", folder / "textures.txt")
    assert probe(*net, *lists, "--classes", folder / "names.txt") == 0
    _, *rows = csv.reader((folder / "out/cue_conflict.csv").read_text().splitlines())
    assert rows[-1] == ["all", "2", "2", "1", "0.5"]
    capsys.readouterr()
    assert probe(*net, "--images", folder / "pictures") == 2
    assert "is none of the categories 0, 1, 2, 3" in capsys.readouterr().err
    assert probe(*net, "--images", folder / "pictures/car2-car9.png", "--categories", folder / "categories.txt") == 2
    assert "no picture has the shape of one category and the texture of another" in capsys.readouterr().err


def test_correlation_is_numpys() -> None:
    rng = np.random.default_rng(1)
    first, second = rng.normal(0, 1, (2, 4, 9))
    second[2] = 3
    found = correlation(first, second)
    for row in (0, 1, 3):
        assert found[row] == pytest.approx(np.corrcoef(first[row], second[row])[0, 1])
    assert np.isnan(found[2])


def other_net(folder: Path, outputs: int = 4) -> Subject:
    text = NET.replace("kernel_size: 1", 'kernel_size: 2 stride: 2 weight_filler { type: "gaussian" std: 0.01 }')
    (folder / "other.prototxt").write_text(text.replace("num_output: 4", f"num_output: {outputs}"))
    caffe.set_random_seed(7)
    caffe.Net(str(folder / "other.prototxt"), caffe.TEST).save(str(folder / "other.caffemodel"))
    return Subject(folder / "other.prototxt", folder / "other.caffemodel")


def test_agreement_by_hand(folder: Path) -> None:
    rng = np.random.default_rng(3)
    for name in PICTURES:
        cv2.imwrite(str(folder / "pictures" / name), rng.integers(0, 256, (6, 8, 3), np.uint8))
    first, second = Subject(folder / "net.prototxt", folder / "net.caffemodel"), other_net(folder)
    photographs = Photographs(str(folder / "pictures"))
    found = agreement(first, second, photographs, batch=4)
    scores, maps = [], []
    for net in (first, second):
        blobs = net.forward(net.batch([one.pixels for one in photographs]), ["pool", "conv"])
        scores.append(blobs["pool"].reshape(6, 4))
        maps.append(blobs["conv"])
    for label in range(4):
        assert found.by_class[label] == pytest.approx(
            np.corrcoef(scores[0][:, label], scores[1][:, label])[0, 1], abs=1e-4
        )
    for item in range(6):
        assert found.by_picture[item] == pytest.approx(np.corrcoef(scores[0][item], scores[1][item])[0, 1], abs=1e-4)
        normal = [(one[item] - one[item].mean()) / one[item].std() for one in scores]
        label = int((normal[0] + normal[1]).argmax())
        assert maps[1].shape[2:] == (3, 4)  # 6 x 8 to 3 x 4: each is the mean of 2 x 2
        coarse = maps[0][item, label].reshape(3, 2, 4, 2).mean(axis=(1, 3))
        assert found.maps[item] == pytest.approx(
            np.corrcoef(coarse.ravel(), maps[1][item, label].ravel())[0, 1], abs=1e-4
        )
    assert found.same == (scores[0].argmax(1) == scores[1].argmax(1)).mean()


def test_a_net_agrees_with_itself(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    probe, net = tool("probe", monkeypatch), (folder / "net.prototxt", "--weights", folder / "net.caffemodel")
    itself = ("--with", folder / "net.prototxt", "--with-weights", folder / "net.caffemodel")
    out = ("--images", folder / "pictures", "-o", folder / "out")
    assert probe("agreement", *net, *itself, *out) == 0
    assert "Both give the same class to 100.0% of 6 pictures" in capsys.readouterr().out
    _, *rows = csv.reader((folder / "out/by_picture.csv").read_text().splitlines())
    assert [float(row[1]) for row in rows] == pytest.approx([1] * 6)
    other_net(folder, outputs=5)
    fewer = ("--with", folder / "other.prototxt", "--with-weights", folder / "other.caffemodel")
    assert probe("agreement", *net, *fewer, *out) == 2
    assert "net.prototxt has 4 classes" in capsys.readouterr().err
    assert probe("agreement", *net, *itself, *out, "--limit", 2) == 2
    assert "a correlation takes at least 3 pictures" in capsys.readouterr().err
    with pytest.raises(NetError, match=r"has 4 classes, .* has 5"):
        agreement(Subject(*net[::2]), Subject(*fewer[1::2]), Photographs(str(folder / "pictures")))
