"""More than 500 broken inputs: each is named with what is wrong, none enters a database, and the good ones all do."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from datasets import broken_inputs as broken
from datasets import drawn_sets as drawn

from pycaffe_ext.proto import caffe_pb2

Tool = Callable[..., int]
Entries = Callable[[Path], list[tuple[bytes, bytes]]]


def told(folder: Path, expected: list[tuple[str, str]]) -> None:
    """Every entry that is wrong is listed, in order, with what is wrong."""
    lines = (folder / "out.skipped.txt").read_text(errors="surrogateescape").splitlines()
    problems = {int(number): problem for number, problem in (line.split("\t", 1) for line in lines)}
    assert list(problems) == [2 * number for number in range(len(expected))]
    wrong = []
    for number, (name, pattern) in enumerate(expected):
        problem = problems[2 * number]
        if name not in problem or not re.search(pattern, problem):
            wrong.append((name, pattern, problem))
    assert wrong == []


@pytest.mark.parametrize("encoded", [[], ["--encoded", "jpg"], ["--resize", "20x20"]], ids=" ".join)
def test_broken_images(tmp_path: Path, make_lmdb: Tool, entries: Entries, encoded: list[str]) -> None:
    expected = list(broken.images(tmp_path))
    assert len(expected) > 440
    good = {}
    lines = []
    for number, (name, _) in enumerate(expected):
        image = drawn.noise(number, 20, 20, 3)
        if number < 8:
            drawn.save_png(tmp_path / f"good{number}.png", image)
            good[number] = image
        lines.append(f"{name} 0\ngood{number % 8}.png {number}\n")
    (tmp_path / "list.txt").write_text("".join(lines))
    assert make_lmdb(tmp_path / "list.txt", tmp_path / "out", "--skip-bad", *encoded) == 1
    told(tmp_path, expected)
    read = entries(tmp_path / "out")
    assert [key for key, _ in read] == [b"%08d_good%d.png" % (2 * n + 1, n % 8) for n in range(len(expected))]
    for number, (_, value) in enumerate(read):
        datum = caffe_pb2.Datum.FromString(value)
        assert datum.label == number
        if not datum.encoded:
            pixels = np.frombuffer(datum.data, np.uint8).reshape(3, 20, 20)
            assert np.array_equal(pixels, good[number % 8][..., ::-1].transpose(2, 0, 1))


def test_broken_label_maps(tmp_path: Path, make_lmdb: Tool, entries: Entries) -> None:
    size = (14, 17)
    (tmp_path / "images").mkdir()
    (tmp_path / "maps").mkdir()
    expected = list(broken.label_maps(tmp_path / "maps", size))
    assert len(expected) == 200
    lines = []
    for number, (stem, _) in enumerate(expected):
        drawn.save_png(tmp_path / f"images/{stem}.png", drawn.noise(number, *size, 3))
        drawn.save_png(tmp_path / f"images/good {number}.png", drawn.noise(number, *size, 3))
        drawn.save_png(tmp_path / f"maps/good {number}.png", np.full((*size, 3), [255, 0, 0], np.uint8))
        lines.append(f"{stem}.png 0\ngood {number}.png 0\n")
    (tmp_path / "list.txt").write_text("".join(lines))
    (tmp_path / "palette.txt").write_text(broken.PALETTE)
    maps = ["--label-maps", tmp_path / "maps", "--label-out", tmp_path / "labels", "--root", tmp_path / "images"]
    out = [tmp_path / "list.txt", tmp_path / "out", *maps, "--palette", tmp_path / "palette.txt", "--num-classes", 3]
    assert make_lmdb(*out, "--skip-bad") == 1
    told(tmp_path, expected)
    read = entries(tmp_path / "labels")
    assert [key for key, _ in read] == [key for key, _ in entries(tmp_path / "out")]
    assert len(read) == 200
    for _, value in read:
        assert set(caffe_pb2.Datum.FromString(value).data) == {1}


def test_each_kind_stops_a_run_that_does_not_skip(
    tmp_path: Path, make_lmdb: Tool, capsys: pytest.CaptureFixture[str]
) -> None:
    seen = set()
    for name, pattern in broken.images(tmp_path):
        kind = name.split()[0]
        if kind in seen or len(name) > 200:
            continue
        seen.add(kind)
        (tmp_path / "list.txt").write_text(f"{name} 0\n")
        assert make_lmdb(tmp_path / "list.txt", tmp_path / "out") == 2
        [line] = capsys.readouterr().err.splitlines()
        assert re.search(rf"error: .*list\.txt:1: .*{re.escape(name)}: ({pattern})$", line)
        assert not (tmp_path / "out").exists()
    assert len(seen) >= 12
