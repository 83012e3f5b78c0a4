"""Scores of a net that gives each pixel a class."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from ...errors import DataError

Labels = npt.NDArray[np.integer]
Counts = npt.NDArray[np.int64]


def confusion(truth: Labels, predicted: Labels, classes: int, *, ignore: int | None = None) -> Counts:
    """How many pixels of each true class (row) were given each class (column); `classes` x `classes`.

    `truth` and `predicted` are of one shape, whatever it is; pixels whose truth is `ignore` do not count.
    Raises DataError for other shapes or a value outside 0..classes - 1.
    """
    if truth.shape != predicted.shape:
        raise DataError(f"labels of shape {truth.shape} do not fit predictions of shape {predicted.shape}")
    counted = np.ones(truth.shape, bool) if ignore is None else truth != ignore
    rows, columns = truth[counted].astype(np.int64), predicted[counted].astype(np.int64)
    for name, values in (("label", rows), ("prediction", columns)):
        bad = (values < 0) | (values >= classes)
        if bad.any():
            raise DataError(f"{name} {values[bad][0]} is outside 0..{classes - 1}")
    return np.bincount(rows * classes + columns, minlength=classes**2).reshape(classes, classes)


@dataclass(frozen=True)
class DenseScores:
    """The usual scores, from a confusion matrix (K x K, true classes in rows). Shares are 0 to 1.

    A class that occurs neither in the truth nor in the predictions has no IoU: it is nan, and no part of the mean.
    """

    confusion: Counts

    @property
    def pixel_accuracy(self) -> float:
        """The share of pixels that were given their class."""
        return float(np.trace(self.confusion) / self.confusion.sum())

    @property
    def constant(self) -> tuple[int, float]:
        """The class that is best given to every pixel alike, and the pixel accuracy of doing so."""
        of_each = self.confusion.sum(axis=1)
        best = int(of_each.argmax())
        return best, float(of_each[best] / of_each.sum())

    @property
    def iou(self) -> npt.NDArray[np.float64]:
        """Intersection over union of each class: true positives / (true + false positives + false negatives)."""
        return _iou(self.confusion)

    @property
    def recall(self) -> npt.NDArray[np.float64]:
        """Of each true class, the share of its pixels that were given it; nan where it does not occur."""
        return _ratio(np.diag(self.confusion), self.confusion.sum(axis=1))

    @property
    def precision(self) -> npt.NDArray[np.float64]:
        """Of the pixels that were given each class, the share that are of it; nan where none was."""
        return _ratio(np.diag(self.confusion), self.confusion.sum(axis=0))

    @property
    def given(self) -> npt.NDArray[np.float64]:
        """The share of all pixels that were given each class."""
        return np.asarray(self.confusion.sum(axis=0) / self.confusion.sum())

    @property
    def true(self) -> npt.NDArray[np.float64]:
        """The share of all pixels that are of each class."""
        return np.asarray(self.confusion.sum(axis=1) / self.confusion.sum())

    @property
    def mean_iou(self) -> float:
        """The mean over the classes that have an IoU."""
        return float(np.nanmean(self.iou))

    @property
    def constant_mean_iou(self) -> float:
        """The mean IoU of giving every pixel the best constant class."""
        answered = np.zeros_like(self.confusion)
        answered[:, self.constant[0]] = self.confusion.sum(axis=1)
        return float(np.nanmean(_iou(answered)))


def _iou(confusion: Counts) -> npt.NDArray[np.float64]:
    hit = np.diag(confusion)
    return _ratio(hit, confusion.sum(axis=0) + confusion.sum(axis=1) - hit)


def _ratio(part: Counts, whole: Counts) -> npt.NDArray[np.float64]:
    ratio = np.full(len(part), np.nan)
    np.divide(part, whole, out=ratio, where=whole > 0)
    return ratio
