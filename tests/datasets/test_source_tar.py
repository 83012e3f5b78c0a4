"""Tar shards as WebDataset has them."""

from __future__ import annotations

import json
import os
import resource
from collections.abc import Callable
from pathlib import Path

import pytest
from datasets import drawn_sets as drawn

from pycaffe_ext.datasets.sources import open_source
from pycaffe_ext.errors import DataError, FileError, UnknownNameError
from pycaffe_ext.proto import caffe_pb2

Tool = Callable[..., int]
Entries = Callable[[Path], list[tuple[bytes, bytes]]]


def test_tar_shards(tmp_path: Path, make_lmdb: Tool, entries: Entries) -> None:
    images = [drawn.noise(n, 8, 9 + n, 3) for n in range(3)]
    files = [drawn.jpeg(image) for image in images]
    drawn.tar(tmp_path / "s-00.tar", {"a/x.jpg": files[0], "a/x.cls": b"4\n", "b.cls": b"7", "b.jpg": files[1]})
    drawn.tar(tmp_path / "s-01.tar", {"c.jpeg": files[2], "c.json": json.dumps({"label": 9}).encode()})
    assert make_lmdb(tmp_path / "s-{00..01}.tar", tmp_path / "out", "--encoded", "jpg") == 0
    read = entries(tmp_path / "out")
    assert [key for key, _ in read] == [b"00000000_a/x.jpg", b"00000001_b.jpg", b"00000002_c.jpeg"]
    assert [caffe_pb2.Datum.FromString(value).label for _, value in read] == [4, 7, 9]
    assert [caffe_pb2.Datum.FromString(value).data for _, value in read] == files


def test_compressed_shards_beside_plain_ones(tmp_path: Path, make_lmdb: Tool, entries: Entries) -> None:
    files = [drawn.jpeg(drawn.noise(n, 8, 9 + n, 3)) for n in range(3)]
    for number, name in enumerate(("0.tar.gz", "1.tar", "2.tgz")):
        drawn.tar(tmp_path / "shards" / name, {f"./d/{number}.JPEG": files[number], f"./d/{number}.cls": b"5"})
    assert make_lmdb(tmp_path / "shards", tmp_path / "out", "--encoded", "jpg") == 0
    read = entries(tmp_path / "out")
    assert [key for key, _ in read] == [b"0000000%d_./d/%d.JPEG" % (n, n) for n in range(3)]
    assert [caffe_pb2.Datum.FromString(value).data for _, value in read] == files
    path = tmp_path / "shards/0.tar.gz"
    path.write_bytes(path.read_bytes()[:-40])
    cut = path.rename(tmp_path / "cut.tar.gz")
    with pytest.raises(FileError, match=r"cut\.tar\.gz: is damaged, or cut short"):
        open_source(str(cut))


def test_one_fraction_makes_all_labels_of_a_tar_numbers(tmp_path: Path) -> None:
    members = {"a.jpg": b"x", "a.cls": b"2", "b.jpg": b"x", "b.cls": b"0.5"}
    listing = open_source(str(drawn.tar(tmp_path / "s.tar", members)))
    assert [(entry.label, entry.labels) for entry in listing.entries] == [(0, (2.0,)), (0, (0.5,))]


def test_tar_with_several_images_per_key(tmp_path: Path) -> None:
    path = drawn.tar(tmp_path / "s.tar", {"a.left.png": b"x", "a.right.png": b"y", "a.cls": b"1"})
    with pytest.raises(DataError, match=r"'a' has 2 images, .left.png .right.png; --columns image=left.png takes"):
        open_source(str(path))
    [entry] = open_source(str(path), columns={"image": ["right.png"]}).entries
    assert (entry.name, entry.label) == ("a.right.png", 1)
    with pytest.raises(UnknownNameError, match=r"no member '\.rihgt\.png'; did you mean '\.right\.png'"):
        open_source(str(path), columns={"image": ["rihgt.png"]})


def test_tar_with_label_maps(tmp_path: Path, make_lmdb: Tool, entries: Entries) -> None:
    truth = drawn.noise(3, 8, 9, most=5)
    drawn.tar(tmp_path / "s.tar", {"a.png": drawn.png(drawn.noise(0, 8, 9, 3)), "a.seg.png": drawn.png(truth)})
    assert make_lmdb(tmp_path / "s.tar", tmp_path / "i", "--label-out", tmp_path / "l", "--num-classes", 5) == 0
    [(_, value)] = entries(tmp_path / "l")
    assert caffe_pb2.Datum.FromString(value).data == truth.tobytes()


@pytest.mark.parametrize(
    ("members", "problem"),
    [
        ({"a.cls": b"1"}, "'a' has no image, only .cls"),
        ({"a.jpg": b"x"}, "'a' has no label"),
        ({"a.jpg": b"x", "a.cls": b"one"}, "'a': label 'one' is not a number"),
        ({"a.jpg": b"x", "a.json": b"{"}, "'a': label cannot be read"),
        ({"a.jpg": b"x", "a.cls": b"1", "b.jpg": b"x", "b.cls": b"1", "a.png": b"x"}, "'a' comes twice"),
        (
            {"a.jpg": b"x", "a.json": b'{"label": [1, 2]}', "b.jpg": b"x", "b.cls": b"1"},
            "'b' has 1 labels, .* before 2",
        ),
        ({}, "holds no samples"),
    ],
)
def test_tars_that_are_wrong(tmp_path: Path, members: dict[str, bytes], problem: str) -> None:
    drawn.tar(tmp_path / "s.tar", members)
    with pytest.raises(DataError, match=problem):
        open_source(str(tmp_path / "s.tar"))


def test_more_shards_than_files_that_may_be_open(tmp_path: Path) -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    open_now = len(os.listdir("/proc/self/fd"))
    for number in range(40):
        drawn.tar(tmp_path / f"{number:02}.tar{'.gz' * (number % 2)}", {"a.jpg": b"%d" % number, "a.cls": b"1"})
    resource.setrlimit(resource.RLIMIT_NOFILE, (open_now + 10, hard))
    try:
        listing = open_source(str(tmp_path))
        assert [listing.content(entry) for entry in listing.entries] == [b"%d" % number for number in range(40)]
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


def test_tar_that_is_cut_short(tmp_path: Path) -> None:
    path = drawn.tar(tmp_path / "s.tar", {"a.cls": b"1", "a.jpg": bytes(20_000)})
    path.write_bytes(path.read_bytes()[:9000])
    with pytest.raises(FileError, match=r"is cut short|is damaged"):
        open_source(str(path))
