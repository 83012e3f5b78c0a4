"""Boxes of the parts of faces, from drawn label maps."""

from __future__ import annotations

from pathlib import Path

import cv2
import face_parts
import numpy as np
import pytest

from pycaffe_ext.errors import DataError
from pycaffe_ext.inspection.attribution.parts import read_parts
from pycaffe_ext.inspection.patches import Box


def draw(folder: Path, name: str, values: dict[int, Box]) -> None:
    labels = np.zeros((200, 240), np.uint8)
    for value, box in values.items():
        labels[box.top : box.bottom, box.left : box.right] = value
    for part, pixels in (("images", np.zeros((200, 240, 3), np.uint8)), ("masks", labels)):
        (folder / part).mkdir(exist_ok=True)
        cv2.imwrite(str(folder / part / f"{name}.png"), pixels)


SEEN = {1: Box(20, 30, 190, 210), 2: Box(80, 100, 120, 130), 4: Box(60, 150, 75, 180), 5: Box(60, 60, 75, 90)}
SMILING = {**SEEN, 11: Box(150, 90, 160, 140), 12: Box(160, 90, 170, 140)}  # lips: the mouth is both


def test_boxes_of_faces_that_show_all_parts(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    draw(tmp_path, "a", SMILING)
    draw(tmp_path, "b", SEEN)
    draw(tmp_path, "c", SMILING)
    draw(tmp_path, "d", SMILING)
    arguments = [tmp_path / "images", tmp_path / "masks", tmp_path / "out", "--count", "2"]
    face_parts.main([str(argument) for argument in arguments])
    assert capsys.readouterr().out.startswith("2 faces")
    first, second = read_parts(tmp_path / "out/parts.csv")
    assert [Path(one.path).name for one in (first, second)] == ["a.png", "c.png"]
    assert first.parts["nose"] == Box(72, 92, 128, 138) and first.parts["mouth"] == Box(142, 82, 178, 148)
    assert first.parts["object"] == Box(20, 30, 190, 210)
    assert Path(second.path).exists()


def test_no_face_shows_all_parts(tmp_path: Path) -> None:
    draw(tmp_path, "b", SEEN)
    with pytest.raises(DataError, match="no image has a label map with all parts"):
        face_parts.main([str(tmp_path / "images"), str(tmp_path / "masks"), str(tmp_path / "out")])
