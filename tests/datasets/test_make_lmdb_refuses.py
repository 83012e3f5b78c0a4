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


def bad_photo(photos: Path, kind: str) -> str:
    """Spoils cat/b.jpg; what the message says of it."""
    path = photos / "cat/b.jpg"
    content = path.read_bytes()
    if kind == "cut":
        path.write_bytes(content[:-10])
        return "is cut short: a JPEG without its end"
    if kind == "empty":
        path.write_bytes(b"")
        return "is empty (0 bytes)"
    if kind == "text":
        path.write_text("hello")
        return "is not an image that OpenCV can read, or is damaged"
    if kind == "huge":
        header = content.index(b"\xff\xc0")
        path.write_bytes(content[: header + 5] + b"\xff\xff\xff\xff" + content[header + 9 :])
        return "is not an image that OpenCV can read, or is damaged"
    path.unlink()
    return "cannot be read: No such file or directory"


KINDS = ["cut", "empty", "text", "huge", "missing"]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("encoded", [[], ["--encoded", "jpg"]])
def test_unreadable_image_stops_the_run(
    tmp_path: Path, photos: Path, make_lmdb: Tool, capsys: Captured, kind: str, encoded: list[str]
) -> None:
    problem = bad_photo(photos, kind)
    (photos / "list.txt").write_text("cat/a.jpg 0\ncat/b.jpg 1\n")
    assert make_lmdb(photos / "list.txt", tmp_path / "out", *encoded) == 2
    expected = f"make_lmdb.py: error: {photos}/list.txt:2: {photos}/cat/b.jpg: {problem}\n"
    assert capsys.readouterr().err == expected
    assert left(tmp_path) == []


@pytest.mark.parametrize("kind", KINDS)
def test_skip_bad_lists_what_is_left_out(
    tmp_path: Path, photos: Path, make_lmdb: Tool, entries: Entries, capsys: Captured, kind: str
) -> None:
    problem = bad_photo(photos, kind)
    (photos / "list.txt").write_text("cat/a.jpg 0\ncat/b.jpg 1\ndog/c.png 2\n")
    assert make_lmdb(photos / "list.txt", tmp_path / "out", "--skip-bad") == 1
    assert [key for key, _ in entries(tmp_path / "out")] == [b"00000000_cat/a.jpg", b"00000002_dog/c.png"]
    printed = capsys.readouterr()
    assert printed.err == f"skipped: {photos}/list.txt:2: {photos}/cat/b.jpg: {problem}\n"
    assert printed.out.endswith("1 skipped\n")


def test_nothing_usable(tmp_path: Path, photos: Path, make_lmdb: Tool, capsys: Captured) -> None:
    (tmp_path / "list.txt").write_text("x.jpg 0\n")
    assert make_lmdb(tmp_path / "list.txt", tmp_path / "out", "--skip-bad") == 2
    assert "nothing to write: all 1 entries were skipped" in capsys.readouterr().err
    assert left(tmp_path) == ["list.txt"]


def test_list_with_a_missing_label(tmp_path: Path, photos: Path, make_lmdb: Tool, capsys: Captured) -> None:
    (photos / "list.txt").write_text("cat/a.jpg 0\ncat/b.jpg\n")
    assert make_lmdb(photos / "list.txt", tmp_path / "out") == 2
    assert f"error: {photos}/list.txt:2: 'cat/b.jpg' has no label" in capsys.readouterr().err
    assert left(tmp_path) == []


def test_label_map_of_another_size(tmp_path: Path, photos: Path, make_lmdb: Tool, capsys: Captured) -> None:
    (tmp_path / "maps").mkdir()
    for name in ("a", "b", "with space"):
        cv2.imwrite(str(tmp_path / f"maps/{name}.png"), np.zeros((24, 31 if name == "b" else 32), np.uint8))
    assert (
        make_lmdb(photos / "cat", tmp_path / "i", "--label-maps", tmp_path / "maps", "--label-out", tmp_path / "l") == 2
    )
    error = f"{tmp_path}/maps/b.png: label map is 24x31, but its image {photos}/cat/b.jpg is 24x32 (height x width)\n"
    assert capsys.readouterr().err == f"make_lmdb.py: error: {error}"
    assert left(tmp_path) == ["maps"]


def test_missing_label_map(tmp_path: Path, photos: Path, make_lmdb: Tool, entries: Entries, capsys: Captured) -> None:
    (tmp_path / "maps").mkdir()
    for name in ("a", "with space"):
        cv2.imwrite(str(tmp_path / f"maps/{name}.png"), np.zeros((24, 32), np.uint8))
    arguments = [photos / "cat", tmp_path / "i", "--label-maps", tmp_path / "maps", "--label-out", tmp_path / "l"]
    assert make_lmdb(*arguments) == 2
    problem = f"image b.jpg has no label map: {tmp_path}/maps/b.png does not exist\n"
    assert capsys.readouterr().err == f"make_lmdb.py: error: {problem}"
    assert make_lmdb(*arguments, "--skip-bad") == 1
    assert capsys.readouterr().err == f"skipped: {problem}"
    assert [key for key, _ in entries(tmp_path / "l")] == [b"00000000_a.jpg", b"00000002_with space.jpg"]


def test_existing_database(tmp_path: Path, photos: Path, make_lmdb: Tool, entries: Entries, capsys: Captured) -> None:
    out = tmp_path / "out"
    assert make_lmdb(photos, out) == 0
    assert make_lmdb(photos, out) == 2
    assert f"{out}: exists already; remove it, choose another name, or give --overwrite" in capsys.readouterr().err
    assert make_lmdb(photos, out, "--overwrite", "--gray") == 0
    assert {datum.channels for datum in datums(entries(out))} == {1}
    bad_photo(photos, "text")
    assert make_lmdb(photos, out, "--overwrite") == 2
    assert {datum.channels for datum in datums(entries(out))} == {1}
    assert left(tmp_path) == ["labels.txt", "out"]


def test_only_an_lmdb_is_overwritten(tmp_path: Path, photos: Path, make_lmdb: Tool, capsys: Captured) -> None:
    assert make_lmdb(photos, photos / "dog", "--overwrite") == 2
    assert "photos/dog: is not an LMDB, so it is not overwritten" in capsys.readouterr().err
    assert len(list((photos / "dog").iterdir())) == 2


def test_databases_in_a_folder_share_their_classes(
    tmp_path: Path, photos: Path, make_lmdb: Tool, capsys: Captured
) -> None:
    assert make_lmdb(photos, tmp_path / "train") == 0
    (photos / "cat").rename(photos / "cow")
    assert make_lmdb(photos, tmp_path / "test") == 2
    error = (
        f"{tmp_path}/labels.txt: label 0 is 'cat' there, and 'cow' here; databases in one folder share their classes"
    )
    assert error in capsys.readouterr().err
    assert not (tmp_path / "test").exists()


def test_key_longer_than_lmdb_takes(tmp_path: Path, photos: Path, make_lmdb: Tool, capsys: Captured) -> None:
    folder = photos / ("x" * 200) / ("y" * 200)
    folder.mkdir(parents=True)
    (photos / "cat/a.jpg").rename(folder / ("z" * 100 + ".jpg"))
    assert make_lmdb(photos, tmp_path / "out") == 2
    assert "has 515 bytes; LMDB's keys have 1 to 511" in capsys.readouterr().err
    assert left(tmp_path) == []


@pytest.mark.parametrize(
    ("arguments", "problem"),
    [
        (["--seed", "1"], "--seed is for --shuffle"),
        (["--label-maps", "."], "--label-maps and --label-out go together"),
        (["--num-classes", "5"], "are for --label-maps"),
        (["--label-maps", ".", "--label-out", "out"], "OUT and --label-out are the same"),
        (["--label-maps", ".", "--label-out", "l", "--num-classes", "257"], "--num-classes is 1 to 256"),
        (["--label-maps", ".", "--label-out", "l", "--ignore", "255"], "--ignore is for --num-classes"),
        (["--workers", "0"], "--workers is at least 1"),
        (["--label-maps", "nope", "--label-out", "l"], "nope: does not exist"),
        (["--label-maps", ".", "--label-out", "l", "--balance", "max"], "label maps are the only labels here"),
    ],
)
def test_options_that_make_no_sense(
    monkeypatch: pytest.MonkeyPatch,
    photos: Path,
    make_lmdb: Tool,
    capsys: Captured,
    arguments: list[str],
    problem: str,
) -> None:
    monkeypatch.chdir(photos)
    assert make_lmdb(".", "out", *arguments) == 2
    assert problem in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "problem"),
    [
        (["--resize", "256"], "'256' is not HEIGHTxWIDTH"),
        (["--resize", "0x9"], "'0x9' is not HEIGHTxWIDTH"),
        (["--label-scale", "4"], "'4' is not 1/N"),
        (["--label-scale", "1/0"], "'1/0' is not 1/N"),
        (["--split", "a=0.5,b=nan"], "'b=nan': a fraction is above 0, and at most 1"),
        (["--balanse", "max"], "unrecognized arguments: --balanse max; did you mean --balance"),
        (["--encoded", "jpeg"], "invalid choice: 'jpeg' (choose from"),
        ([], "the following arguments are required: SOURCE, OUT"),
    ],
)
def test_values_that_make_no_sense(make_lmdb: Tool, capsys: Captured, arguments: list[str], problem: str) -> None:
    assert make_lmdb(*(["in", "out"] if arguments else []), *arguments) == 2
    [line] = capsys.readouterr().err.splitlines()
    assert problem in line
