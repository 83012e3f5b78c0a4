"""Sources that are no image files: idx, CIFAR, NumPy, HDF5, tar shards, video."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import cv2
import h5py
import numpy as np
import pytest
from datasets import drawn_sets as drawn

from pycaffe_ext.datasets.sources import open_source, sources
from pycaffe_ext.errors import CaffeError, DataError, FileError, UnknownNameError
from pycaffe_ext.proto import caffe_pb2

Tool = Callable[..., int]
Entries = Callable[[Path], list[tuple[bytes, bytes]]]


def planes(entries: list[tuple[bytes, bytes]]) -> list[np.ndarray]:
    """The pixels C x H x W of raw or float Datums."""
    found = []
    for _, value in entries:
        datum = caffe_pb2.Datum.FromString(value)
        values: Any = np.frombuffer(datum.data, np.uint8) if datum.data else np.array(datum.float_data, np.float32)
        found.append(values.reshape(datum.channels, datum.height, datum.width))
    return found


def labels(entries: list[tuple[bytes, bytes]]) -> list[int]:
    return [caffe_pb2.Datum.FromString(value).label for _, value in entries]


@pytest.mark.parametrize("end", ["", ".gz"])
@pytest.mark.parametrize("whole_folder", [False, True])
def test_idx(tmp_path: Path, make_lmdb: Tool, entries: Entries, end: str, whole_folder: bool) -> None:
    (tmp_path / "in").mkdir()
    images, truth = drawn.mnist(tmp_path / "in", end=end)
    source = tmp_path / "in" if whole_folder else tmp_path / f"in/train-images-idx3-ubyte{end}"
    assert make_lmdb(source, tmp_path / "out") == 0
    read = entries(tmp_path / "out")
    assert [key for key, _ in read] == [b"%08d" % number for number in range(7)]
    assert np.array_equal(planes(read), images[:, None])
    assert labels(read) == truth.tolist()


def test_cifar_100_and_its_colours(tmp_path: Path, make_lmdb: Tool, entries: Entries) -> None:
    truth, both = drawn.cifar(tmp_path / "train.bin", 5, labels_per_row=2)
    assert make_lmdb(tmp_path / "train.bin", tmp_path / "out") == 0
    read = entries(tmp_path / "out")
    assert np.array_equal(planes(read), truth)
    assert labels(read) == both[:, 1].tolist()
    assert make_lmdb(tmp_path / "train.bin", tmp_path / "bgr", "--bgr") == 0
    assert np.array_equal(planes(entries(tmp_path / "bgr")), truth[:, ::-1])
    assert make_lmdb(tmp_path / "train.bin", tmp_path / "png", "--encoded", "png") == 0
    stored = caffe_pb2.Datum.FromString(entries(tmp_path / "png")[2][1]).data
    decoded = cv2.imdecode(np.frombuffer(stored, np.uint8), cv2.IMREAD_COLOR)
    assert np.array_equal(decoded.transpose(2, 0, 1), truth[2][::-1])


@pytest.mark.parametrize("shape", [(6, 8, 10), (6, 8, 10, 3), (6, 3, 8, 10), (6, 1, 8, 10), (6, 8, 10, 4)])
@pytest.mark.parametrize("kind", ["npz", "npy", "h5"])
def test_arrays_of_bytes(tmp_path: Path, make_lmdb: Tool, entries: Entries, shape: tuple[int, ...], kind: str) -> None:
    pixels, truth = drawn.noise(0, *shape), np.arange(6) - 3
    path = tmp_path / f"set.{kind}"
    if kind == "npz":
        np.savez_compressed(path, images=pixels, y=truth)
    elif kind == "npy":
        np.save(path, pixels)
        np.save(tmp_path / "set_labels.npy", truth)
    else:
        with h5py.File(path, "w") as file:
            file["data"], file["label"] = pixels, truth
    assert make_lmdb(path, tmp_path / "out") == 0
    read = entries(tmp_path / "out")
    expected = pixels[:, None] if len(shape) == 3 else pixels if shape[1] in (1, 3) else pixels.transpose(0, 3, 1, 2)
    assert np.array_equal(planes(read), expected)
    assert labels(read) == truth.tolist()


def test_arrays_of_floats_and_rows_of_labels(tmp_path: Path, make_lmdb: Tool, entries: Entries) -> None:
    pixels = np.random.default_rng(0).normal(size=(4, 2, 5, 7))[:, :1]
    np.savez(tmp_path / "set.npz", pictures=pixels, angles=[[0.5, 1], [2, 3], [4, 5], [6, -7]], other=[1])
    columns = ["--columns", "image=pictures,label=angles"]
    assert make_lmdb(tmp_path / "set.npz", tmp_path / "i", *columns, "--label-out", tmp_path / "l") == 0
    assert np.array_equal(planes(entries(tmp_path / "i")), pixels.astype(np.float32))
    found = [row.ravel().tolist() for row in planes(entries(tmp_path / "l"))]
    assert found == [[0.5, 1], [2, 3], [4, 5], [6, -7]]


@pytest.mark.parametrize(
    ("arrays", "problem"),
    [
        ({"a": np.zeros((2, 3, 3), np.uint8), "b": np.zeros(2)}, "which of its arrays holds images"),
        ({"data": np.zeros((2, 3), np.uint8)}, "is 2x3; images are N x H x W"),
        ({"data": np.zeros((2, 3, 3), np.complex64)}, "holds complex64, not uint8 or floats"),
        ({"data": np.zeros((2, 3, 3)), "label": [1]}, "holds 2 images, but 1 labels"),
        ({"data": np.zeros((2, 3, 3)), "label": [1, np.inf]}, r"\[1\]: the label is not a finite number"),
        ({"data": np.zeros((2, 3, 3)), "label": [1, 2**40]}, r"\[1\]: the label does not fit 32 bits"),
        ({"data": np.array([{}])}, "no NumPy file of numbers|cannot be read: Object arrays"),
    ],
)
def test_arrays_that_are_wrong(tmp_path: Path, arrays: dict[str, Any], problem: str) -> None:
    np.savez(tmp_path / "set.npz", **arrays)
    with pytest.raises(CaffeError, match=problem):
        open_source(str(tmp_path / "set.npz"))


def test_array_that_is_not_there(tmp_path: Path) -> None:
    np.savez(tmp_path / "set.npz", data=np.zeros((2, 3, 3)))
    with pytest.raises(UnknownNameError, match="no array 'dta'; did you mean 'data'"):
        open_source(str(tmp_path / "set.npz"), columns={"image": ["dta"]})


def test_tar_shards(tmp_path: Path, make_lmdb: Tool, entries: Entries) -> None:
    images = [drawn.noise(n, 8, 9 + n, 3) for n in range(3)]
    files = [drawn.jpeg(image) for image in images]
    drawn.tar(tmp_path / "s-00.tar", {"a/x.jpg": files[0], "a/x.cls": b"4\n", "b.cls": b"7", "b.jpg": files[1]})
    drawn.tar(tmp_path / "s-01.tar", {"c.jpeg": files[2], "c.json": json.dumps({"label": 9}).encode()})
    assert make_lmdb(tmp_path / "s-{00..01}.tar", tmp_path / "out", "--encoded", "jpg") == 0
    read = entries(tmp_path / "out")
    assert [key for key, _ in read] == [b"00000000_a/x.jpg", b"00000001_b.jpg", b"00000002_c.jpeg"]
    assert labels(read) == [4, 7, 9]
    assert [caffe_pb2.Datum.FromString(value).data for _, value in read] == files


def test_tar_with_label_maps(tmp_path: Path, make_lmdb: Tool, entries: Entries) -> None:
    truth = drawn.noise(3, 8, 9, most=5)
    drawn.tar(tmp_path / "s.tar", {"a.png": drawn.png(drawn.noise(0, 8, 9, 3)), "a.seg.png": drawn.png(truth)})
    assert make_lmdb(tmp_path / "s.tar", tmp_path / "i", "--label-out", tmp_path / "l", "--num-classes", 5) == 0
    assert np.array_equal(planes(entries(tmp_path / "l")), truth[None, None])


@pytest.mark.parametrize(
    ("members", "problem"),
    [
        ({"a.cls": b"1"}, "'a' has no image, only .cls"),
        ({"a.jpg": b"x"}, "'a' has no label"),
        ({"a.jpg": b"x", "a.cls": b"one"}, "'a': label 'one' is not a number"),
        ({"a.jpg": b"x", "a.json": b"{"}, "'a': label cannot be read"),
        ({"a.jpg": b"x", "a.cls": b"1", "b.jpg": b"x", "b.cls": b"1", "a.png": b"x"}, "'a' comes twice"),
        ({}, "holds no samples"),
    ],
)
def test_tars_that_are_wrong(tmp_path: Path, members: dict[str, bytes], problem: str) -> None:
    drawn.tar(tmp_path / "s.tar", members)
    with pytest.raises(DataError, match=problem):
        open_source(str(tmp_path / "s.tar"))


def test_tar_that_is_cut_short(tmp_path: Path) -> None:
    path = drawn.tar(tmp_path / "s.tar", {"a.cls": b"1", "a.jpg": bytes(20_000)})
    path.write_bytes(path.read_bytes()[:9000])
    with pytest.raises(FileError, match=r"is cut short|is damaged"):
        open_source(str(path))


def test_video(tmp_path: Path, make_lmdb: Tool, entries: Entries, capsys: pytest.CaptureFixture[str]) -> None:
    drawn.video(tmp_path / "film.avi", 8)
    assert make_lmdb(tmp_path / "film.avi", tmp_path / "out", "--every", 3, "--workers", 3) == 0
    read = entries(tmp_path / "out")
    assert [key for key, _ in read] == [b"%08d_film_%06d.png" % (n, 3 * n) for n in range(3)]
    assert [round(float(frame.mean()), -1) for frame in planes(read)] == [0, 30, 60]
    assert make_lmdb(tmp_path / "film.avi", tmp_path / "other", "--shuffle") == 2
    assert "a video is read forward" in capsys.readouterr().err


def test_each_kind_has_its_place_in_the_help(make_lmdb: Tool, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        make_lmdb("--help")
    told = capsys.readouterr().out
    for source in sources().values():
        assert f"  {source.kind} " in told


def test_unknown_kind(tmp_path: Path, make_lmdb: Tool, capsys: pytest.CaptureFixture[str]) -> None:
    assert make_lmdb(tmp_path, tmp_path / "out", "--source", "cofo") == 2
    assert "no kind of source 'cofo'; did you mean 'coco'?" in capsys.readouterr().err
    assert make_lmdb(tmp_path, tmp_path / "out", "--every", 2) == 2
    assert "--every is of no use" in capsys.readouterr().err
