"""The commands pair, classify, transfer and embedding: known answers on nets and features made for them."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import cv2
import numpy as np
import pytest
from sklearn.decomposition import PCA
from tool import tool

from pycaffe_ext.errors import OptionError
from pycaffe_ext.inspection.embedding import principal_components, tsne
from pycaffe_ext.inspection.subject import Subject
from pycaffe_ext.inspection.telling_apart import LayerDistance, distances, lost_from

# what fc sees is how bright a picture is on the whole, and nothing else
NET = """
name: "Brightness" input: "data" input_shape { dim: 1 dim: 3 dim: 8 dim: 10 }
layer { name: "conv" type: "Convolution" bottom: "data" top: "conv"
  convolution_param { num_output: 5 kernel_size: 1 weight_filler { type: "msra" } } }
layer { name: "pool" type: "Pooling" bottom: "conv" top: "pool" pooling_param { pool: AVE global_pooling: true } }
layer { name: "fc" type: "InnerProduct" bottom: "pool" top: "fc"
  inner_product_param { num_output: 4 weight_filler { type: "xavier" } } }
"""


def rows_of(path: str) -> list[dict[str, str]]:
    with open(path) as file:
        return list(csv.DictReader(file))


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The net, and pictures in the current folder: bright and dark ones, each with its light to the left or right."""
    monkeypatch.chdir(tmp_path)
    Path("net.prototxt").write_text(NET)
    Subject("net.prototxt").net.save("net.caffemodel")
    rng = np.random.default_rng(0)
    ramp = np.linspace(-40, 40, 10)[None, :, None]
    for index in range(24):
        bright = index % 2
        path = Path("photos") / ("dark", "bright")[bright] / f"{index}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        pixels = 100 + 50 * bright + (1, -1)[index // 2 % 2] * ramp + rng.normal(0, 6, (8, 10, 3))
        cv2.imwrite(str(path), np.clip(pixels, 0, 255).astype(np.uint8))
    return tmp_path


def test_a_net_that_averages_cannot_tell_a_mirror_image(
    here: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    probe = tool("probe", monkeypatch)
    common = ("pair", "net.prototxt", "--weights", "net.caffemodel")
    assert probe(*common, "photos/dark/0.png", "-o", "mirror") == 0
    assert "From pool on both pictures give the same numbers" in capsys.readouterr().out
    rows = rows_of("mirror/pair.csv")
    assert [row["blob"] for row in rows] == ["conv", "pool", "fc"]
    assert float(rows[0]["distance"]) > 10 * float(rows[0]["by noise"])
    assert float(rows[1]["distance"]) < 1e-6

    assert probe(*common, "photos/dark/0.png", "photos/bright/1.png", "-o", "two") == 0
    assert "The net tells them apart: at fc" in capsys.readouterr().out
    assert probe(*common, "photos/dark/0.png", "photos/dark/0.png", "-o", "same") == 0
    assert "From conv on both pictures give the same numbers" in capsys.readouterr().out
    assert probe(*common, "photos/dark/0.png", "photos/dark/2.png", "--noise", 60, "-o", "loud") == 0
    assert "no further apart than a picture and itself with noise of 60 grey levels" in capsys.readouterr().out
    assert Path("two/pair.png").stat().st_size > 5000


def test_distances_are_those_of_the_features(here: Path) -> None:
    subject = Subject("net.prototxt", "net.caffemodel")
    rng = np.random.default_rng(1)
    a, b = rng.normal(size=(2, 3, 8, 10)).astype(np.float32)
    layers, outputs = distances(subject, a, b, ["conv", "fc"], noise=0.5, draws=3)
    found = subject.forward(np.stack([a, b]), ["conv"])
    for layer, (x, y) in zip(layers, (found["conv"], found["fc"]), strict=True):
        assert layer.distance == pytest.approx(
            np.linalg.norm(x - y) / np.sqrt((np.linalg.norm(x) ** 2 + np.linalg.norm(y) ** 2) / 2), rel=1e-5
        )
        assert layer.largest == pytest.approx(np.abs(x - y).max(), rel=1e-5)
    np.testing.assert_array_equal(outputs["fc"], found["fc"])
    louder, _ = distances(subject, a, b, ["conv"], noise=1.0, draws=3)
    assert louder[0].noise == pytest.approx(2 * layers[0].noise, rel=0.4)


def test_lost_is_lost_to_the_end() -> None:
    def layer(name: str, distance: float, largest: float) -> LayerDistance:
        return LayerDistance(name, (3,), distance, 0.1, largest)

    layers = [layer("a", 0.05, 1), layer("b", 0.3, 1), layer("c", 0.05, 1), layer("d", 1e-8, 1e-7)]
    assert lost_from(layers) == "c"
    assert lost_from(layers, exactly=True) == "d"
    assert lost_from(layers[:2]) is None


def test_transfer_finds_the_layer_that_knows(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Bright or dark is in every layer; which side the light is on is lost in the average."""
    probe = tool("probe", monkeypatch)
    common = ("transfer", "net.prototxt", "--weights", "net.caffemodel", "--folds", 4)
    assert probe(*common, "--images", "photos", "--untrained", "-o", "bright") == 0
    assert [float(row["accuracy"]) for row in rows_of("bright/transfer.csv")] == [1, 1, 1]
    lines = [f"photos/{('dark', 'bright')[i % 2]}/{i}.png {i // 2 % 2}\n" for i in range(24)]
    Path("sides.txt").write_text("".join(lines))
    assert probe(*common, "--images", "sides.txt", "--model", "softmax", "--most", 40, "-o", "sides") == 0
    rows = rows_of("sides/transfer.csv")
    assert [row["numbers"] for row in rows] == ["20", "5", "4"]
    accuracies = [float(row["accuracy"]) for row in rows]
    assert accuracies[0] == 1 and max(accuracies[1:]) < 0.8
    assert Path("sides/transfer.png").stat().st_size > 5000


def features(path: str, count: int = 30) -> np.ndarray:
    """Three clusters as .npz, labelled 2, 5, 5, 7 in turn."""
    rng = np.random.default_rng(2)
    labels = np.array([2, 5, 5, 7])[np.arange(count) % 4]
    centres = {2: (3, 0, 0, 1), 5: (0, 3, 0, 1), 7: (0, 0, 3, 1)}
    values = np.array([centres[label] for label in labels]) + rng.normal(0, 0.3, (count, 4))
    np.savez(path, fc=values.astype(np.float32), other=np.ones((count, 2), np.float32), label=labels)
    return values


def test_classify(here: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    probe = tool("probe", monkeypatch)
    features("f.npz")
    features("more.npz", 13)
    assert probe("classify", "f.npz", "--feature", "fc", "--model", "svm", "-o", "out") == 0
    assert "Always answering with the most frequent class gives 50.0%" in capsys.readouterr().out
    assert json.loads(Path("out/classify.json").read_text())["accuracy"] == 1
    assert rows_of("out/confusion.csv")[1] == {"true": "class 5", "class 2": "0", "class 5": "15", "class 7": "0"}
    assert probe("classify", "f.npz", "--feature", "fc", "--test", "more.npz", "-o", "test") == 0
    assert [row["pictures"] for row in rows_of("test/classes.csv")] == ["4", "6", "3"]
    assert probe("classify", "f.npz", "--feature", "other", "-o", "blind") == 0
    assert json.loads(Path("blind/classify.json").read_text())["accuracy"] <= 0.5


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("classify", "f.npz"), "f.npz: holds several features (fc, other); say which by --feature"),
        (("classify", "f.npz", "--feature", "fd"), "f.npz: no feature 'fd'; did you mean 'fc'?"),
        (("classify", "none.npz"), "none.npz: does not exist"),
        (("classify", "net.prototxt"), "is no readable .npz file"),
        (("classify", "f.npz", "--feature", "fc", "--c", "0"), "--c is above 0"),
        (("classify", "f.npz", "--feature", "fc", "--test", "p.npz"), "p.npz: a picture has 3 numbers, f.npz 4"),
        (("classify", "p.npz"), "features 'fc' come without labels"),
        (("transfer", "net.prototxt", "--weights", "net.caffemodel", "--images", "photos/dark"), "with labels"),
        (("pair", "net.prototxt", "photos/dark/0.png", "--weights", "net.caffemodel", "--noise", "0"), "above 0"),
    ],
)
def test_bad_input_is_one_line(
    here: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], arguments: tuple[str, ...],
    message: str,
) -> None:  # fmt: skip
    features("f.npz")
    np.savez("p.npz", fc=np.ones((4, 3), np.float32))
    probe = tool("probe", monkeypatch)
    assert probe(*arguments) == 2
    error = capsys.readouterr().err
    assert message in error and error.count("\n") == 1


def test_principal_components_are_scikit_learns() -> None:
    values = np.random.default_rng(3).normal(size=(20, 7)) * np.arange(1, 8)
    ours, shares = principal_components(values, 3)
    theirs = PCA(3).fit(values)
    np.testing.assert_allclose(np.abs(ours), np.abs(theirs.transform(values)), atol=1e-8)
    np.testing.assert_allclose(shares, theirs.explained_variance_ratio_, atol=1e-10)
    with pytest.raises(OptionError, match="2 pictures of 7 numbers span no 2 directions"):
        principal_components(values[:2])


@pytest.mark.parametrize("method", ["pca", "tsne"])
def test_embedding_keeps_clusters_together(here: Path, monkeypatch: pytest.MonkeyPatch, method: str) -> None:
    visualize = tool("visualize", monkeypatch)
    features("f.npz")
    arguments = ("embedding", "f.npz", "--feature", "fc", "--method", method, "--perplexity", 6, "-o", "out")
    assert visualize(*arguments) == 0
    rows = rows_of("out/embedding.csv")
    places = np.array([[float(row["x"]), float(row["y"])] for row in rows])
    labels = np.array([row["label"] for row in rows])
    apart = np.linalg.norm(places[:, None] - places[None], axis=2)
    np.fill_diagonal(apart, np.inf)
    assert (labels[apart.argmin(axis=1)] == labels).all()
    assert Path("out/embedding.png").stat().st_size > 5000


def test_tsne_without_scikit_learn_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "sklearn.manifold", None)
    with pytest.raises(OptionError, match=r"pip install 'pycaffe-ext\[analysis\]', or take --method pca"):
        tsne(np.zeros((9, 3)))
