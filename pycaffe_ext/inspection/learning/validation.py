"""How well a classifier does on what it has not seen: cross-validation over groups of samples."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from ...errors import DataError, OptionError
from .linear import Doubles, Floats, Labels, fit_linear, in_span
from .mlp import fit_mlp

CS = (0.01, 0.1, 1.0, 10.0, 100.0)
MODELS = ("softmax", "svm", "mlp")


class Fitted(Protocol):
    """What gives scores N x K."""

    def scores(self, features: Floats) -> Doubles: ...


Fit = Callable[[Floats, Labels, int], Fitted]


@dataclass(frozen=True)
class Validated:
    """`predicted`: what each sample was given by the classifier that had not seen it; `labels`: what it is."""

    labels: Labels
    predicted: Labels
    fold_of: Labels
    groups: Labels

    @property
    def accuracy(self) -> float:
        return float((self.labels == self.predicted).mean())

    @property
    def constant(self) -> float:
        """The accuracy of always giving the most frequent class."""
        return float(np.bincount(self.labels).max() / len(self.labels))

    @property
    def error(self) -> float:
        """The standard error of the accuracy, groups (pictures with their copies) taken as independent."""
        right = (self.labels == self.predicted).astype(np.float64)
        of_group = np.bincount(self.groups, right) / np.maximum(np.bincount(self.groups), 1)
        present = np.bincount(self.groups) > 0
        return float(of_group[present].std(ddof=1) / np.sqrt(present.sum())) if present.sum() > 1 else float("nan")

    @property
    def of_folds(self) -> list[float]:
        """The accuracy in each fold."""
        right = self.labels == self.predicted
        return [float(right[self.fold_of == fold].mean()) for fold in np.unique(self.fold_of)]


def folds(labels: Labels, groups: Labels, count: int, seed: int = 0) -> Labels:
    """The fold, 0 to count - 1, of each of N samples: groups stay together, classes are spread evenly.

    Raises DataError where there are fewer groups than folds.
    """
    names, first, members = np.unique(groups, return_index=True, return_inverse=True)
    if len(names) < count:
        raise DataError(f"{len(names)} pictures cannot make {count} folds; take more of them, or fewer folds")
    order = np.random.default_rng(seed).permutation(len(names))
    order = order[np.argsort(np.asarray(labels)[first][order], kind="stable")]
    of_group = np.empty(len(names), np.int64)
    of_group[order] = np.arange(len(names)) % count
    return of_group[members]


def cross_validate(
    features: Floats, labels: Labels, groups: Labels | None = None, *, model: str = "softmax", count: int = 5,
    c: float | None = None, seed: int = 0,
) -> Validated:  # fmt: skip
    """Fits on all folds but one and predicts that one, for each of `count` folds; N x D features, N labels from 0.

    Features are centred and scaled as a whole, by the training folds' mean and spread. `groups`: samples with the
    same number are never parted between training and test (default: each its own). `c`: of a linear model
    (`fit_linear`, for vectors of mean square length 1); None: the best of CS, chosen within the training folds.
    Raises OptionError, DataError.
    """
    labels = np.asarray(labels, np.int64)
    groups = np.arange(len(labels)) if groups is None else np.asarray(groups, np.int64)
    classes = int(labels.max()) + 1 if len(labels) else 0
    if len(np.unique(labels)) < 2:
        raise DataError("a classifier needs at least two classes; all labels are the same")
    if count < 2:
        raise OptionError("there are at least 2 folds")
    if model != "mlp" and features.shape[1] > len(features):  # the same distances in fewer numbers
        features = in_span(np.asarray(features, np.float64))[1]
    fold_of = folds(labels, groups, count, seed)
    predicted = np.empty_like(labels)
    for fold in range(count):
        seen, held = fold_of != fold, fold_of == fold
        fit = fitting(model, c if c is not None else best_c(model, features[seen], labels[seen], groups[seen], seed))
        predicted[held] = predict(fit, features[seen], labels[seen], features[held], classes)
    return Validated(labels, predicted, fold_of, groups)


def fitting(model: str, c: float) -> Fit:
    """The function that fits a model of that name. Raises OptionError."""
    if model not in MODELS:
        raise OptionError(f"a model is one of {', '.join(MODELS)}, not '{model}'")
    return fit_mlp if model == "mlp" else partial(fit_linear, loss=model, c=c)


def predict(fit: Fit, features: Floats, labels: Labels, held: Floats, classes: int) -> Labels:
    """The classes of M x D held features by a classifier fitted to N x D others."""
    scaled, as_them = scaled_alike(features, held)
    return np.asarray(fit(scaled, labels, classes).scores(as_them).argmax(axis=1))


def scaled_alike(features: Floats, others: Floats) -> tuple[npt.NDArray[Any], npt.NDArray[Any]]:
    """Both minus the first's mean vector, divided by the root mean square length that the first then has."""
    mean = features.mean(axis=0, dtype=np.float64)
    centred = features - mean
    length = float(np.sqrt((centred**2).sum(axis=1).mean())) or 1.0
    return centred / length, (others - mean) / length


def best_c(model: str, features: Floats, labels: Labels, groups: Labels, seed: int) -> float:
    """The c of CS that does best on a third of the samples when fitted to the rest; the smallest of equals."""
    if model == "mlp":
        return 1.0
    held = folds(labels, groups, 3, seed + 1) == 0
    classes = int(labels.max()) + 1
    right = [
        (predict(fitting(model, c), features[~held], labels[~held], features[held], classes) == labels[held]).mean()
        for c in CS
    ]
    return CS[int(np.argmax(right))]
