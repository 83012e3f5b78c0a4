"""Images drawn for tests, and make_lmdb.py run in this process."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import cv2
import lmdb
import numpy as np
import pytest
from hypothesis import settings
from tool import tool

Pixels = np.ndarray[Any, np.dtype[np.uint8]]

settings.register_profile("datasets", deadline=None)  # which is by the clock: other programs would fail tests
settings.load_profile("datasets")


@pytest.fixture
def draw() -> Callable[..., Pixels]:
    """draw(height, width, seed=0): a BGR image of smooth noise."""

    def drawn(height: int, width: int, seed: int = 0) -> Pixels:
        random = np.random.default_rng(seed)
        coarse = random.integers(0, 256, (5, 7, 3)).astype(np.uint8)
        fine = random.integers(0, 40, (height, width, 3)).astype(np.uint8)
        return cv2.add(cv2.resize(coarse, (width, height), interpolation=cv2.INTER_CUBIC), fine)

    return drawn


@pytest.fixture
def photos(tmp_path: Path, draw: Callable[..., Pixels]) -> Path:
    """A folder of two classes, cat with 3 JPEGs and dog with 2 PNGs, of 24x32 pixels."""
    for number, name in enumerate(["cat/a.jpg", "cat/b.jpg", "cat/with space.jpg", "dog/a.png", "dog/c.png"]):
        path = tmp_path / "photos" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        cv2.imwrite(str(path), draw(24, 32, number))
    return tmp_path / "photos"


@pytest.fixture
def make_lmdb(monkeypatch: pytest.MonkeyPatch) -> Callable[..., int]:
    """make_lmdb(*arguments): runs the command in this process, and gives its exit status."""
    return tool("make_lmdb", monkeypatch)


@pytest.fixture
def entries() -> Callable[[Path], list[tuple[bytes, bytes]]]:
    """entries(path): all keys and values of an LMDB."""

    def read(path: Path) -> list[tuple[bytes, bytes]]:
        with lmdb.open(str(path), readonly=True, lock=False) as environment, environment.begin() as transaction:
            return list(transaction.cursor())

    return read
