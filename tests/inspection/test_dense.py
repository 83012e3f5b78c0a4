"""Scores of dense predictions against counts made by hand, and their picture."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from pycaffe_ext.errors import DataError
from pycaffe_ext.inspection import DenseScores, confusion, dense_picture


def test_confusion_counts_pairs() -> None:
    rng = np.random.default_rng(1)
    truth, predicted = rng.integers(0, 3, (2, 5, 7)), rng.integers(0, 3, (2, 5, 7))
    counted = confusion(truth, predicted, 3)
    for row in range(3):
        for column in range(3):
            assert counted[row, column] == ((truth == row) & (predicted == column)).sum()


def test_ignored_pixels_do_not_count() -> None:
    truth = np.array([[0, 255], [1, 1]], np.uint8)
    assert confusion(truth, np.array([[0, 1], [1, 0]]), 2, ignore=255).tolist() == [[1, 0], [1, 1]]


@pytest.mark.parametrize(
    ("truth", "predicted", "message"),
    [
        (np.zeros((2, 3), int), np.zeros((3, 2), int), r"labels of shape \(2, 3\) do not fit .* \(3, 2\)"),
        (np.array([7]), np.array([0]), r"label 7 is outside 0\.\.4"),
        (np.array([0]), np.array([-1]), r"prediction -1 is outside 0\.\.4"),
    ],
)
def test_what_is_no_label_is_refused(truth: np.ndarray, predicted: np.ndarray, message: str) -> None:
    with pytest.raises(DataError, match=message):
        confusion(truth, predicted, 5)


def test_scores() -> None:
    # 10 of class 0: 8 right, 2 taken for 1; 4 of class 1: 3 right, 1 taken for 0; class 2 is nowhere
    scores = DenseScores(np.array([[8, 2, 0], [1, 3, 0], [0, 0, 0]]))
    assert scores.pixel_accuracy == pytest.approx(11 / 14)
    assert scores.constant == (0, pytest.approx(10 / 14))
    assert scores.iou == pytest.approx([8 / 11, 3 / 6, np.nan], nan_ok=True)
    assert scores.mean_iou == pytest.approx((8 / 11 + 3 / 6) / 2)
    assert scores.constant_mean_iou == pytest.approx((10 / 14 + 0) / 2)


@pytest.mark.parametrize(("count", "height", "width", "classes"), [(1, 40, 90, 2), (2, 30, 20, 5), (3, 24, 24, 8)])
def test_picture_holds_all_that_is_drawn(count: int, height: int, width: int, classes: int) -> None:
    """Nothing is cut off at the edges, and the image is seen in its own colours."""
    rng = np.random.default_rng(1)
    images = [np.full((height, width, 3), (200, 30, 10), np.uint8) for _ in range(count)]
    truths = [rng.integers(0, classes, (height // 2, width // 2)) for _ in range(count)]
    heat = [rng.random((classes, height // 2, width // 2)) for _ in range(count)]
    names = [f"a rather long name {index}"[: 80 // classes] for index in range(classes)]
    content = dense_picture(images, truths, heat, names, title="Held-out pictures")
    picture = cv2.imdecode(np.frombuffer(content, np.uint8), cv2.IMREAD_COLOR)
    frame = np.ones(picture.shape[:2], bool)
    frame[3:-3, 3:-3] = False
    assert (picture[frame] == 255).all()
    assert (picture == (200, 30, 10)).all(axis=2).mean() > 0.01
