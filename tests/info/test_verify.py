"""Every fault is named, and the exit status tells that there are some."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import lmdb
import numpy as np
import pytest

from pycaffe_ext.datasets.datum import encoded_datum, float_datum, raw_datum
from pycaffe_ext.datasets.images import encode
from pycaffe_ext.proto import caffe_pb2

Output = pytest.CaptureFixture[str]
Info = Callable[..., int]


def change(path: Path, key: str, value: bytes | None) -> None:
    with lmdb.open(str(path)) as environment, environment.begin(write=True) as transaction:
        transaction.delete(key.encode())
        if value is not None:
            transaction.put(key.encode(), value)


def test_sound_pairs(pairs: tuple[Path, Path], info: Info, capsys: Output) -> None:
    assert info(*pairs, "--verify", "--num-classes", 3, "--ignore", 255) == 0
    assert "3 pairs checked, no faults" in capsys.readouterr().out


BLACK = np.zeros((6, 9, 3), np.uint8)
NO_NUMBERS = caffe_pb2.Datum(channels=1, height=6, width=9, float_data=[np.nan] * 54).SerializeToString()
FAULTS = [
    ("images", None, "images: entry '00000001_1.png' is missing; {}/maps has it"),
    ("maps", None, "maps: entry '00000001_1.png' is missing; {}/images has it"),
    ("maps", raw_datum(np.full((2, 3), 3, np.uint8), 0), "pixel (0, 0) has label 3; allowed are 0 to 2 or 255"),
    (
        "maps",
        raw_datum(BLACK[:3, :2, 0], 0),
        "is 1/2 x 2/9 of its image's size; '00000000_0.png' has a label map that is 1/3 x 1/3",
    ),
    ("maps", raw_datum(BLACK[:2, :3], 0), "has 3 channels; a label map has 1"),
    ("images", b"\xff\xff\xff", "is not a Datum"),
    ("images", encoded_datum(encode(BLACK, "jpg")[:-2], 0), "is cut short: a JPEG without its end"),
    ("images", encoded_datum(b"nonsense", 0), "is marked encoded, but its 8 bytes are no image"),
    ("images", NO_NUMBERS, "infinite or not numbers"),
]


@pytest.mark.parametrize(("name", "value", "fault"), FAULTS)
def test_faults_of_pairs(
    pairs: tuple[Path, Path], info: Info, capsys: Output, name: str, value: bytes | None, fault: str
) -> None:
    change(pairs[0].parent / name, "00000001_1.png", value)
    assert info(*pairs, "--verify", "--num-classes", 3, "--ignore", 255) == 1
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 2
    assert fault.format(pairs[0].parent) in lines[0]
    assert "entry '00000001_1.png'" in lines[0]
    assert lines[1].endswith("3 pairs checked, 1 faults")


def test_several_faults_in_key_order(pairs: tuple[Path, Path], info: Info, capsys: Output) -> None:
    change(pairs[0], "00000002_2.png", b"\xff")
    change(pairs[1], "00000002_2.png", raw_datum(np.full((2, 3), 9, np.uint8), 0))
    change(pairs[1], "99", raw_datum(np.zeros((2, 3), np.uint8), 0))
    assert info(*pairs, "--verify", "--num-classes", 3, "--workers", 3) == 1
    found = capsys.readouterr().out.splitlines()
    assert ["label 255" in found[0], "is not a Datum" in found[1], "label 9" in found[2]] == [True] * 3
    assert "images: entry '99' is missing" in found[3]
    assert found[4].endswith("4 pairs checked, 4 faults")


def test_labels_of_images(write: Callable[..., Path], info: Info, capsys: Output) -> None:
    path = write("db", {f"{k}": raw_datum(np.zeros((2, 3, 3), np.uint8), k) for k in (-1, 0, 4, 5)})
    assert info(path, "--verify") == 0
    assert info(path, "--verify", "--num-classes", 5, "--ignore", -1) == 1
    faults = [line for line in capsys.readouterr().out.splitlines() if "entry" in line and "label" in line]
    assert faults == [f"{path}: entry '5': has label 5; allowed are 0 to 4 or -1"]


def test_numbers_beside_images(write: Callable[..., Path], info: Info, capsys: Output) -> None:
    def numbers(*values: float) -> bytes:
        return float_datum(np.array(values, np.float32)[:, None, None], 0)

    images = write("i", {str(size): raw_datum(np.zeros((size, 4, 3), np.uint8), 0) for size in (2, 3, 5)})
    good = write("good", {str(size): numbers(0.5, size) for size in (2, 3, 5)})
    assert info(images, good, "--verify", "--num-classes", 2) == 0
    bad = write("bad", {"2": numbers(1, 2), "3": numbers(1, 2, 3), "5": numbers(1, np.inf)})
    assert info(images, bad, "--verify") == 1
    assert capsys.readouterr().out.splitlines()[1:-1] == [
        f"{bad}: entry '3': has 3 numbers; '2' has 2 numbers",
        f"{bad}: entry '5': holds numbers that are infinite or not numbers",
    ]


def test_label_maps_alone(pairs: tuple[Path, Path], info: Info, capsys: Output) -> None:
    assert info(pairs[1], "--verify", "--label-maps", "--num-classes", 3) == 1
    assert "entry '00000001_1.png': pixel (2, 1) has label 255; allowed are 0 to 2" in capsys.readouterr().out
