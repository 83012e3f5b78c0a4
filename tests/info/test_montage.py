from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
from PIL import Image

from pycaffe_ext.datasets.datum import float_datum, raw_datum
from pycaffe_ext.datasets.label_colors import label_colors
from pycaffe_ext.datasets.palettes import read_palette
from pycaffe_ext.datasets.tiles import spread

Info = Callable[..., int]
TILE = (slice(10, 186), slice(10, 186))  # rows and columns of the first one in the picture, where it is square


def drawn(path: Path) -> np.ndarray:
    with Image.open(path) as picture:
        return np.asarray(picture.convert("RGB"))


def test_an_entry_s_pixels(write: Callable[..., Path], info: Info, tmp_path: Path) -> None:
    blue, red = (255, 0, 0), (0, 0, 255)
    image = np.array([[blue, red], [red, red]], np.uint8)
    assert info(write("db", {"k": raw_datum(image, 3)}), "--montage", tmp_path / "m.png") == 0
    tile = drawn(tmp_path / "m.png")[TILE]
    assert np.array_equal(tile, cv2.resize(image[..., ::-1], (176, 176), interpolation=cv2.INTER_NEAREST))


def test_label_maps_lie_over_their_images(write: Callable[..., Path], info: Info, tmp_path: Path) -> None:
    image = np.full((8, 8, 3), 200, np.uint8)
    labels = np.array([[0, 1], [2, 7]], np.uint8)
    paths = write("i", {"k": raw_datum(image, 0)}), write("l", {"k": raw_datum(labels, 0)})
    assert info(*paths, "--montage", tmp_path / "m.png") == 0
    tile = drawn(tmp_path / "m.png")[TILE].astype(float)
    colors = label_colors()
    for (row, column), label in np.ndenumerate(labels):
        quarter = tile[88 * row : 88 * row + 88, 88 * column : 88 * column + 88].reshape(-1, 3)
        assert np.abs(quarter - (0.45 * 200 + 0.55 * colors[label])).max() <= 1
    legend = drawn(tmp_path / "m.png")[226:].reshape(-1, 3)
    assert {tuple(colors[label]) for label in (0, 1, 2, 7)} <= {tuple(color) for color in legend}


def test_palette_and_maps_alone(write: Callable[..., Path], info: Info, tmp_path: Path) -> None:
    (tmp_path / "palette.txt").write_text("0 9 8 7 sky\n1 10 200 30 tree\n")
    path = write("l", {"k": raw_datum(np.array([[0, 1], [1, 1]], np.uint8), 0)})
    assert info(path, "--montage", tmp_path / "m.png", "--palette", tmp_path / "palette.txt") == 0
    tile = drawn(tmp_path / "m.png")[TILE]
    assert (tile[:88, :88] == (9, 8, 7)).all() and (tile[88:, 88:] == (10, 200, 30)).all()
    assert tuple(label_colors(read_palette(tmp_path / "palette.txt"))[1]) == (10, 200, 30)


def test_broken_entries_and_odd_kinds_are_drawn_too(write: Callable[..., Path], info: Info, tmp_path: Path) -> None:
    values = {
        "a": b"\xff",
        "b": raw_datum(np.zeros((3, 5, 5), np.uint8), 0),
        "c": raw_datum(np.zeros((40, 2), np.uint8), 1),
    }
    assert info(write("db", values), "--montage", tmp_path / "m.png", "--head", "9") == 0
    assert drawn(tmp_path / "m.png").shape[1] >= 2 * 186


def test_numbers_beside_images_are_told(write: Callable[..., Path], info: Info, tmp_path: Path) -> None:
    image = write("i", {"k": raw_datum(np.full((8, 8, 3), 90, np.uint8), 0)})
    for number, values in enumerate(([1.5, 2], [1.5, 3])):
        beside = write(f"n{number}", {"k": float_datum(np.array(values, np.float32)[:, None, None], 0)})
        assert info(image, beside, "--montage", tmp_path / f"{number}.png") == 0
    told = [drawn(tmp_path / f"{number}.png") for number in range(2)]
    assert (told[0][TILE] == 90).all()
    assert (told[0] != told[1]).any()


def test_long_names_in_the_legend_do_not_meet(write: Callable[..., Path], info: Info, tmp_path: Path) -> None:
    """Each label's colour stands in a column of its own; what is too long is cut before the share."""
    (tmp_path / "labels.txt").write_text("".join(f"a class with a very long name, number {n}\n" for n in range(6)))
    path = write("l", {str(n): raw_datum(np.arange(36, dtype=np.uint8).reshape(6, 6) % 6, 0) for n in range(8)})
    assert info(path, "--montage", tmp_path / "m.png") == 0
    picture = drawn(tmp_path / "m.png")
    legend = picture[-3 * 19 :]  # lines of two
    swatches = [np.argwhere((legend == label_colors()[label]).all(axis=2)) for label in range(1, 6)]
    lefts = sorted({int(swatch[:, 1].min()) for swatch in swatches})
    assert len(lefts) == 2
    assert all((legend[:, left - 5 : left - 2] == 255).all() for left in lefts)


def test_colours_differ() -> None:
    colors = {tuple(color) for color in label_colors()}
    assert len(colors) == 256


def test_places_are_spread() -> None:
    assert spread(4, 10) == [0, 2, 5, 7]
    assert spread(4, 3) == [0, 1, 2]
