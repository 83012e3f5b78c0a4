"""Linear classifiers: softmax regression and the support vector machine, by L-BFGS."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from ...errors import DataError, OptionError

Floats = npt.NDArray[np.floating]
Doubles = npt.NDArray[np.float64]
Labels = npt.NDArray[np.integer]


@dataclass(frozen=True)
class Linear:
    """Scores x W + b of K classes; `weights` D x K, `bias` K."""

    weights: Doubles
    bias: Doubles

    def scores(self, features: Floats) -> Doubles:
        """N x K, of features N x D."""
        return np.asarray(features, np.float64) @ self.weights + self.bias


def fit_linear(features: Floats, labels: Labels, classes: int, *, loss: str = "softmax", c: float = 1.0) -> Linear:
    """The classifier with the least |W|^2 / 2 + c x the sum of losses over N x D features with N labels below
    `classes`.

    `loss`: "softmax" is the cross-entropy over the classes; "svm" the squared hinge max(0, 1 - y s)^2 of each class
    against the rest (Hsieh et al. 2008, "A dual coordinate descent method for large-scale linear SVM": L2-loss).
    The bias is free. With more features than samples the same minimum is found among the samples' span.
    Raises OptionError, DataError.
    """
    if loss not in _LOSSES:
        raise OptionError(f"a loss is one of {', '.join(_LOSSES)}, not '{loss}'")
    if c <= 0:
        raise OptionError(f"c is above 0, not {c:g}")
    x = np.asarray(features, np.float64)
    if not np.isfinite(x).all():
        raise DataError("features hold NaN or infinite numbers; probe.py and doctor.py may tell where they come from")
    if x.shape[1] <= 2 * x.shape[0]:
        return _minimum(x, labels, classes, _LOSSES[loss], c)
    axes, turned = in_span(x)  # the minimum's weights are sums of samples
    inner = _minimum(turned, labels, classes, _LOSSES[loss], c)
    return Linear(axes @ inner.weights, inner.bias)


def in_span(x: Doubles) -> tuple[Doubles, Doubles]:
    """Orthonormal axes D x N of the span of N samples of D > N numbers, and the samples N x N along these axes."""
    axes, triangle = np.linalg.qr(x.T)
    return axes, triangle.T


Loss = Callable[[Doubles, Doubles], tuple[float, Doubles]]


def _minimum(x: Doubles, labels: Labels, classes: int, loss: Loss, c: float) -> Linear:
    from scipy.optimize import minimize

    count, size = x.shape
    one_hot = np.zeros((count, classes))
    one_hot[np.arange(count), labels] = 1

    def cost(flat: Doubles) -> tuple[float, Doubles]:
        both = flat.reshape(size + 1, classes)
        weights = both[:size]
        value, gradient = loss(x @ weights + both[size], one_hot)
        slope = np.empty_like(both)
        slope[:size] = weights + c * (x.T @ gradient)
        slope[size] = c * gradient.sum(axis=0)
        return float((weights**2).sum() / 2 + c * value), slope.ravel()

    start = np.zeros((size + 1) * classes)
    found = minimize(cost, start, jac=True, method="L-BFGS-B", options={"maxiter": 1000, "ftol": 1e-10, "gtol": 1e-6})
    both = found.x.reshape(size + 1, classes)
    return Linear(both[:size], both[size])


def _softmax(scores: Doubles, one_hot: Doubles) -> tuple[float, Doubles]:
    shifted = scores - scores.max(axis=1, keepdims=True)
    logs = shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))
    return float(-(logs * one_hot).sum()), np.exp(logs) - one_hot


def _svm(scores: Doubles, one_hot: Doubles) -> tuple[float, Doubles]:
    signs = 2 * one_hot - 1
    missing = np.maximum(0, 1 - signs * scores)
    return float((missing**2).sum()), -2 * signs * missing


_LOSSES: dict[str, Loss] = {"softmax": _softmax, "svm": _svm}
