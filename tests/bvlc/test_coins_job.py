"""The coins net of the demo through `train.py --engine caffe`: genuine Caffe makes the same files as our engine."""

from __future__ import annotations

import csv
import re
from pathlib import Path

import lmdb
import numpy as np
import pytest
import real_caffe
from real_caffe import needs_real_caffe
from tool import tool

from pycaffe_ext.engine.solver import get_solver
from pycaffe_ext.proto import caffe_pb2

ROOT = Path(__file__).resolve().parents[2]
REAL = ["--engine", "caffe", "--caffe-chroot", str(real_caffe.chroot)]
CHANGED = {"test_iter": 1, "test_interval": 2, "display": 1, "average_loss": 1, "max_iter": 3, "stepsize": 2}

pytestmark = needs_real_caffe


def write_database(path: Path, count: int) -> None:
    random = np.random.default_rng(count)
    path.parent.mkdir(parents=True, exist_ok=True)
    with lmdb.open(str(path), map_size=1 << 24) as database, database.begin(write=True) as writing:
        for i in range(count):
            pixels = random.integers(0, 256, (3, 96, 96), np.uint8)
            datum = caffe_pb2.Datum(channels=3, height=96, width=96, label=i % 2, data=pixels.tobytes())
            writing.put(f"{i:08d}".encode(), datum.SerializeToString())


@pytest.fixture
def coins(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The current folder, laid out as the project's is after the demo, with small databases."""
    monkeypatch.chdir(tmp_path)
    for name, count in (("train", 40), ("test", 16)):
        write_database(tmp_path / f"demo/coins/{name}_lmdb", count)
    folder = tmp_path / "prototxt/coins"
    folder.mkdir(parents=True)
    for name in ("solver", "train_val"):
        text = (ROOT / f"prototxt/coins/{name}.prototxt").read_text()
        text = text.replace("dropout_ratio: 0.1", "dropout_ratio: 0")  # each engine draws its own
        for field, value in CHANGED.items():
            text = re.sub(rf"(?m)^{field}: .*", f"{field}: {value}", text)
        text = text.replace("batch_size: 32", "batch_size: 4").replace("batch_size: 100", "batch_size: 8")
        (folder / f"{name}.prototxt").write_text(text)
    return folder


def rows(folder: str) -> list[list[str]]:
    with open(f"{folder}/coins_log.csv", newline="") as file:
        return list(csv.reader(file))


def test_same_files_and_columns(coins: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    train = tool("train", monkeypatch)
    solver = get_solver("prototxt/coins/solver.prototxt")
    solver.net.save("start.caffemodel")
    solver.close()
    for out, engine in (("ours", []), ("real", REAL)):
        start = ["--weights", "start.caffemodel", "--out", out, "--quiet"]
        assert train("prototxt/coins/solver.prototxt", *start, *engine) == 0
    files = [sorted(file.name for file in Path(out).iterdir()) for out in ("ours", "real")]
    assert files[0] == files[1]
    assert {"coins_iter_3.caffemodel", "coins_iter_3.solverstate", "coins_log.csv"} <= set(files[0])
    ours, real = rows("ours"), rows("real")
    assert ours[0] == real[0]
    seconds = ours[0].index("seconds")
    for one, other in zip(ours[1:], real[1:], strict=True):
        for column, (a, b) in enumerate(zip(one, other, strict=True)):
            if column == seconds:
                continue
            if a != b:
                assert float(a) == pytest.approx(float(b), rel=1e-4)


def test_a_failed_check_is_one_line(
    coins: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    net = coins / "train_val.prototxt"
    net.write_text(net.read_text().replace("crop_size: 85", "crop_size: 97"))  # larger than the images
    status = tool("train", monkeypatch)("prototxt/coins/solver.prototxt", "--out", "real", *REAL)
    told = capsys.readouterr().err.strip().splitlines()
    assert status == 2 and len(told) == 1
    assert "real Caffe stopped: Check failed: " in told[0] and "data_transformer.cpp" in told[0]
    assert not list(Path().rglob(".caffe-*"))
