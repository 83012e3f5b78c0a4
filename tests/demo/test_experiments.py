"""What the experiments are made of: the nets have the faults that they are named by, the pictures the cues."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from bagnets.net import deploy
from patch_experiment import DESIGNS
from patterns.pattern import SHAPES, SIDE, TEXTURES, picture
from regions.chart import chart, label, table
from regions.net import CLASSES, Faults, deploy_net, train_net, variants

import pycaffe_ext as caffe
from pycaffe_ext.doctor import Case, examine
from pycaffe_ext.surgery.receptive_field import Fields
from pycaffe_ext.text import Document

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize(
    ("faults", "reads"),
    [
        (Faults(), {"InfogainLoss", "msra", "mean_value: 104"}),
        (Faults(unweighted_loss=True), {"SoftmaxWithLoss", "msra", "mean_value: 104"}),
        (Faults(small_weights=True), {"InfogainLoss", "gaussian", "mean_value: 104"}),
        (Faults(no_mean=True), {"InfogainLoss", "msra"}),
        (Faults(no_fillers=True), {"InfogainLoss", "mean_value: 104"}),
    ],
)
def test_nets_have_the_faults_they_are_named_by(faults: Faults, reads: set[str]) -> None:
    text = str(train_net(faults, "images", "labels", "weights"))
    words = {"InfogainLoss", "SoftmaxWithLoss", "msra", "gaussian", "mean_value: 104"}
    assert {word for word in words if word in text} == reads


def test_the_doctor_finds_the_relu_on_the_scores(tmp_path: Path) -> None:
    for cut in (False, True):
        path = tmp_path / "net.prototxt"
        path.write_text(str(train_net(Faults(relu_on_scores=cut, unweighted_loss=True), "images", "labels", "")))
        found = [one.check for one in examine(Case(Document.read(path))).findings]
        assert ("activation-before-loss" in found) == cut


def test_deploy_nets_run() -> None:
    for faults in variants().values():
        net = caffe.Net(deploy_net(faults), caffe.TEST)
        assert net.forward()["prob"].shape == (1, len(CLASSES), 24, 24)


def test_results_as_table_and_chart() -> None:
    counts = np.diag([90, 4, 3, 2]) + np.eye(4, k=1, dtype=int)
    results = {name: {"1": [{"iteration": 4, "confusion": counts.tolist()}]} for name in variants()}
    lines = table(results)
    assert len(lines) == 2 + len(results)
    assert lines[2].startswith("| as asked | 97.1% |")
    assert (
        label("as asked, without relu_on_scores and small_weights") == "as asked but with bare scores and msra fillers"
    )
    assert chart(results).startswith(b"\x89PNG")


@pytest.mark.parametrize(("name", "size"), [("BagNet", 9), ("plain twin", 37)])
def test_patches_of_the_two_nets(name: str, size: int) -> None:
    document = Document(str(deploy(DESIGNS[name], name, SIDE, 1)))
    last = next(row for row in reversed(Fields(document).rows()) if row.blob.startswith("res"))
    assert last.height is not None and last.height.size == size


def test_pictures_show_what_is_asked_for() -> None:
    """The same numbers give the same picture; shape and texture each change it. Labels are those of make_lmdb.py."""
    assert list(SHAPES) == sorted(SHAPES)

    def drawn(shape: int, texture: int) -> np.ndarray:
        return picture(np.random.default_rng(5), shape, texture)

    assert drawn(1, 2).shape == (SIDE, SIDE, 3)
    assert (drawn(1, 2) == drawn(1, 2)).all()
    for shape in range(len(SHAPES)):
        for texture in range(len(TEXTURES)):
            if (shape, texture) != (1, 2):
                assert (drawn(shape, texture) != drawn(1, 2)).mean() > 0.05


def test_names_of_the_faces_classes() -> None:
    from faces.canvas import CLASSES as OF_FACES

    assert (ROOT / "data/faces/classes.txt").read_text().splitlines() == list(OF_FACES)
