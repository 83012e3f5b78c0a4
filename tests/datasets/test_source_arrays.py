"""Sources that are no image files: idx, CIFAR, NumPy, HDF5, tar shards, video."""

from __future__ import annotations

import re
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


@pytest.mark.parametrize("kind", ["npz", "h5"])
def test_arrays_of_label_maps(tmp_path: Path, make_lmdb: Tool, entries: Entries, kind: str) -> None:
    pixels, maps = drawn.noise(0, 4, 9, 11, 3), drawn.noise(1, 4, 9, 11, most=5)
    if kind == "npz":
        np.savez(tmp_path / "set.npz", x=pixels, y=maps.astype(np.int64))
    else:  # as --format hdf5 writes them, into two files
        for part in range(2):
            with h5py.File(tmp_path / f"{part}.h5", "w") as file:
                file["data"] = pixels[2 * part : 2 * part + 2].transpose(0, 3, 1, 2).astype(np.float32)
                file["label"] = maps[2 * part : 2 * part + 2, None].astype(np.float32)
        (tmp_path / "list.txt").write_text(f"{tmp_path}/0.h5\n1.h5\n")
    source = tmp_path / ("set.npz" if kind == "npz" else "list.txt")
    out = ["--label-out", tmp_path / "l", "--num-classes", 5, "--mirror-labels", "1:2"]
    assert make_lmdb(source, tmp_path / "i", *out) == 0
    assert np.array_equal(planes(entries(tmp_path / "i"))[::2], pixels.transpose(0, 3, 1, 2))
    read = planes(entries(tmp_path / "l"))
    assert np.array_equal(read[::2], maps[:, None])
    assert np.array_equal(read[1::2], np.array([0, 2, 1, 3, 4])[maps[:, None, :, ::-1]])


def test_arrays_of_names(tmp_path: Path) -> None:
    pixels, names = drawn.noise(0, 3, 5, 6), ["dog", "déjà", "dog"]
    np.savez(tmp_path / "set.npz", data=pixels, label=names)
    with h5py.File(tmp_path / "set.h5", "w") as file:
        file["train/data"], file["train/label"] = pixels, names
    for end in ("npz", "h5"):
        listing = open_source(str(tmp_path / f"set.{end}"))
        assert (listing.classes, [entry.label for entry in listing.entries]) == (["dog", "déjà"], [0, 1, 0])


def test_hdf5_in_caffes_order(tmp_path: Path) -> None:
    """Where sizes do not tell it: channels first in HDF5, last in NumPy's files."""
    blob = drawn.noise(0, 2, 7, 5, 6)
    np.save(tmp_path / "set.npy", blob)
    for name, rows in {"a": blob, "b": blob[..., :1, :1], "c": blob[..., :3]}.items():
        with h5py.File(tmp_path / f"{name}.h5", "w") as file:
            file["data"] = rows
    found = {}
    for name in ("set.npy", "a.h5", "b.h5", "c.h5"):
        listing = open_source(str(tmp_path / name))
        found[name] = np.asarray(listing.content(listing.entries[0])).shape
    assert found == {"set.npy": (7, 5, 6), "a.h5": (5, 6, 7), "b.h5": (1, 1, 7), "c.h5": (7, 5, 3)}


def test_hdf5_files_that_differ(tmp_path: Path) -> None:
    for name, height in (("a", 5), ("b", 6)):
        with h5py.File(tmp_path / f"{name}.h5", "w") as file:
            file["data"] = drawn.noise(0, 2, height, 7)
    with pytest.raises(DataError, match=r"b\.h5: 'data' is uint8 of shape \(2, 6, 7\); in .*a\.h5 it is .*\(2, 5, 7\)"):
        open_source(str(tmp_path))


def test_idx_with_one_file_unpacked(tmp_path: Path) -> None:
    _, truth = drawn.mnist(tmp_path, end=".gz")
    drawn.write_idx(tmp_path / "train-labels-idx1-ubyte", truth)
    (tmp_path / "train-labels-idx1-ubyte.gz").unlink()
    assert [entry.label for entry in open_source(str(tmp_path)).entries] == truth.tolist()
    (tmp_path / "train-labels-idx1-ubyte").unlink()
    with pytest.raises(FileError, match=r"has no labels: .*/train-labels-idx1-ubyte does not exist"):
        open_source(str(tmp_path))


@pytest.mark.parametrize(
    ("arrays", "problem"),
    [
        ({"a": np.zeros((2, 3, 3), np.uint8), "b": np.zeros(2)}, "which of its arrays holds images"),
        ({"data": np.zeros((2, 3), np.uint8)}, "is 2x3; images are N x H x W"),
        ({"data": np.zeros((2, 3, 3), np.complex64)}, "holds complex64, not uint8 or floats"),
        ({"data": np.zeros((2, 3, 3)), "label": [1]}, "holds 2 images, but 1 labels"),
        ({"data": np.zeros((2, 3, 3)), "label": [1, np.inf]}, r"\[1\]: the label is not a finite number"),
        ({"data": np.zeros((2, 3, 3)), "label": [1, 2**40]}, r"\[1\]: the label does not fit 32 bits"),
        ({"data": np.zeros((2, 3, 4)), "label": np.zeros((2, 4, 3))}, "float64 of 2x4x3, .* no label maps .* of 3x4"),
        ({"data": np.array([{}])}, "cannot be read: it holds Python objects"),
    ],
)
def test_arrays_that_are_wrong(tmp_path: Path, arrays: dict[str, Any], problem: str) -> None:
    np.savez(tmp_path / "set.npz", **arrays)
    with pytest.raises(CaffeError, match=problem):
        open_source(str(tmp_path / "set.npz"))


@pytest.mark.parametrize(("value", "problem"), [(0.5, "holds 0.5, which is no label"), (-1, r"\(3, 1\) has label -1")])
def test_label_maps_in_arrays_that_are_wrong(
    tmp_path: Path, make_lmdb: Tool, capsys: pytest.CaptureFixture[str], value: float, problem: str
) -> None:
    maps = np.zeros((2, 3, 4))
    maps[1, 1, 3] = value
    np.savez(tmp_path / "set.npz", data=np.zeros((2, 3, 4), np.uint8), label=maps)
    assert make_lmdb(tmp_path / "set.npz", tmp_path / "i", "--label-out", tmp_path / "l") == 2
    assert re.search(rf"label map of .*set.npz\[1\]: .*{problem}", capsys.readouterr().err)


def test_array_that_is_not_there(tmp_path: Path) -> None:
    np.savez(tmp_path / "set.npz", data=np.zeros((2, 3, 3)))
    with pytest.raises(UnknownNameError, match="no array 'dta'; did you mean 'data'"):
        open_source(str(tmp_path / "set.npz"), columns={"image": ["dta"]})


def test_video(tmp_path: Path, make_lmdb: Tool, entries: Entries, capsys: pytest.CaptureFixture[str]) -> None:
    drawn.video(tmp_path / "film.avi", 8)
    assert make_lmdb(tmp_path / "film.avi", tmp_path / "out", "--every", 3, "--workers", 3) == 0
    read = entries(tmp_path / "out")
    assert [key for key, _ in read] == [b"%08d_film_%06d.png" % (n, 3 * n) for n in range(3)]
    assert [round(float(frame.mean()), -1) for frame in planes(read)] == [0, 30, 60]
    assert make_lmdb(tmp_path / "film.avi", tmp_path / "other", "--shuffle") == 2
    assert "a video is read forward" in capsys.readouterr().err


def test_mirror_images_of_frames(
    tmp_path: Path, make_lmdb: Tool, entries: Entries, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The video is read twice, once to count its frames, and not again for each copy."""
    drawn.video(tmp_path / "film.avi", 8)
    opened, capture = [], cv2.VideoCapture
    monkeypatch.setattr(cv2, "VideoCapture", lambda path: opened.append(path) or capture(path))
    assert make_lmdb(tmp_path / "film.avi", tmp_path / "out", "--mirror-classes", "0:0") == 0
    means = [round(float(frame.mean()), -1) for frame in planes(entries(tmp_path / "out"))]
    assert means == [10 * (n // 2) for n in range(16)]
    assert len(opened) == 2


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
