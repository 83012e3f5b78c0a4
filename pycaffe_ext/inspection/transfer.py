"""What each layer of a trained net is worth for a new task: a linear classifier on the features of each."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from .learning.validation import Validated, cross_validate
from .photographs import Photograph
from .pooling import pooled
from .running import forward_only, in_batches
from .subject import Subject

Array = npt.NDArray[np.float32]


class LayerTransfer(NamedTuple):
    """What was read from one blob: its shape, the numbers that the classifier got, and how it did."""

    blob: str
    shape: tuple[int, ...]
    numbers: int
    found: Validated


def layer_features(
    subject: Subject,
    photographs: Sequence[Photograph],
    blobs: Sequence[str],
    *,
    most: int,
    batch: int = 16,
    done: Callable[[int], None] = lambda count: None,
) -> tuple[dict[str, Array], list[int | None]]:
    """N x D features of every blob (`pooled` to at most `most` numbers where that can be), and the N labels."""
    kept: dict[str, list[Array]] = {blob: [] for blob in blobs}
    labels: list[int | None] = []
    with forward_only(subject):
        for some in in_batches(photographs, batch, done):
            found = subject.forward(subject.batch([one.pixels for one in some]), blobs)
            labels += [one.label for one in some]
            for blob in blobs:
                kept[blob].append(pooled(found[blob], most))
    return {blob: np.concatenate(parts) for blob, parts in kept.items()}, labels


def measure_transfer(
    subject: Subject, features: dict[str, Array], labels: npt.NDArray[np.int64], *, model: str = "svm",
    folds: int = 5, c: float | None = None, seed: int = 0, done: Callable[[int], None] = lambda count: None,
) -> list[LayerTransfer]:  # fmt: skip
    """A cross-validated classifier on each blob's features (`layer_features`); `done`: told how many blobs are done.

    Raises DataError, OptionError as `cross_validate` does.
    """
    found = []
    for blob, values in features.items():
        validated = cross_validate(values, labels, model=model, count=folds, c=c, seed=seed)
        found.append(LayerTransfer(blob, tuple(subject.net.blobs[blob].shape[1:]), values.shape[1], validated))
        done(len(found))
    return found
