"""The drawn data sets: the same for a seed, labelled right, and no easier than they look."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import coins.draw
import cv2
import emblems.draw
import faces.draw
import numpy as np
import numpy.typing as npt
import pytest
from coins.coin import FACINGS, Coin
from emblems.emblem import EMBLEMS
from faces.canvas import CLASSES
from photo.table import photograph

PROJECT = Path(__file__).parents[2]
Draw = Callable[[int, int, int], dict[str, bytes]]
DRAW: dict[str, Draw] = {"coins": coins.draw.draw, "emblems": emblems.draw.draw, "faces": faces.draw.draw}


def decode(content: bytes) -> npt.NDArray[np.uint8]:
    return cv2.imdecode(np.frombuffer(content, np.uint8), cv2.IMREAD_UNCHANGED)  # type: ignore[return-value]


def run(*arguments: object) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, str(PROJECT / "data/draw.py"), *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def files(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@pytest.mark.parametrize("name", DRAW)
def test_three_numbers_decide_a_picture(name: str) -> None:
    draw = DRAW[name]
    assert draw(3, 0, 4) == draw(3, 0, 4)
    contents = [next(iter(draw(*numbers).values())) for numbers in ((3, 0, 4), (4, 0, 4), (3, 1, 4), (3, 0, 14))]
    assert len(set(contents)) == 4


def test_the_number_of_workers_changes_nothing(tmp_path: Path) -> None:
    for workers in (1, 3):
        done = run("emblems", tmp_path / str(workers), "--train", 50, "--test", 40, "--workers", workers)
        assert done.returncode == 0, done.stderr
    drawn = files(tmp_path / "1")
    assert drawn == files(tmp_path / "3")
    assert len(drawn) == 50 + 40 + 1
    assert decode(drawn["samples.jpg"]).shape == (4 * 99, 10 * 99, 3)


def test_a_folder_that_exists_is_left_alone(tmp_path: Path) -> None:
    done = run("coins", tmp_path)
    assert done.returncode == 2
    assert done.stderr.startswith(f"draw.py: error: {tmp_path}: exists already")


@pytest.mark.parametrize(("name", "classes"), [("coins", set(FACINGS)), ("emblems", set(EMBLEMS))])
def test_classes_are_balanced(name: str, classes: set[str]) -> None:
    folders = [path.split("/")[0] for index in range(20) for path in DRAW[name](1, 0, index)]
    assert {folder: folders.count(folder) for folder in folders} == dict.fromkeys(classes, 20 // len(classes))


@pytest.mark.parametrize("seed", range(4, 10))  # coins with letters where they are looked for
def test_only_the_head_is_mirrored(seed: int) -> None:
    coin = Coin(np.random.default_rng(seed))
    left, right = coin.relief("left"), coin.relief("right")
    x, y = np.meshgrid(*[np.linspace(-1, 1, len(left))] * 2)
    radius = np.hypot(x, y)
    assert (cv2.flip(left, 1)[radius < 0.3] == right[radius < 0.3]).all()
    assert (left[radius > 0.95] == right[radius > 0.95]).all()
    beside = (radius > 0.72) & (radius < 0.86) & (np.abs(x) > 0.6)  # where little but long hair reaches
    letters = beside & (np.maximum(left, right) > 0.2)
    assert (left[letters] == right[letters]).mean() > 0.8 > (cv2.flip(left, 1)[letters] == right[letters]).mean()
    assert (left != right).any()


def test_lamp_table_and_camera_do_not_know_the_facing() -> None:
    coin = Coin(np.random.default_rng(1))
    how: dict[str, Any] = {"turn": 0.3, "shift": 0.0}
    left, right = (
        photograph(np.random.default_rng(2), coin.relief(facing), coin.outline, coin.metal, **how) for facing in FACINGS
    )
    assert (left[:6] == right[:6]).all()
    assert (left != right).any()


def test_pixels_alone_do_not_tell_left_from_right() -> None:
    """Ridge regression on 32 x 32 pixels, of twice as many coins as fit: a mirrored coin is one of the other class."""

    def features(part: int, count: int) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
        photos = [decode(next(iter(coins.draw.draw(1, part, index).values()))) for index in range(count)]
        small = [cv2.resize(photo, (32, 32), interpolation=cv2.INTER_AREA) / 255 - 0.5 for photo in photos]
        return np.stack(small), np.where(np.arange(count) % 2, 1.0, -1.0)

    images, side = features(0, 300)
    images, side = np.concatenate([images, images[:, :, ::-1]]), np.concatenate([side, -side])
    held_out, truth = features(1, 200)
    rows, tested = images.reshape(len(images), -1), held_out.reshape(len(held_out), -1)
    weights = rows.T @ np.linalg.solve(rows @ rows.T + 100 * np.eye(len(rows)), side)
    assert np.mean(np.sign(tested @ weights) == truth) < 0.7


def portrait(index: int) -> tuple[npt.NDArray[np.uint8], npt.NDArray[np.uint8]]:
    drawn = faces.draw.draw(1, 0, index)
    return decode(drawn[f"images/{index:04d}.jpg"]), decode(drawn[f"labels/{index:04d}.png"])


def test_label_maps_have_all_classes_in_their_places() -> None:
    seen = np.zeros(len(CLASSES))
    for index in range(60):
        image, label = portrait(index)
        assert image.shape == (*label.shape, 3) == (faces.draw.ROWS, faces.draw.COLUMNS, 3)
        assert label.max() < len(CLASSES)
        present = [(label[2::4, 2::4] == number).any() for number in range(len(CLASSES))]  # at 1/4 of the size
        seen += present
        if all(present):
            (_, left), (_, right), (nose_y, nose_x), (mouth_y, _) = (
                np.argwhere(label == number).mean(axis=0) for number in range(1, len(CLASSES))
            )
            assert left - 12 < nose_x < right + 12
            assert left < right
            assert nose_y < mouth_y
    assert (seen >= 55).all()


def test_what_is_labelled_an_eye_looks_like_one() -> None:
    """Open eyes hold the darkest pupils and bright whites: more contrast than the skin below them."""
    contrast = []
    for index in range(40):
        image, label = portrait(index)
        grey = cv2.cvtColor(image, cv2.COLOR_BGR2GRAY).astype(float)
        for number in (1, 2):
            eye = label == number
            cheek = np.roll(eye, 12, axis=0) & (label == 0)
            if eye.sum() > 40 and cheek.sum() > 40:
                contrast.append(grey[eye].std() / grey[cheek].std())
    assert np.median(contrast) > 1.5
