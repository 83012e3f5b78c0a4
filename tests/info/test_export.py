"""What is exported makes the same database again."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from tool import tool

from pycaffe_ext.datasets.databases import open_database
from pycaffe_ext.datasets.datum import datum_array, encoded_datum, parse_datum, raw_datum
from pycaffe_ext.datasets.images import encode
from pycaffe_ext.proto import caffe_pb2

Info = Callable[..., int]


def content(path: Path) -> list[tuple[int, bytes, tuple[int, ...]]]:
    """Label, pixels and shape of all entries."""
    found = []
    for _, value in open_database(path):
        pixels = datum_array(parse_datum(value))
        found.append((parse_datum(value).label, pixels.tobytes(), pixels.shape))
    return found


@pytest.mark.parametrize("encoded", [False, True])
def test_round_trip(
    write: Callable[..., Path], info: Info, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, encoded: bool
) -> None:
    random = np.random.default_rng(0)
    images = [random.integers(0, 256, (5 + n, 7, 3), np.uint8) for n in range(4)]
    keys = ["00000000_a/b c.jpg", "00000001_a/b c.jpeg", "00000002_\u00e9 'x'.png", f"00000003_{'long/' * 80}x.jpg"]
    values = [raw_datum(image, n - 1) for n, image in enumerate(images)]
    if encoded:
        values = [encoded_datum(encode(image, "jpg"), n - 1) for n, image in enumerate(images)]
    path = write("db", dict(zip(keys, values, strict=True)))
    assert info(path, "--export", tmp_path / "out") == 0
    make = tool("make_lmdb", monkeypatch)
    assert make(tmp_path / "out" / "list.txt", tmp_path / "again", *(["--encoded", "jpg"] if encoded else [])) == 0
    assert content(tmp_path / "again") == content(path)
    if encoded:
        assert (tmp_path / "out" / "00000000_a_b_c.jpg").read_bytes() == encode(images[0], "jpg")


@pytest.mark.parametrize("divisor", [1, 3])
def test_pairs(
    write: Callable[..., Path], info: Info, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, divisor: int
) -> None:
    random = np.random.default_rng(0)
    images = {f"{n:08d}_{n}.png": raw_datum(random.integers(0, 256, (6, 9, 3), np.uint8), 0) for n in range(3)}
    maps = {key: raw_datum(random.integers(0, 3, (6 // divisor, 9 // divisor), np.uint8), 0) for key in images}
    pair = write("images", images), write("maps", maps)
    assert info(*pair, "--export", tmp_path / "out") == 0
    make = tool("make_lmdb", monkeypatch)
    options = ["--label-maps", tmp_path / "out" / "labels", "--label-out", tmp_path / "maps2"]
    options += ["--label-scale", f"1/{divisor}"]
    assert make(tmp_path / "out" / "images" / "list.txt", tmp_path / "images2", *options) == 0
    assert content(tmp_path / "images2") == content(pair[0])
    assert content(tmp_path / "maps2") == content(pair[1])


def test_names_are_files_in_the_folder_and_differ(write: Callable[..., Path], info: Info, tmp_path: Path) -> None:
    keys = ["../../x", "..", "a/b", "a:b", "A_B", "a.png", "a.jpg", "\u0001"]
    path = write("db", {key: raw_datum(np.full((2, 3), number, np.uint8), number) for number, key in enumerate(keys)})
    assert info(path, "--export", tmp_path / "out") == 0
    files = sorted(file.name for file in (tmp_path / "out").iterdir())
    assert len({name.lower() for name in files}) == len(keys) + 1
    assert sorted(tmp_path.iterdir()) == [path, tmp_path / "out"]


def test_floats_become_npy(write: Callable[..., Path], info: Info, tmp_path: Path) -> None:
    values = np.arange(24, dtype=np.float32).reshape(4, 2, 3) / 7
    datum = caffe_pb2.Datum(channels=4, height=2, width=3, label=9, float_data=values.ravel())
    assert info(write("db", {"k": datum.SerializeToString()}), "--export", tmp_path / "out") == 0
    assert np.array_equal(np.load(tmp_path / "out" / "k.npy"), values)
    assert (tmp_path / "out" / "list.txt").read_text() == "k.npy 9\n"


def test_nothing_is_left_after_an_error(
    write: Callable[..., Path], info: Info, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = write("db", {"a": raw_datum(np.zeros((2, 3), np.uint8), 1), "b": b"\xff"})
    assert info(path, "--export", tmp_path / "out") == 2
    assert "entry 'b': is not a Datum" in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == [path]
    (tmp_path / "there").mkdir()
    assert info(path, "--export", tmp_path / "there") == 2
