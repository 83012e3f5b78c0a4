from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import plyvel
import pytest

from pycaffe_ext.datasets.datum import encoded_datum, float_datum, raw_datum
from pycaffe_ext.datasets.images import encode
from pycaffe_ext.datasets.summary import Summary
from pycaffe_ext.proto import caffe_pb2

Output = pytest.CaptureFixture[str]


def summary_of(path: Path, info: Callable[..., int], capsys: Output, *more: object) -> dict[str, object]:
    assert info(path, "--json", *more) == 0
    return json.loads(capsys.readouterr().out)["summary"][-1]


def test_labels_and_weights(write: Callable[..., Path], info: Callable[..., int], capsys: Output) -> None:
    labels = [0, 7, 0, 7, 0, 0, 3]
    path = write("db", {f"{n:08d}_x.jpg": raw_datum(np.full((4, 5, 3), n, np.uint8), k) for n, k in enumerate(labels)})
    found = summary_of(path, info, capsys)
    assert found["entries"] == 7
    assert found["keys"] == ["00000000_x.jpg", "00000006_x.jpg"]
    assert found["numbered"] and found["shuffled"] and not found["label_maps"]
    assert found["encodings"] == {"raw": 7}
    assert found["shapes"] == {"3x4x5": 7}
    assert found["counts"] == {"0": 4, "3": 1, "7": 2}
    assert found["class_weights"] == {"0": 0.5, "3": 2, "7": 1}  # the median count is 2
    assert info(path) == 0
    assert "0            4  57.14%      0.5" in capsys.readouterr().out


def test_pixel_shares_of_label_maps(
    pairs: tuple[Path, Path], write: Callable[..., Path], info: Callable[..., int], capsys: Output
) -> None:
    maps = [[[0, 0, 1, 1], [0, 0, 0, 0]], [[0, 0, 0, 0], [5, 5, 5, 255]]]
    path = write("maps2", {f"{n:08d}": raw_datum(np.array(labels, np.uint8), 0) for n, labels in enumerate(maps)})
    found = summary_of(path, info, capsys, "--ignore", 255)
    assert found["label_maps"]
    assert found["counts"] == {"0": 10, "1": 2, "5": 3, "255": 1}
    # shares among the pixels of the maps that have the class: 10/16, 2/8, 3/8
    assert found["class_weights"] == {"0": pytest.approx(0.6), "1": 1.5, "5": 1}
    found = summary_of(pairs[0], info, capsys, pairs[1])
    assert found["shapes"] == {"1x2x3": 3}


@pytest.mark.parametrize(
    ("kind", "channels", "expected"),
    [
        ("jpg", 3, "jpg"),
        ("jpg", 1, "jpg"),
        ("png", 3, "png"),
        ("png", 4, "png"),
        ("webp", 3, "webp"),
        ("tiff", 3, "tif"),
    ],
)
def test_shape_is_told_without_decoding(kind: str, channels: int, expected: str) -> None:
    pixels = np.zeros((5, 7, channels), np.uint8)
    content = encode(pixels[..., 0] if channels == 1 else pixels, kind)
    summary = Summary("x")
    summary.add(b"key", encoded_datum(content, 1))
    assert dict(summary.encodings) == {expected: 1}
    decoded = cv2.imdecode(np.frombuffer(content, np.uint8), cv2.IMREAD_UNCHANGED)
    assert dict(summary.shapes) == {(channels, 5, 7): 1}
    assert decoded.shape[:2] == (5, 7)


def test_floats_and_what_is_no_datum(write: Callable[..., Path], info: Callable[..., int], capsys: Output) -> None:
    floats = caffe_pb2.Datum(channels=2, height=1, width=3, label=4, float_data=[0.5] * 6)
    wrong = caffe_pb2.Datum(channels=9, height=9, width=9, data=b"abc")
    values = {"a": floats.SerializeToString(), "b": b"\xff\xff", "c": wrong.SerializeToString()}
    found = summary_of(write("db", values), info, capsys)
    assert (found["encodings"], found["unreadable"], found["numbered"]) == ({"float": 1}, 2, False)


def test_ranges_of_numbers(write: Callable[..., Path], info: Callable[..., int], capsys: Output) -> None:
    rows = np.array([[1.5, 20], [-2, 31], [0, 30]], np.float32)
    path = write("db", {f"{n}": float_datum(row[:, None, None], 0) for n, row in enumerate(rows)})
    assert summary_of(path, info, capsys)["numbers"] == [[-2, 1.5], [20, 31]]
    assert info(path) == 0
    assert "  numbers    -2 to 1.5, 20 to 31\n" in capsys.readouterr().out


def test_labels_in_blocks_are_told(write: Callable[..., Path], info: Callable[..., int], capsys: Output) -> None:
    path = write("db", {f"{n:08d}": raw_datum(np.zeros((1, 2), np.uint8), n // 10) for n in range(30)})
    assert info(path) == 0
    assert "in blocks of equal labels" in capsys.readouterr().out


def test_leveldb(tmp_path: Path, info: Callable[..., int], capsys: Output) -> None:
    with plyvel.DB(str(tmp_path / "level"), create_if_missing=True) as database:
        for number in range(3):
            database.put(b"%08d" % number, raw_datum(np.zeros((2, 3, 3), np.uint8), number))
    assert summary_of(tmp_path / "level", info, capsys)["counts"] == {"0": 1, "1": 1, "2": 1}


def test_head(write: Callable[..., Path], info: Callable[..., int], capsys: Output) -> None:
    path = write("db", {"k1": raw_datum(np.zeros((2, 3, 3), np.uint8), 5), "k2": b"\xff\xff", "k3": b""})
    assert info(path, "--head", 2) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines == ["k1  label 5  3x2x3 raw  30 bytes", "k2  is not a Datum: 2 bytes of another kind"]


@pytest.mark.parametrize(
    ("arguments", "problem"),
    [
        (["nothing"], "nothing: does not exist"),
        (["db", "--num-classes", "3"], "--num-classes is for --verify"),
        (["db", "--head", "0"], "--head is at least 1"),
        (["db", "--montage", "x.jpg"], "should end in .png"),
        (["db", "db", "--label-maps"], "then there is no LABEL_DB"),
    ],
)
def test_refused(
    write: Callable[..., Path], info: Callable[..., int], capsys: Output, monkeypatch: pytest.MonkeyPatch,
    arguments: list[str], problem: str,
) -> None:  # fmt: skip
    monkeypatch.chdir(write("db", {"k": raw_datum(np.zeros((2, 3), np.uint8), 1)}).parent)
    assert info(*arguments) == 2
    assert problem in capsys.readouterr().err
