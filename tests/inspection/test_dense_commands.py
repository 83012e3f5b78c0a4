"""Dense nets: predictions at the right places, the output's numbers, and both commands from end to end."""

from __future__ import annotations

import csv
from pathlib import Path

import cv2
import numpy as np
import pytest
from tool import tool

import pycaffe_ext as caffe
from pycaffe_ext.datasets.datum import raw_datum
from pycaffe_ext.datasets.writer import writing_lmdb
from pycaffe_ext.errors import DataError, OptionError
from pycaffe_ext.inspection.dense.evaluation import evaluate
from pycaffe_ext.inspection.dense.output_numbers import OutputNumbers, as_probabilities
from pycaffe_ext.inspection.dense.pairs import Pairs
from pycaffe_ext.inspection.dense.picture import most_frequent
from pycaffe_ext.inspection.dense.predictions import places_of, predictions
from pycaffe_ext.inspection.snapshot_files import snapshot_files
from pycaffe_ext.inspection.subject import Subject
from pycaffe_ext.surgery.receptive_field import Field

HEIGHT, WIDTH, COUNT = 8, 12, 5

NET = """
name: "Tiny"
layer { name: "data" type: "Input" top: "data" input_param { shape { dim: 1 dim: 3 dim: 8 dim: 12 } } }
layer { name: "conv" type: "Convolution" bottom: "data" top: "score"
  convolution_param { num_output: 3 kernel_size: 2 stride: 2 weight_filler { type: "gaussian" std: 0.02 } } }
"""
SOFTMAX = 'layer { name: "prob" type: "Softmax" bottom: "score" top: "prob" }\n'
AGAIN = 'layer { name: "again" type: "Softmax" bottom: "prob" top: "again" }\n'
RELU = 'layer { name: "relu" type: "ReLU" bottom: "score" top: "score" }\n'


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Images and label maps as LMDBs (labels at 1/2) and as folders (labels at full size); net and snapshots."""
    rng = np.random.default_rng(1)
    (tmp_path / "images").mkdir()
    (tmp_path / "masks").mkdir()
    with writing_lmdb(tmp_path / "image_lmdb") as images, writing_lmdb(tmp_path / "label_lmdb") as labels:
        for index in range(COUNT):
            pixels = rng.integers(0, 256, (HEIGHT, WIDTH, 3), np.uint8)
            label = rng.integers(0, 3, (HEIGHT, WIDTH), np.uint8)
            images.put(b"%d" % index, raw_datum(pixels, 0))
            labels.put(b"%d" % index, raw_datum(np.ascontiguousarray(label[1::2, 1::2]), 0))
            cv2.imwrite(str(tmp_path / f"images/{index}.png"), pixels)
            cv2.imwrite(str(tmp_path / f"masks/{index}.png"), label)
    (tmp_path / "net.prototxt").write_text(NET + SOFTMAX)
    for iteration in (9, 10):
        caffe.set_random_seed(iteration)
        caffe.Net(str(tmp_path / "net.prototxt"), caffe.TEST).save(str(tmp_path / f"net_iter_{iteration}.caffemodel"))
    return tmp_path


def by_hand(folder: Path) -> np.ndarray:
    """The confusion matrix of the snapshot at 10, with loops."""
    net = caffe.Net(str(folder / "net.prototxt"), str(folder / "net_iter_10.caffemodel"), caffe.TEST)
    weight, bias = (blob.data for blob in net.params["conv"])
    counts = np.zeros((3, 3), int)
    for index in range(COUNT):
        pixels = cv2.imread(str(folder / f"images/{index}.png")).astype(np.float64)
        truth = cv2.imread(str(folder / f"masks/{index}.png"), cv2.IMREAD_UNCHANGED)
        for y in range(HEIGHT // 2):
            for x in range(WIDTH // 2):
                patch = pixels[2 * y : 2 * y + 2, 2 * x : 2 * x + 2].transpose(2, 0, 1)
                scores = [(weight[k] * patch).sum() + bias[k] for k in range(3)]
                counts[truth[2 * y + 1, 2 * x + 1], int(np.argmax(scores))] += 1
    return counts


@pytest.mark.parametrize(("images", "labels"), [("image_lmdb", "label_lmdb"), ("images", "masks")])
def test_scores_are_those_counted_by_hand(folder: Path, images: str, labels: str) -> None:
    """A batch of 2 leaves one over; labels of full size are read under the middle of what each place sees."""
    subject = Subject(folder / "net.prototxt", folder / "net_iter_10.caffemodel")
    found = evaluate(subject, Pairs(str(folder / images), str(folder / labels)), batch=2)
    assert found.scores.confusion.tolist() == by_hand(folder).tolist()
    assert found.numbers.softmax == "once"


def test_places_lie_under_the_middle_of_their_fields() -> None:
    """Stride 4 about pixels 1.5, 5.5, ...; 24 pixels under 12 labels: label 1 covers pixels 2 and 3."""
    assert places_of(Field(7, 4, 1.5), 6, 24, 12).tolist() == [1, 3, 5, 7, 9, 11]
    assert places_of(Field(3, 1, 2), 3, 7, 7).tolist() == [2, 3, 4]


def test_shares_of_each_class() -> None:
    from pycaffe_ext.inspection import DenseScores

    scores = DenseScores(np.array([[8, 2, 0], [1, 3, 0], [0, 0, 0]]))
    assert scores.recall == pytest.approx([0.8, 0.75, np.nan], nan_ok=True)
    assert scores.precision == pytest.approx([8 / 9, 3 / 5, np.nan], nan_ok=True)
    assert scores.given == pytest.approx([9 / 14, 5 / 14, 0])
    assert scores.true == pytest.approx([10 / 14, 4 / 14, 0])


@pytest.mark.parametrize("classes", [2, 5, 30])
def test_softmax_is_told_from_the_numbers(classes: int) -> None:
    scores = np.random.default_rng(classes).normal(0, 6, (classes, 7, 5))
    for times, verdict in enumerate(("missing", "once", "twice")):
        output = scores
        for _ in range(times):
            output = np.exp(output - output.max(axis=0)) / np.exp(output - output.max(axis=0)).sum(axis=0)
        numbers = OutputNumbers()
        numbers.add(output.astype(np.float32), scores)
        assert numbers.softmax == verdict
        assert not numbers.are_scores_cut


def test_a_net_that_is_unsure_is_not_accused() -> None:
    numbers = OutputNumbers()
    numbers.add(as_probabilities(np.random.default_rng(1).normal(0, 0.1, (4, 7, 5))), np.ones((4, 7, 5)))
    assert numbers.softmax == "unknown"
    equal = OutputNumbers()
    equal.add(np.full((4, 7, 5), 0.25), np.zeros((4, 7, 5)))
    assert equal.softmax == "once" and equal.are_scores_cut
    assert "100.0% of the pixels have the same number" in " ".join(equal.findings("prob", "score"))


@pytest.mark.parametrize(
    ("layers", "said"),
    [("", "holds scores, not probabilities"), (SOFTMAX, "applied once"), (SOFTMAX + AGAIN, "applied twice")],
)
def test_findings_about_the_softmax(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], layers: str, said: str
) -> None:
    (folder / "net.prototxt").write_text(NET + RELU + layers)
    assert probe(folder, monkeypatch, "--weights", folder / "net_iter_10.caffemodel") == 0
    printed = " ".join(capsys.readouterr().out.split())
    assert said in printed
    assert ("a ReLU cuts the scores" in printed) == (layers != SOFTMAX + AGAIN)  # there logits are probabilities


def probe(folder: Path, monkeypatch: pytest.MonkeyPatch, *options: object) -> int:
    pairs = ("--images", folder / "image_lmdb", "--labels", folder / "label_lmdb")
    return tool("probe", monkeypatch)("dense", folder / "net.prototxt", *pairs, "-o", folder / "out", *options)


def test_probe_writes_what_it_found(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert probe(folder, monkeypatch, "--snapshots", folder / "net_iter_*.caffemodel", "--html", folder / "p.html") == 0
    counts = by_hand(folder)
    _, *rows = csv.reader((folder / "out/confusion.csv").read_text().splitlines())
    assert [[int(cell) for cell in row[1:]] for row in rows] == counts.tolist()
    _, *rows = csv.reader((folder / "out/classes.csv").read_text().splitlines())
    iou = np.diag(counts) / (counts.sum(axis=0) + counts.sum(axis=1) - np.diag(counts))
    assert [float(row[1]) for row in rows] == pytest.approx(iou)
    _, *rows = csv.reader((folder / "out/snapshots.csv").read_text().splitlines())
    assert [row[0] for row in rows] == ["9", "10"]
    assert float(rows[1][1]) == pytest.approx(iou.mean())
    assert {path.name for path in (folder / "out").glob("*.png")} == {"confusion.png", "snapshots.png"}


def test_visualize_with_and_without_truth(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    visualize, net = tool("visualize", monkeypatch), folder / "net.prototxt"
    common = ("--weights", folder / "net_iter_10.caffemodel", "-o", folder / "out", "--quiet")
    picture = ("--images", folder / "images/3.png", "--heat", "class 2,0")
    assert visualize("dense", net, *picture, *common) == 0
    _, *rows = csv.reader((folder / "out/shares.csv").read_text().splitlines())
    assert [row[:2] for row in rows] == [["3.png", f"class {label}"] for label in range(3)]
    assert sum(float(row[2]) for row in rows) == pytest.approx(1) == sum(float(row[3]) for row in rows)
    pairs = ("--images", folder / "images", "--labels", folder / "masks", "--first", 2)
    snapshots = ("--snapshots", folder / "net_iter_*.caffemodel", "-o", folder / "time")
    assert visualize("dense", net, *pairs, *snapshots, "--heat", "1") == 0
    assert (folder / "time/snapshots_1.png").exists()


def test_many_classes_stay_readable() -> None:
    maps = [np.repeat(np.arange(30), np.arange(30)).reshape(15, 29)]
    assert most_frequent(maps, 30, 4) == [26, 27, 28, 29]
    assert most_frequent(maps, 30, 4, ignore=28) == [25, 26, 27, 29]
    assert most_frequent(maps, 3, 4) == [0, 1, 2]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ((), "give --weights, or --snapshots"),
        (("--snapshots", "no_*.caffemodel"), "no file PREFIX_iter_N.caffemodel matches 'no_*.caffemodel'"),
        (("--batch", 0, "--weights", "w"), "--batch is at least 1"),
        (("--limit", 0, "--weights", "w"), "--limit is at least 1"),
    ],
)
def test_bad_options(
    folder: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    options: tuple[object, ...],
    message: str,
) -> None:
    assert probe(folder, monkeypatch, *options) == 2
    assert message in capsys.readouterr().err


def test_what_does_not_fit_is_refused(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    subject = Subject(folder / "net.prototxt", folder / "net_iter_10.caffemodel")
    with writing_lmdb(folder / "others") as others:
        others.put(b"0", raw_datum(np.full((4, 6), 7, np.uint8), 0))
    with pytest.raises(DataError, match=r"image_lmdb has 5 entries, .*others has 1"):
        Pairs(str(folder / "image_lmdb"), str(folder / "others"))
    with pytest.raises(DataError, match=r"label map of 0: label 7 is outside 0\.\.2 \(--ignore leaves a label out\)"):
        evaluate(subject, Pairs(str(folder / "image_lmdb"), str(folder / "others"), limit=1))
    with pytest.raises(OptionError, match="matches snapshots of several trainings"):
        (folder / "other_iter_9.caffemodel").touch()
        snapshot_files(str(folder / "*_iter_*.caffemodel"))
    subject.scaling = subject.scaling.__class__(side=9)
    with pytest.raises(OptionError, match="--side would cut images"):
        next(predictions(subject, Pairs(str(folder / "images"))))
