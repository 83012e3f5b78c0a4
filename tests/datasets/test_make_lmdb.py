from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from pycaffe_ext.proto import caffe_pb2

Tool = Callable[..., int]
Entries = Callable[[Path], list[tuple[bytes, bytes]]]
Captured = pytest.CaptureFixture[str]


def datums(read: list[tuple[bytes, bytes]]) -> list[Any]:
    return [caffe_pb2.Datum.FromString(value) for _, value in read]


def left(folder: Path) -> list[str]:
    return sorted(name for name in os.listdir(folder) if name != "photos")


def test_folder_of_classes(tmp_path: Path, photos: Path, make_lmdb: Tool, entries: Entries, capsys: Captured) -> None:
    assert make_lmdb(photos, tmp_path / "out") == 0
    read = entries(tmp_path / "out")
    assert [key.decode() for key, _ in read] == [
        "00000000_cat/a.jpg",
        "00000001_cat/b.jpg",
        "00000002_cat/with space.jpg",
        "00000003_dog/a.png",
        "00000004_dog/c.png",
    ]
    assert [datum.label for datum in datums(read)] == [0, 0, 0, 1, 1]
    pixels = np.frombuffer(datums(read)[4].data, np.uint8).reshape(3, 24, 32)
    assert np.array_equal(pixels, cv2.imread(str(photos / "dog/c.png")).transpose(2, 0, 1))
    assert (tmp_path / "labels.txt").read_text() == "cat\ndog\n"
    printed = capsys.readouterr()
    assert printed.out.splitlines()[0] == f"wrote {tmp_path}/out: 5 entries, 0.0 MB"
    assert printed.err == ""


def test_nothing_depends_on_workers(tmp_path: Path, photos: Path, make_lmdb: Tool, entries: Entries) -> None:
    read = []
    for workers in (1, 2, 7):
        out = tmp_path / f"out{workers}"
        options = ["--workers", workers, "--balance", 40, "--shuffle", "--seed", 3, "--resize", "10x20"]
        assert make_lmdb(photos, out, *options) == 0
        read.append(entries(out))
    assert len(read[0]) == 80  # more than one thread takes at once
    assert read[0] == read[1] == read[2]
    assert sorted(key[9:] for key, _ in read[0]) != [key[9:] for key, _ in read[0]]
    assert {(datum.height, datum.width) for datum in datums(read[0])} == {(10, 20)}


def test_encoded_keeps_files_of_that_kind(tmp_path: Path, photos: Path, make_lmdb: Tool, entries: Entries) -> None:
    assert make_lmdb(photos, tmp_path / "out", "--encoded", "jpg") == 0
    made = datums(entries(tmp_path / "out"))
    assert made[0].data == (photos / "cat/a.jpg").read_bytes()
    assert made[3].data != (photos / "dog/a.png").read_bytes()
    assert made[3].data.startswith(b"\xff\xd8")
    assert all(datum.encoded and not datum.HasField("height") for datum in made)


def test_each_encoded_as_its_own_file_is(
    tmp_path: Path, photos: Path, make_lmdb: Tool, entries: Entries, capsys: Captured
) -> None:
    assert make_lmdb(photos, tmp_path / "kept", "--encoded", "same") == 0
    files = [photos / name for name in ("cat/a.jpg", "cat/b.jpg", "cat/with space.jpg", "dog/a.png", "dog/c.png")]
    assert [datum.data for datum in datums(entries(tmp_path / "kept"))] == [file.read_bytes() for file in files]
    options = ["--encoded", "same", "--resize", "9x12"]
    assert make_lmdb(photos, tmp_path / "list.txt", *options, "--format", "list") == 0
    ends = [line.split()[0][-4:] for line in (tmp_path / "list.txt").read_text().splitlines()]
    assert ends == [".jpg", ".jpg", ".jpg", ".png", ".png"]
    np.save(tmp_path / "set.npy", np.zeros((2, 4, 5), np.uint8))
    assert make_lmdb(tmp_path / "set.npy", tmp_path / "out", "--encoded", "same") == 2
    assert "set.npy[0]: no extension tells its kind of file; give --encoded jpg or png" in capsys.readouterr().err


def test_what_changes_a_file_that_would_be_kept(
    tmp_path: Path, draw: Callable[..., Any], make_lmdb: Tool, entries: Entries
) -> None:
    """Its alpha, when it is to go, goes out of what is stored."""
    cv2.imwrite(str(tmp_path / "a.png"), np.dstack([draw(6, 7), draw(6, 7)[..., 0]]))
    (tmp_path / "list.txt").write_text("a.png 0\n")
    for name, options, channels in (("kept", [], 4), ("white", ["--alpha", "white"], 3)):
        assert make_lmdb(tmp_path / "list.txt", tmp_path / name, "--encoded", "png", *options) == 0
        [datum] = datums(entries(tmp_path / name))
        assert cv2.imdecode(np.frombuffer(datum.data, np.uint8), cv2.IMREAD_UNCHANGED).shape == (6, 7, channels)


def test_map_grows(tmp_path: Path, draw: Callable[..., Any], make_lmdb: Tool, entries: Entries) -> None:
    """More than the map's first size, in several commits."""
    cv2.imwrite(str(tmp_path / "a.bmp"), draw(1000, 1500))
    (tmp_path / "list.txt").write_text("".join(f"a.bmp {n}\n" for n in range(30)))
    assert make_lmdb(tmp_path / "list.txt", tmp_path / "out") == 0
    assert [datum.label for datum in datums(entries(tmp_path / "out"))] == list(range(30))
    assert (tmp_path / "out/data.mdb").stat().st_size > 128 << 20


def test_pairs(tmp_path: Path, photos: Path, make_lmdb: Tool, entries: Entries) -> None:
    """The same keys in both; labels stay where the image's pixels are."""
    random = np.random.default_rng(0)
    truth = {}
    for name in ("a", "b", "with space"):
        truth[name] = random.integers(0, 5, (24, 32)).astype(np.uint8)
        cv2.imwrite(str(photos / f"cat/{name}.png"), truth[name])
    (tmp_path / "list.txt").write_text("cat/b.jpg 4\ncat/with space.jpg 0\ncat/a.jpg 2\n")
    arguments = [tmp_path / "list.txt", tmp_path / "images", "--root", photos, "--shuffle", "--seed", 5]
    maps = ["--label-maps", photos / "cat", "--label-out", tmp_path / "maps", "--num-classes", 5]
    assert make_lmdb(*arguments, *maps, "--label-scale", "1/4") == 0
    images, labels = entries(tmp_path / "images"), entries(tmp_path / "maps")
    assert [key for key, _ in images] == [key for key, _ in labels]
    for (key, _), image, label in zip(images, datums(images), datums(labels), strict=True):
        stem = key.decode()[13:-4]
        assert (image.channels, image.height, image.width) == (3, 24, 32)
        assert (label.channels, label.height, label.width, label.encoded) == (1, 6, 8, False)
        assert np.array_equal(np.frombuffer(label.data, np.uint8).reshape(6, 8), truth[stem][2::4, 2::4])
        assert image.label == label.label == {"b": 4, "with space": 0, "a": 2}[stem]


def test_pairs_from_a_palette_resized(tmp_path: Path, make_lmdb: Tool, entries: Entries) -> None:
    """Colours drawn at known places of the image are the labels at the same places, after --resize too."""
    (tmp_path / "images").mkdir()
    (tmp_path / "maps").mkdir()
    colors = np.zeros((30, 40, 3), np.uint8)
    colors[10:20, 0:20] = (0, 0, 255)  # BGR red
    colors[10:20, 20:40] = (0, 255, 0)
    cv2.imwrite(str(tmp_path / "images/x.png"), colors)
    cv2.imwrite(str(tmp_path / "maps/x.png"), colors)
    (tmp_path / "palette.txt").write_text("0 0 0 0 background\n1 255 0 0 left eye\n7 0 255 0 right eye\n")
    status = make_lmdb(
        *(tmp_path / "images", tmp_path / "i", "--label-maps", tmp_path / "maps", "--label-out", tmp_path / "l"),
        *("--palette", tmp_path / "palette.txt", "--resize", "60x80", "--label-scale", "1/2"),
    )
    assert status == 0
    [label] = datums(entries(tmp_path / "l"))
    expected = np.zeros((30, 40), np.uint8)
    expected[10:20, 0:20], expected[10:20, 20:40] = 1, 7
    assert np.array_equal(np.frombuffer(label.data, np.uint8).reshape(30, 40), expected)
    [image] = datums(entries(tmp_path / "i"))
    assert (image.height, image.width) == (60, 80)


def test_dry_run_writes_nothing(tmp_path: Path, photos: Path, make_lmdb: Tool, capsys: Captured) -> None:
    assert make_lmdb(photos, tmp_path / "out", "--dry-run") == 0
    assert capsys.readouterr().out.splitlines() == [
        "label 0: cat, 3 images",
        "label 1: dog, 2 images",
        f"would write {tmp_path}/labels.txt",
        f"would write {tmp_path}/out: 5 entries, from 00000000_cat/a.jpg to 00000004_dog/c.png",
    ]
    assert left(tmp_path) == []


def test_one_class_is_told(tmp_path: Path, photos: Path, make_lmdb: Tool, capsys: Captured) -> None:
    """As where SOURCE is the folder above the one with the classes."""
    assert make_lmdb(photos.parent, tmp_path / "out") == 0
    assert "all images are of one class, 'photos'; has SOURCE a folder per class?" in capsys.readouterr().err


def test_different_sizes_are_told(
    tmp_path: Path, photos: Path, draw: Callable[..., Any], make_lmdb: Tool, capsys: Captured
) -> None:
    cv2.imwrite(str(photos / "dog/b.png"), draw(20, 20))
    (photos / "dog/Thumbs.db").touch()
    (photos / "bird").mkdir()
    assert make_lmdb(photos, tmp_path / "out") == 0
    assert capsys.readouterr().err.splitlines() == [
        "passed over 1 files that are no images by their name: dog/Thumbs.db",
        "class 0 'bird' has no images",
        "images have 2 sizes, such as 3x24x32 (00000000_cat/a.jpg) and 3x20x20 (00000004_dog/b.png); "
        "a Data layer wants one: --resize",
    ]


def test_help_has_examples(make_lmdb: Tool, capsys: Captured) -> None:
    with pytest.raises(SystemExit) as stopped:
        make_lmdb("--help")
    assert stopped.value.code == 0
    assert "make_lmdb.py photos/train train_lmdb --resize 256x256 --shuffle" in capsys.readouterr().out
