"""Ablation: variants are surgery.py's, trainings are the solver's own, and what is needed is missed."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import cv2
import numpy as np
import pytest
from tool import tool

import pycaffe_ext as caffe
from pycaffe_ext.errors import OptionError, UnknownNameError
from pycaffe_ext.inspection.ablation import Variant, parse_variant, train_variant
from pycaffe_ext.surgery import Request

# one class has dark stripes across, the other down: without conv and its ReLU nothing tells them apart by averages
NET = """
name: "Stripes"
layer { name: "data" type: "Data" top: "data" top: "label" transform_param { scale: 0.01 mean_value: 128 }
  data_param { source: "train" batch_size: 8 backend: LMDB } }
layer { name: "conv" type: "Convolution" bottom: "data" top: "conv"
  convolution_param { num_output: 6 kernel_size: 3 weight_filler { type: "msra" } } }
layer { name: "relu" type: "ReLU" bottom: "conv" top: "conv" }
layer { name: "pool" type: "Pooling" bottom: "conv" top: "pool" pooling_param { pool: AVE global_pooling: true } }
layer { name: "fc" type: "InnerProduct" bottom: "pool" top: "fc"
  inner_product_param { num_output: 2 weight_filler { type: "xavier" } } }
layer { name: "loss" type: "SoftmaxWithLoss" bottom: "fc" bottom: "label" top: "loss" }
layer { name: "accuracy" type: "Accuracy" bottom: "fc" bottom: "label" top: "accuracy" include { phase: TEST } }
"""
SOLVER = """
net: "net.prototxt" test_iter: 4 test_interval: 7 base_lr: 0.1 momentum: 0.9 lr_policy: "fixed" max_iter: 1000
display: 1 random_seed: 9 snapshot: 5 snapshot_prefix: "snap"
"""


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    rng = np.random.default_rng(0)
    for index in range(32):
        stripes = np.tile([60, 60, 200, 200], 3)[:10]
        pixels = np.tile(np.roll(stripes, rng.integers(4)), (10, 1))
        pixels = pixels.T if index % 2 else pixels
        path = Path("photos") / ("down", "across")[index % 2] / f"{index}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        cv2.imwrite(str(path), np.clip(pixels + rng.normal(0, 10, (10, 10)), 0, 255).astype(np.uint8))
    assert tool("make_lmdb", monkeypatch)("photos", "train", "--shuffle", "--gray") == 0
    Path("net.prototxt").write_text(NET)
    Path("solver.prototxt").write_text(SOLVER)
    return tmp_path


def test_variants_are_words_of_surgery() -> None:
    text = "half: --num-output conv=3 --remove 're lu' --drop-dropout --set=fc.inner_product_param.num_output=4"
    assert parse_variant(text) == Variant(
        "half",
        (
            Request("--num-output", "conv=3"), Request("--remove", "re lu"), Request("--drop-dropout"),
            Request("--set", "fc.inner_product_param.num_output=4"),
        ),
    )  # fmt: skip
    with pytest.raises(UnknownNameError, match="no operation '--remov'; did you mean '--remove'"):
        parse_variant("x: --remov conv")
    with pytest.raises(OptionError, match="--remove takes PATTERN"):
        parse_variant("x: --remove")
    with pytest.raises(OptionError, match="NAME: OPERATIONS"):
        parse_variant("--remove conv")


def test_a_training_is_the_solvers_own(here: Path) -> None:
    """The same loss as pycaffe's solver has with that seed, and no file beside."""
    before = set(here.iterdir())
    found = train_variant("solver.prototxt", Variant("whole"), iterations=20, seed=4)
    assert set(here.iterdir()) == before
    text = SOLVER.replace("random_seed: 9 snapshot: 5", "random_seed: 4")
    text = text.replace("test_interval: 7", "test_interval: 20")
    Path("plain.prototxt").write_text(text + "test_initialization: false")
    solver = caffe.get_solver("plain.prototxt")
    losses = []
    for _ in range(20):
        solver.step(1)
        losses.append(float(solver.net.blobs["loss"].data))
    assert found.train_loss == pytest.approx(np.mean(losses[-2:]), rel=1e-5)
    assert found.parameters == 6 * 9 + 6 + 6 * 2 + 2
    test = solver.test_nets[0]
    test.share_with(solver.net)
    scores = [float(test.forward()["accuracy"]) for _ in range(4)]
    assert found.outputs["accuracy"] == pytest.approx(np.mean(scores))
    solver.close()


def test_weights_are_changed_along(here: Path) -> None:
    caffe.Net("net.prototxt", caffe.TRAIN).save("start.caffemodel")
    first = train_variant("solver.prototxt", Variant("whole"), iterations=1, seed=1, weights="start.caffemodel")
    again = train_variant("solver.prototxt", Variant("whole"), iterations=1, seed=2, weights="start.caffemodel")
    assert first.train_loss == pytest.approx(again.train_loss)  # the seed fills weights, and nothing else here
    renamed = parse_variant("renamed: --rename conv=other --rename fc=last")
    found = train_variant("solver.prototxt", renamed, iterations=1, seed=3, weights="start.caffemodel")
    assert found.train_loss == pytest.approx(first.train_loss)


def test_the_command(here: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    probe = tool("probe", monkeypatch)
    variants = ("--variant", "no conv: --remove conv --remove relu", "--variant", "half: --num-output conv=3")
    assert probe("ablation", "solver.prototxt", "--iterations", 60, *variants, "--seeds", 2, "-o", "out") == 0
    with open("out/ablation.csv") as file:
        rows = {row["net"]: row for row in csv.DictReader(file)}
    assert {name: row["parameters"] for name, row in rows.items()} == {
        "the whole net": "74", "no conv": "4", "half": "38"
    }  # fmt: skip
    errors = {name: float(row["error (1 - accuracy)"]) for name, row in rows.items()}
    assert errors["the whole net"] < 0.1
    assert errors["no conv"] > 0.2
    assert float(rows["no conv"]["change"]) == pytest.approx(errors["no conv"] - errors["the whole net"])
    assert len(json.loads(Path("out/ablation.json").read_text())) == 6
    assert Path("out/ablation.png").stat().st_size > 5000


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--variant", "x: --remove cnov"), "variant 'x': net.prototxt: no layer 'cnov'; did you mean 'conv'?"),
        (("--variant", "x: --replace-type relu=Nonsense"), "variant 'x': "),
        (("--variant", "a: --remove conv", "--variant", "a: --remove relu"), "variants need names of their own"),
        (("--variant", "a: --remove relu", "--seeds", "0"), "--iterations and --seeds are at least 1"),
    ],
)
def test_bad_input_is_one_line(
    here: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], arguments: tuple[str, ...],
    message: str,
) -> None:  # fmt: skip
    probe = tool("probe", monkeypatch)
    status = probe("ablation", "solver.prototxt", "--iterations", 1, *arguments)
    error = capsys.readouterr().err
    assert message in error and error.count("\n") == 1
    assert status == 2
