"""lmdb_info.py in this process, and databases to show it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from tool import tool

from pycaffe_ext.datasets.datum import raw_datum
from pycaffe_ext.datasets.writer import writing_lmdb

Write = Callable[[str, dict[str, bytes]], Path]


@pytest.fixture
def info(monkeypatch: pytest.MonkeyPatch) -> Callable[..., int]:
    return tool("lmdb_info", monkeypatch)


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """write(name, values by key): an LMDB."""

    def written(name: str, values: dict[str, bytes]) -> Path:
        with writing_lmdb(tmp_path / name) as writer:
            for key, value in values.items():
                writer.put(key.encode(), value)
        return tmp_path / name

    return written


@pytest.fixture
def pairs(write: Write) -> tuple[Path, Path]:
    """3 images 6x9 and their label maps 2x3 of labels 0 to 2, and 255 once."""
    random = np.random.default_rng(0)
    images = {f"{n:08d}_{n}.png": raw_datum(random.integers(0, 256, (6, 9, 3), np.uint8), 0) for n in range(3)}
    maps = {key: random.integers(0, 3, (2, 3), np.uint8) for key in images}
    maps["00000001_1.png"][1, 2] = 255
    return write("images", images), write("maps", {key: raw_datum(labels, 0) for key, labels in maps.items()})
