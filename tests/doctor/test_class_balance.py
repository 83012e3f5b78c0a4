"""Class imbalance, and the weights that answer it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from doctor.examine import conv, data, fc, findings, images, loss, maps, report

from pycaffe_ext.doctor import Case, Severity
from pycaffe_ext.doctor.class_weights import loss_text, median_frequency, write_class_weights
from pycaffe_ext.doctor.classes import class_uses
from pycaffe_ext.doctor.label_counts import LabelCounts, label_counts
from pycaffe_ext.text import Document


def net(source: Path, outputs: int) -> str:
    return data(str(source)) + fc("fc", "data", outputs) + loss("fc")


def test_the_constant_answer(tmp_path: Path) -> None:
    uneven = images(tmp_path / "uneven", [0] * 9 + [1, 2] + [0] * 5)
    found = report(tmp_path, net(uneven, 3))
    (balance,) = [one for one in found.findings if one.check == "class-balance"]
    assert balance.severity is Severity.WARNING and "class 0 is 87.5% of all images" in balance.problem
    assert "0.0714, 1, 1" in balance.remedy
    assert any("always class 0 is right for 87.5%" in line for line in found.measured)
    even = report(tmp_path, net(images(tmp_path / "even", [0, 1, 2, 2]), 3))
    assert not even.findings and any("class 2 is right for 50.0%" in line for line in even.measured)


def test_median_frequency_of_label_maps() -> None:
    """Frequencies by hand: class 0 has 10 of 12 + 8 pixels, 1 has 2 of 12, 3 has 8 of 8 (4 is ignored)."""
    counts = LabelCounts(is_map=True)
    counts.add(b"a", {0: 10, 1: 2})
    counts.add(b"b", {3: 6, 0: 2})
    assert np.allclose(median_frequency(counts, 5), [(3 / 5) / (12 / 20), (3 / 5) / (2 / 12), 0, (3 / 5) / (6 / 8), 0])
    counts.add(b"c", {255: 4})
    assert median_frequency(counts, 5, ignore=255) == median_frequency(counts, 5)


def test_the_weighted_loss_trains_with_the_matrix(tmp_path: Path) -> None:
    """The engine reads matrix and layer, and weighs each pixel by its class."""
    import pycaffe_ext as caffe

    labels = [np.repeat([0, 0, 0, 0, 0, 0, 1, 2, 2], 8).reshape(9, 8).T] * 3
    text = (
        data(str(images(tmp_path / "i", [0] * 3)), "data", transform="scale: 0.01")
        + data(str(maps(tmp_path / "l", labels)), "label")
        + conv("score", "data", 4)
        + loss("score")
    )
    case = Case(Document(text, str(tmp_path / "net.prototxt")))
    (use,) = class_uses(case, case.train)
    counts = label_counts(case, use)
    assert counts is not None
    weights = median_frequency(counts, 4)
    assert np.allclose(weights, [1 / 3, 2, 1, 0])
    write_class_weights(tmp_path / "w.binaryproto", weights)
    weighted = text[: text.index('layer { name: "loss"')] + loss_text(use, str(tmp_path / "w.binaryproto"))
    (tmp_path / "net.prototxt").write_text(weighted)
    trained = caffe.Net(str(tmp_path / "net.prototxt"), caffe.TRAIN)
    trained.forward()
    scores = trained.blobs["score"].data.astype(float)
    log_prob = scores - np.log(np.exp(scores).sum(1, keepdims=True))
    taken = np.take_along_axis(log_prob, np.array(labels)[:, None], 1)[:, 0]
    expected = -(np.array(weights)[np.array(labels)] * taken).mean()
    assert np.isclose(trained.blobs["loss"].data, expected, rtol=1e-5)


def test_a_weighted_loss_is_left_alone(tmp_path: Path) -> None:
    text = net(images(tmp_path / "db", [0] * 20 + [1, 2]), 3).replace("SoftmaxWithLoss", "InfogainLoss")
    assert not findings(tmp_path, "class-balance", text)
