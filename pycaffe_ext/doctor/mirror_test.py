"""Whether mirrored images of one class look like another: measured on a database, without the net.

A linear classifier (ridge regression on histograms of gradient orientations: 8 x 8 cells of a 32 x 32 grey image,
8 signed orientations each) learns half of the images and is asked about the other half, as they are and mirrored.
Classes a and b mirror each other where it tells them apart as they are, and takes mirrored images of a for b, and
of b for a, more often than for their own class.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    Floats = npt.NDArray[np.float64]
    Labels = npt.NDArray[np.int64]

_SIZE, _CELL, _ORIENTATIONS = 32, 4, 8
_SURE = 3.0  # standard deviations
_LEAST_IMAGES = 20  # of a class in either half


@dataclass(frozen=True)
class MirrorPair:
    """Of the held-out images of class `a`, the shares taken for a or b, as they are and mirrored (0 to 1)."""

    a: int
    b: int
    kept: float
    """Taken for a as they are."""
    swapped: float
    """Taken for b once mirrored."""


@dataclass(frozen=True)
class MirrorResult:
    """`accuracy`: held-out images given their own class; `mirrored`: the same for their mirror images."""

    pairs: list[MirrorPair]
    accuracy: float
    mirrored: float
    images: int


def mirror_test(images: Iterable[tuple[npt.NDArray[Any], int]]) -> MirrorResult | None:
    """Of pixels C x H x W with their labels; None for less than two classes of 40 images."""
    import numpy as np

    features: list[Floats] = []
    flipped: list[Floats] = []
    given: list[int] = []
    for pixels, label in images:
        small = _small(pixels)
        features.append(_histogram(small))
        flipped.append(_histogram(np.ascontiguousarray(small[:, ::-1])))
        given.append(label)
    labels = np.array(given)
    rank = _rank_within_class(labels)  # every other image of each class is held out
    train, held = rank % 2 == 0, rank % 2 == 1
    enough = [label for label in np.unique(labels) if (labels[held] == label).sum() >= _LEAST_IMAGES]
    if len(enough) < 2:
        return None
    train, held = train & np.isin(labels, enough), held & np.isin(labels, enough)
    x, mirrored = np.array(features), np.array(flipped)
    weights = _ridge(x[train], labels[train], np.array(enough))
    classes = np.array(enough)
    as_is = classes[(_with_one(x[held]) @ weights).argmax(1)]
    flip = classes[(_with_one(mirrored[held]) @ weights).argmax(1)]
    truth = labels[held]
    pairs = [
        MirrorPair(a, b, float((as_is[truth == a] == a).mean()), float((flip[truth == a] == b).mean()))
        for a in classes.tolist()
        for b in classes.tolist()
        if a < b and _swap(truth, as_is, flip, a, b) and _swap(truth, as_is, flip, b, a)
    ]
    return MirrorResult(pairs, float((as_is == truth).mean()), float((flip == truth).mean()), len(labels))


def _swap(truth: Labels, as_is: Labels, flip: Labels, a: int, b: int) -> bool:
    """Whether images of a are taken for a rather than b as they are, and for b rather than a once mirrored, surely."""
    own = truth == a
    before = int((as_is[own] == a).sum()), int((as_is[own] == b).sum())
    after = int((flip[own] == a).sum()), int((flip[own] == b).sum())
    return _surely_more(before[0], before[1]) and _surely_more(after[1], after[0])


def _surely_more(more: int, less: int) -> bool:
    """By a sign test, with the binomial's normal approximation."""
    return more - less > _SURE * math.sqrt(more + less)


def _rank_within_class(labels: Labels) -> Labels:
    import numpy as np

    rank = np.zeros(len(labels), int)
    for label in np.unique(labels):
        places = np.flatnonzero(labels == label)
        rank[places] = np.arange(len(places))
    return rank


def _small(pixels: npt.NDArray[Any]) -> Floats:
    """Grey, 32 x 32, whatever the size."""
    import cv2
    import numpy as np

    grey = np.ascontiguousarray(pixels.astype(np.float32).mean(0))
    small: Floats = cv2.resize(grey, (_SIZE, _SIZE), interpolation=cv2.INTER_AREA).astype(float)
    return small


def _histogram(image: Floats) -> Floats:
    """Gradient strength by cell and orientation, of length 1."""
    import numpy as np

    dy, dx = np.gradient(image)
    strength = np.hypot(dx, dy)
    orientation = (np.floor((np.arctan2(dy, dx) + np.pi) / (2 * np.pi) * _ORIENTATIONS).astype(int)) % _ORIENTATIONS
    cells = _SIZE // _CELL
    row, column = np.indices(image.shape) // _CELL
    bins = (row * cells + column) * _ORIENTATIONS + orientation
    found = np.bincount(bins.ravel(), strength.ravel(), cells * cells * _ORIENTATIONS)
    root = np.sqrt(found)
    return root / max(float(np.linalg.norm(root)), 1e-9)


def _with_one(x: Floats) -> Floats:
    import numpy as np

    return np.hstack([x, np.ones((len(x), 1))])


def _ridge(x: Floats, labels: Labels, classes: Labels) -> Floats:
    """Weights features x classes of a regression on one-hot targets, classes weighing the same."""
    import numpy as np

    inputs = _with_one(x)
    targets = (labels[:, None] == classes[None]).astype(float)
    weigh = 1 / targets.sum(0)[targets.argmax(1)]
    weighted = inputs * weigh[:, None]
    gram = weighted.T @ inputs
    gram += 0.1 * np.trace(gram) / len(gram) * np.eye(len(gram))
    weights: Floats = np.linalg.solve(gram, weighted.T @ targets)
    return weights
