"""What was committed is sent on to the disk at once, each byte of the file in its turn."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import pytest

from pycaffe_ext.datasets import write_back
from pycaffe_ext.datasets.writer import LmdbWriter


@pytest.mark.skipif(not write_back._sync_file_range, reason="only Linux has sync_file_range")
def test_ranges_join(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    ranges, answers = [], []
    real = write_back._sync_file_range
    assert real

    def spy(file: int, start: int, count: int, flags: int) -> int:
        ranges.append((start, start + count))
        answers.append(real(file, start, count, flags))
        return int(answers[-1])

    monkeypatch.setattr(write_back, "_sync_file_range", spy)
    writer = LmdbWriter(tmp_path, tmp_path)
    begin = writer.size
    for number in range(50):
        writer.put(b"%08d" % number, bytes(200_000))
    writer.flush()
    assert len(ranges) >= 5
    assert answers == [0] * len(ranges)
    assert ranges[0][0] == begin
    assert all(before[1] == after[0] for before, after in pairwise(ranges))
    assert ranges[-1][1] == writer.size


def test_where_the_system_cannot(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(write_back, "_sync_file_range", None)
    path = tmp_path / "file"
    path.write_bytes(bytes(1234))
    assert write_back.begin_write_back(path, 0) == 1234
