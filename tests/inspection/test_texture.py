"""Textures, scrambling, and the gradients behind them, against computations by hand."""

from __future__ import annotations

import csv
from pathlib import Path

import cv2
import numpy as np
import pytest
import torch
from tool import tool

import pycaffe_ext as caffe
from pycaffe_ext.errors import DataError, OptionError
from pycaffe_ext.inspection.descent import gradient_of
from pycaffe_ext.inspection.subject import Subject
from pycaffe_ext.inspection.texture.by_name import ByName
from pycaffe_ext.inspection.texture.gram import gram, neighbours, synthesise, texture_blobs
from pycaffe_ext.inspection.texture.rank import Rank, ranks, top
from pycaffe_ext.inspection.texture.scramble import scrambled

NET = """
name: "Tiny"
layer { name: "data" type: "Input" top: "data" input_param { shape { dim: 1 dim: 3 dim: 11 dim: 14 } } }
layer { name: "conv1" type: "Convolution" bottom: "data" top: "conv1" convolution_param {
  num_output: 5 kernel_size: 3 weight_filler { type: "gaussian" std: 0.02 } } }
layer { name: "relu1" type: "ReLU" bottom: "conv1" top: "conv1" }
layer { name: "pool1" type: "Pooling" bottom: "conv1" top: "pool1"
  pooling_param { pool: MAX kernel_size: 2 stride: 2 } }
layer { name: "left" type: "Convolution" bottom: "pool1" top: "left" convolution_param {
  num_output: 4 kernel_size: 1 weight_filler { type: "xavier" } } }
layer { name: "both" type: "Concat" bottom: "pool1" bottom: "left" top: "both" }
layer { name: "pool2" type: "Pooling" bottom: "both" top: "pool2" pooling_param { pool: AVE kernel_size: 2 stride: 2 } }
layer { name: "fc" type: "InnerProduct" bottom: "pool2" top: "fc" inner_product_param {
  num_output: 6 weight_filler { type: "xavier" } } }
layer { name: "prob" type: "Softmax" bottom: "fc" top: "prob" }
"""


@pytest.fixture
def subject(tmp_path: Path) -> Subject:
    (tmp_path / "net.prototxt").write_text(NET)
    caffe.set_random_seed(3)
    caffe.Net(str(tmp_path / "net.prototxt"), caffe.TEST).save(str(tmp_path / "net.caffemodel"))
    return Subject(tmp_path / "net.prototxt", tmp_path / "net.caffemodel")


def torch_net(subject: Subject, shown: torch.Tensor) -> dict[str, torch.Tensor]:
    """The net's blobs as one graph, written by hand."""
    weights = {
        name: [torch.from_numpy(blob.data.copy()) for blob in blobs] for name, blobs in subject.net.params.items()
    }
    conv1 = torch.relu(torch.nn.functional.conv2d(shown, *weights["conv1"]))
    pool1 = torch.nn.functional.max_pool2d(conv1, 2, 2, ceil_mode=True)
    left = torch.nn.functional.conv2d(pool1, *weights["left"])
    return {"data": shown, "conv1": conv1, "pool1": pool1, "left": left, "both": torch.cat([pool1, left], 1)}


def test_gradients_of_several_terms_add_up(subject: Subject) -> None:
    batch = np.random.default_rng(1).normal(0, 50, (2, 3, 11, 14)).astype(np.float32)
    terms = {
        "left": lambda values: values.square().sum(),
        "conv1": lambda values: (values * values.roll(1, 3)).sum(),
        "data": lambda values: (values**3).sum() / 1e3,
        "both": lambda values: values[:, 2:].sin().sum() * 1e3,
    }
    values, gradient = gradient_of(subject, batch, terms)
    shown = torch.from_numpy(batch).requires_grad_()
    blobs = torch_net(subject, shown)
    parts = {name: term(blobs[name]) for name, term in terms.items()}
    sum(parts.values()).backward()
    assert values == {name: pytest.approx(part.item(), rel=1e-4) for name, part in parts.items()}
    largest = shown.grad.abs().max().item()
    np.testing.assert_allclose(gradient, shown.grad.numpy(), atol=1e-5 * largest)


def test_gram_matrix_by_hand() -> None:
    values = np.random.default_rng(1).normal(0, 1, (2, 3, 4, 5))
    found = gram(torch.from_numpy(values)).numpy()
    for n in range(2):
        for i in range(3):
            for j in range(3):
                assert found[n, i, j] == pytest.approx((values[n, i] * values[n, j]).mean())


def test_neighbours_by_hand() -> None:
    values = np.random.default_rng(1).normal(5, 1, (1, 2, 4, 5))
    found = neighbours(torch.from_numpy(values)).numpy()
    assert found.shape == (1, 9, 2, 2)
    one, other = (values[0, c] - values[0, c].mean() for c in (1, 0))
    total = sum(one[y, x] * other[(y - 1) % 4, x] for y in range(4) for x in range(5))
    assert found[0, 7, 1, 0] == pytest.approx(total / 20)  # one down, none to the right


def test_blobs_taken_by_default_are_waists(subject: Subject) -> None:
    assert texture_blobs(subject) == ["conv1", "pool1", "pool2"]


def test_texture_comes_to_have_the_examples_statistics(subject: Subject) -> None:
    rng = np.random.default_rng(2)
    example = cv2.GaussianBlur(rng.normal(0, 60, (11, 14, 3)).astype(np.float32), (0, 0), 1) + 128
    example = example.transpose(2, 0, 1)
    found = synthesise(subject, example, ["conv1", "both"], steps=120, rng=np.random.default_rng(3))
    assert {*found.errors} == {"conv1", "both", "data"}
    assert found.image.min() >= 0 and found.image.max() <= 255
    assert np.abs(found.image - example).mean() > 10  # another picture
    for blob in ("conv1", "both"):
        assert found.errors[blob][-1] < 0.02 * found.errors[blob][0]
        wanted, made = (gram(torch.from_numpy(subject.activations(one[None], blob))) for one in (example, found.image))
        error = ((made - wanted).square().sum() / wanted.square().sum()).item()
        assert error == pytest.approx(found.errors[blob][-1], rel=0.05)


def test_texture_is_reproducible_and_checked(subject: Subject) -> None:
    example = np.random.default_rng(1).uniform(0, 255, (3, 11, 14)).astype(np.float32)
    one, other = (synthesise(subject, example, ["conv1"], steps=3, rng=np.random.default_rng(4)) for _ in range(2))
    assert (one.image == other.image).all()
    with pytest.raises(OptionError, match="at least 1 step and 1 blob"):
        synthesise(subject, example, [], steps=3, rng=np.random.default_rng(4))


@pytest.mark.parametrize(("height", "width", "tiles"), [(12, 18, 3), (13, 17, 4), (6, 7, 1)])
def test_scrambling_moves_whole_tiles(height: int, width: int, tiles: int) -> None:
    pixels = np.arange(height * width * 3).reshape(height, width, 3)
    mixed = scrambled(pixels, tiles, np.random.default_rng(1))
    assert mixed.shape == pixels.shape
    down, right = height // tiles, width // tiles
    top_, left = (height - tiles * down) // 2, (width - tiles * right) // 2

    def cut(image: np.ndarray) -> list[bytes]:
        return [
            image[top_ + y * down :, left + x * right :][:down, :right].tobytes()
            for y in range(tiles) for x in range(tiles)
        ]  # fmt: skip

    assert sorted(cut(mixed)) == sorted(cut(pixels))
    assert (cut(mixed) != cut(pixels)) == (tiles > 1)
    assert (mixed[:top_] == mixed[top_]).all() and (mixed[:, :left] == mixed[:, left : left + 1]).all()


def test_tiles_smaller_than_pixels_are_refused() -> None:
    for tiles in (0, 6):
        with pytest.raises(OptionError, match=rf"5 x 9 pixels cannot be cut into {tiles} x {tiles} tiles"):
            scrambled(np.zeros((5, 9, 3), np.uint8), tiles, np.random.default_rng(1))


def test_ranks_by_hand(subject: Subject) -> None:
    rng = np.random.default_rng(1)
    pictures = [rng.integers(0, 256, (11, 14, 3), np.uint8) for _ in range(5)]
    labels = [0, 1, 2, 3, 5]
    found = ranks(subject, pictures, labels, batch=2)
    for one, pixels, label in zip(found, pictures, labels, strict=True):
        prob = subject.forward(subject.batch([pixels]))["prob"][0]
        assert one.above == (prob > prob[label]).sum()
        assert one.probability == pytest.approx(float(prob[label]), rel=1e-4)
    assert top([Rank(0, 0.9), Rank(1, 0.1), Rank(4, 0.0), Rank(5, 0.0)], 1) == 0.25
    assert top([Rank(0, 0.9), Rank(1, 0.1), Rank(4, 0.0), Rank(5, 0.0)], 5) == 0.75


@pytest.fixture
def folder(tmp_path: Path, subject: Subject) -> Path:
    """Four pictures in folders of classes."""
    rng = np.random.default_rng(5)
    for index, name in enumerate("abcd"):
        (tmp_path / "pictures" / name).mkdir(parents=True)
        cv2.imwrite(str(tmp_path / f"pictures/{name}/p{index}.png"), rng.integers(0, 256, (11, 14, 3), np.uint8))
    return tmp_path


def test_texture_and_scramble_commands(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    net = (folder / "net.prototxt", "--weights", folder / "net.caffemodel", "--images", folder / "pictures")
    visualize, probe = tool("visualize", monkeypatch), tool("probe", monkeypatch)
    assert visualize("texture", *net, "--steps", 3, "-o", folder / "out", "--quiet") == 0
    textures = folder / "out/textures"
    made = {path.name: path.read_bytes() for path in textures.iterdir()}
    assert {*made} == {"p0.png", "p1.png", "p2.png", "p3.png"}
    _, *rows = csv.reader((folder / "out/errors.csv").read_text().splitlines())
    assert {(row[0], row[1]) for row in rows} >= {("p2", "pool1"), ("p3", "conv1")}
    (textures / "p1.png").unlink()
    assert visualize("texture", *net, "--steps", 3, "-o", folder / "out", "--quiet", "--resume") == 0
    assert {path.name: path.read_bytes() for path in textures.iterdir()} == made
    scramble = ("--tiles", "2,3", "--repeats", 2, "--also", textures, "-o", folder / "scramble")
    assert probe("scramble", *net, *scramble) == 0
    _, *rows = csv.reader((folder / "scramble/scramble.csv").read_text().splitlines())
    assert [row[:2] for row in rows] == [
        ["whole", "4"], ["scrambled 2 x 2", "8"], ["scrambled 3 x 3", "8"], [str(textures), "4"],
    ]  # fmt: skip
    capsys.readouterr()
    for options, message in (
        (("--tiles", "2,x"), "--tiles is numbers above 1 with commas between"),
        (("--tiles", "1"), "--tiles is numbers above 1"),
        (("--repeats", 0), "--repeats is at least 1"),
        (("--also", folder / "pictures/a"), "has no picture for 'b/p1.png' (3 of 4 are missing)"),
    ):
        assert probe("scramble", *net, *options) == 2
        assert message in capsys.readouterr().err
    assert probe("scramble", *net[:3], "--images", folder / "pictures/a/p0.png") == 2
    assert "gives no labels" in capsys.readouterr().err


def test_pictures_are_cut_to_the_nets_size_once(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """--side enlarges pictures before the middle is cut out; what was cut out, and textures, stay as they are."""
    rng = np.random.default_rng(6)
    (folder / "large/a").mkdir(parents=True)
    (folder / "same").mkdir()
    picture = rng.integers(0, 256, (30, 25, 3), np.uint8)
    cv2.imwrite(str(folder / "large/a/p.png"), picture)
    net = Subject(folder / "net.prototxt", folder / "net.caffemodel")
    top_, left = (round(30 * 20 / 25) - 11) // 2, (20 - 14) // 2
    seen = cv2.resize(picture, (20, 24))[top_ : top_ + 11, left : left + 14]
    cv2.imwrite(str(folder / "same/p.png"), seen)
    by_hand = float(net.forward(net.scaling.apply(seen, 3)[None])["prob"][0, 0])
    files = (folder / "net.prototxt", "--weights", folder / "net.caffemodel", "--images", folder / "large")
    options = ("--side", 20, "--also", folder / "same", "--tiles", "2", "-o", folder / "out", "--quiet")
    assert tool("probe", monkeypatch)("scramble", *files, *options) == 0
    _, whole, _, same = csv.reader((folder / "out/scramble.csv").read_text().splitlines())
    assert float(whole[4]) == pytest.approx(by_hand, rel=1e-4) == float(same[4])


def test_pictures_of_the_same_name(folder: Path) -> None:
    (folder / "others").mkdir()
    cv2.imwrite(str(folder / "others/p2.jpg"), np.full((4, 5, 3), 77, np.uint8))
    assert ByName(str(folder / "others"), ["c/p2.png"]).like("c/p2.png").pixels.shape == (4, 5, 3)
    with pytest.raises(DataError, match=r"has no picture for 'a/p0.png' \(1 of 2 are missing\)"):
        ByName(str(folder / "others"), ["a/p0.png", "c/p2.png"])
