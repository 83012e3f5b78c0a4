"""visualize.py's commands about units and evidence, from the command line to the files that they leave."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import cv2
import numpy as np
import pytest
from inspection.conftest import SmallNet
from tool import tool

import pycaffe_ext as caffe
from pycaffe_ext.inspection.units.view_pictures import tiles, traced_picture


def rows(path: Path) -> list[dict[str, str]]:
    with path.open() as file:
        return list(csv.DictReader(file))


def is_whole(path: Path) -> bool:
    """A picture whose margin is white: nothing is cut off at the edges."""
    picture = cv2.imread(str(path))
    margin = np.ones(picture.shape[:2], bool)
    margin[3:-3, 3:-3] = False
    return bool((picture[margin] == 255).all()) and picture.std() > 5


def test_deconv(small_net: SmallNet, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    visualize = tool("visualize", monkeypatch)
    arguments = ["deconv", *small_net.options, "--images", small_net.images, "--quiet", "-o", tmp_path]
    assert visualize(*arguments, "--limit", "2", "--blob", "conv2", "--unit", "1,3", "--method", "guided") == 0
    found = rows(tmp_path / "deconv.csv")
    assert [(row["picture"], row["unit"]) for row in found] == [
        ("0.png", "1"), ("0.png", "3"), ("2.png", "1"), ("2.png", "3"),
    ]  # fmt: skip
    assert is_whole(tmp_path / "deconv.png")
    assert visualize(*arguments, "--limit", "1", "--blob", "fc") == 0  # its strongest unit, which has no place
    (row,) = rows(tmp_path / "deconv.csv")
    assert (row["row"], row["top"], row["bottom"]) == ("", "0", "23")
    subject = small_net.subject()
    image = cv2.imread(f"{small_net.images}/0.png")
    assert int(row["unit"]) == subject.activations(subject.batch([image]), "fc").argmax()


def test_top(small_net: SmallNet, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    page = tmp_path / "page.html"
    arguments = ["--images", small_net.images, "--blob", "conv2", "--count", "4", "--batch", "2", "--html", page]
    assert tool("visualize", monkeypatch)("top", *small_net.options, *arguments, "-o", tmp_path, "--unit", "0-6") == 0
    found = rows(tmp_path / "top.csv")
    values = [float(row["activation"]) for row in found if row["unit"] == "3"]
    assert values == sorted(values, reverse=True) and len(values) == 4
    pictures = sorted(path.name for path in tmp_path.glob("top*.png"))
    assert len(pictures) == 2 and all(is_whole(tmp_path / name) for name in pictures)  # six units to a picture
    assert page.read_text().count("data:image/png") == 2


def test_evolution(small_net: SmallNet, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for iteration in (9, 10):
        caffe.set_random_seed(iteration)
        caffe.Net(small_net.options[0], caffe.TEST).save(str(tmp_path / f"n_iter_{iteration}.caffemodel"))
    visualize = tool("visualize", monkeypatch)
    arguments = ["evolution", small_net.options[0], "--images", small_net.images, "--blob", "conv2", "--quiet"]
    snapshots = ["--snapshots", tmp_path / "*_iter_*.caffemodel"]
    assert visualize(*arguments, *snapshots, "--unit", "0-2", "-o", tmp_path) == 0
    found = rows(tmp_path / "evolution.csv")
    assert list(dict.fromkeys(row["iteration"] for row in found)) == ["9", "10"]
    assert is_whole(tmp_path / "evolution.png")
    for row in found:  # each snapshot's own weights
        net = caffe.Net(
            small_net.options[0], caffe.TEST, weights=str(tmp_path / f"n_iter_{row['iteration']}.caffemodel")
        )
        subject = small_net.subject()
        subject.net.share_with(net)
        subject.scaling = type(subject.scaling)()
        image = cv2.imread(f"{small_net.images}/{row['name']}")
        held = subject.activations(subject.batch([image]), "conv2")
        assert held[0, int(row["unit"])].max() == pytest.approx(float(row["activation"]), rel=1e-4)
    assert visualize(*arguments, "--snapshots", tmp_path / "none_*") == 2


def test_occlusion(small_net: SmallNet, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    visualize = tool("visualize", monkeypatch)
    image = f"{small_net.images}/3.png"
    arguments = ["occlusion", *small_net.options, "--images", image, "--quiet", "-o", tmp_path]
    assert visualize(*arguments, "--square", "7", "--stride", "5", "--class", "bee") == 0
    found = json.loads((tmp_path / "occlusion_0.json").read_text())
    assert np.shape(found["probability"]) == (5, 4) == np.shape(found["likeliest"]) and found["class"] == 1
    (row,) = rows(tmp_path / "occlusion.csv")
    assert float(row["lowest"]) == pytest.approx(np.min(found["probability"]))
    assert is_whole(tmp_path / "occlusion_0.png")
    for wrong in (["--square", "20"], ["--grey", "256"], ["--blob", "conv3"], ["--class", "9"], ["--batch", "0"]):
        assert visualize(*arguments, *wrong) == 2


@pytest.mark.parametrize("name", ["gradcam", "saliency"])
def test_evidence(name: str, small_net: SmallNet, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    arguments = [name, *small_net.options, "--images", small_net.images, "--quiet", "-o", tmp_path]
    assert tool("visualize", monkeypatch)(*arguments, "--limit", "2", "--class", "wasp") == 0
    found = rows(tmp_path / f"{name}.csv")
    assert [(row["picture"], row["class"]) for row in found] == [("0.png", "wasp"), ("2.png", "wasp")]
    assert is_whole(tmp_path / f"{name}.png")


def test_dream(small_net: SmallNet, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    visualize = tool("visualize", monkeypatch)
    arguments = ["dream", *small_net.options, "--steps", "2", "--octaves", "2", "--quiet", "-o", tmp_path]
    image = ["--images", f"{small_net.images}/1.png"]
    assert visualize(*arguments, *image, "--blob", "conv2", "--guide", f"{small_net.images}/2.png") == 0
    assert [(row["octave"], row["step"]) for row in rows(tmp_path / "dream.csv")] == [
        ("0", "0"), ("0", "1"), ("1", "0"), ("1", "1"),
    ]  # fmt: skip
    assert is_whole(tmp_path / "dream_0.png")
    assert cv2.imread(str(tmp_path / "dream_0_alone.png")).shape == (29, 31, 3)
    assert visualize(*arguments, "--noise", "40x33", "--blob", "conv1", "--unit", "4") == 0
    assert cv2.imread(str(tmp_path / "dream_0_alone.png")).shape == (40, 33, 3)
    for wrong in (
        ["--blob", "conv2"], ["--blob", "conv2", "--noise", "40"], [*image, "--blob", "conv9"],
        [*image, "--blob", "conv2", "--unit", "7"], [*image, "--blob", "conv2", "--rate", "0"],
        [*image, "--noise", "9x9", "--blob", "conv2"], ["--blob", "fc", "--noise", "40x33"],
    ):  # fmt: skip
        assert visualize(*arguments, *wrong) == 2


def test_maximise(small_net: SmallNet, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    visualize = tool("visualize", monkeypatch)
    arguments = ["maximise", *small_net.options, "--steps", "3", "--quiet", "-o", tmp_path]
    freely = ["--decay", "0", "--blur", "0", "--jitter", "0"]  # an untrained net's units may be smallest on grey
    assert visualize(*arguments, "--blob", "fc", "--unit", "1-2", *freely) == 0
    found = rows(tmp_path / "maximise.csv")
    assert [row["unit"] for row in found] == ["1", "2"]
    assert all(float(row["after"]) > float(row["before"]) for row in found)
    assert is_whole(tmp_path / "maximise.png")
    assert visualize(*arguments, "--blob", "conv2", "--whole-map", "--images", f"{small_net.images}/0.png") == 0
    assert visualize(*arguments, "--blob", "fc", "--decay", "1") == 2


@pytest.mark.parametrize(("layer", "rgb"), [("conv1", False), ("conv1", True), ("conv2", False)])
def test_filters(layer: str, rgb: bool, small_net: SmallNet, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    visualize = tool("visualize", monkeypatch)
    arguments = ["filters", *small_net.options, "--layer", layer, "--quiet", "-o", tmp_path]
    assert visualize(*arguments, "--first", "5", *(["--rgb"] if rgb else [])) == 0
    found = json.loads((tmp_path / "filters.json").read_text())
    weights = small_net.subject().net.params[layer][0].data
    assert found["shape"] == list(weights.shape)
    assert found["rms"] == pytest.approx(np.sqrt((weights**2).mean(axis=(1, 2, 3))).tolist())
    assert is_whole(tmp_path / "filters.png")
    assert visualize("filters", *small_net.options, "--layer", "conv3") == 2
    assert visualize(*arguments, "--first", "0") == 2


def test_first_filters_are_seen_in_their_colours(
    small_net: SmallNet, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    net = caffe.Net(small_net.options[0], caffe.TEST)
    net.params["conv1"][0].data[...] = 0
    net.params["conv1"][0].data[:, 0] = 1  # blue is the first channel of what Caffe reads
    net.save(str(tmp_path / "blue.caffemodel"))
    visualize = tool("visualize", monkeypatch)
    for rgb, expected in (([], (255, 127, 127)), (["--rgb"], (127, 127, 255))):
        weights = ["--weights", tmp_path / "blue.caffemodel", *rgb]
        assert visualize("filters", small_net.options[0], *weights, "--quiet", "-o", tmp_path) == 0
        picture = cv2.imread(str(tmp_path / "filters.png")).astype(int)
        assert (abs(picture - expected).max(axis=2) <= 1).mean() > 0.2


def test_a_traced_picture_is_grey_where_nothing_is() -> None:
    traced = np.zeros((4, 5, 3), np.float32)
    traced[1, 2] = traced[3, 4] = (-2, 1, 0)
    assert traced_picture(traced)[1, 2].tolist() == [1, 191, 128]
    assert (traced_picture(traced)[0] == 128).all()
    assert (traced_picture(np.zeros((2, 3, 3), np.float32)) == 128).all()


def test_tiles_are_in_reading_order() -> None:
    pictures = [np.full((6, 8, 3), value, np.uint8) for value in (10, 20, 30)]
    pictures[1] = pictures[1][:4, :4]
    sheet = tiles(pictures, 2, 2)
    assert sheet.shape == (13, 17, 3)
    assert sheet[0, 0, 0] == 10 and sheet[3, 12, 0] == 20 and sheet[12, 3, 0] == 30
    assert (sheet[7:, 9:] == 255).all() and (sheet[6] == 255).all() and sheet[0, 12, 0] == 255


def test_a_mean_on_the_command_line_replaces_the_train_vals_file(
    small_net: SmallNet, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    layers = Path(small_net.options[0]).read_text().split("\n", 3)[3]
    (tmp_path / "train_val.prototxt").write_text(
        'layer { name: "data" type: "Data" top: "data" top: "label" transform_param { scale: 0.02 mean_file: "gone" }'
        ' data_param { source: "gone" batch_size: 2 } }\n' + layers
    )
    visualize = tool("visualize", monkeypatch)
    arguments = ["gradcam", tmp_path / "train_val.prototxt", *small_net.options[1:3], "--input-shape", "1,3,23,19"]
    arguments += ["--images", f"{small_net.images}/0.png", "--quiet"]
    assert visualize(*arguments, "-o", tmp_path / "file") == 2
    assert visualize(*arguments, "--mean", "100,110,120", "-o", tmp_path / "ours") == 0
    expected = ["gradcam", *small_net.options, "--images", f"{small_net.images}/0.png", "--quiet", "-o", tmp_path]
    assert visualize(*expected) == 0
    assert (tmp_path / "gradcam.json").read_text() == (tmp_path / "ours/gradcam.json").read_text()
