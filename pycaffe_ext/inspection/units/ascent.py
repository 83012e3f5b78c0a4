"""Pictures changed step by step so that something in the net grows: gradient ascent on the input."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import numpy.typing as npt

from ...errors import OptionError
from ..backprojection import Array, backproject
from ..scaling import Scaling
from ..subject import Subject

Objective = Callable[[Array], tuple[Array, Array]]
"""Of a blob's activations N x C x ...: what is to grow, N numbers, and its gradient, of the activations' shape."""


def whole_blob(activations: Array) -> tuple[Array, Array]:
    """Half the sum of squares: whatever is there already grows (Mordvintsev, Olah and Tyka 2015)."""
    return (activations**2).reshape(len(activations), -1).sum(axis=1) / 2, activations


def units(wanted: Sequence[int], *, middle: bool = False) -> Objective:
    """The mean of the map of one unit per item; `middle`: the number in the middle of the map alone."""

    def objective(activations: Array) -> tuple[Array, Array]:
        gradient = np.zeros_like(activations)
        for item, unit in enumerate(wanted):
            places = gradient[item, unit]
            if middle and places.ndim:
                places[tuple(size // 2 for size in places.shape)] = 1
            else:
                gradient[item, unit] = 1 / max(places.size, 1)
        return (gradient * activations).reshape(len(activations), -1).sum(axis=1), gradient

    return objective


def like(guide: Array) -> Objective:
    """At each place the dot product with the guide's activations (C x h x w, any h, w) at the place that gives most."""
    seen = guide.reshape(len(guide), -1)

    def objective(activations: Array) -> tuple[Array, Array]:
        gradient = np.empty_like(activations)
        for item, values in enumerate(activations):
            best = (values.reshape(len(values), -1).T @ seen).argmax(axis=1)
            gradient[item] = seen[:, best].reshape(values.shape)
        return (gradient * activations).reshape(len(activations), -1).sum(axis=1), gradient

    return objective


def ascend(
    subject: Subject,
    images: Array,
    blob: str,
    objective: Objective,
    *,
    steps: int,
    rate: float,
    rng: np.random.Generator,
    jitter: int = 0,
    in_place: bool = True,
) -> tuple[Array, npt.NDArray[np.float64]]:
    """The images N x C x H x W after `steps` steps, and what was to grow before each step, steps x N.

    A step moves an image by its gradient, so scaled that its mean absolute number is `rate` grey levels (of 0 to 255);
    numbers stay those of pixels. `jitter`: before each step the image is rolled by up to so many pixels along each
    axis, and back behind it, so that the net's strides leave no grid. `in_place`: False leaves out the layers that
    work in place on the blob, for a unit that its ReLU has silenced has no gradient.
    """
    if steps < 1 or rate <= 0 or jitter < 0:
        raise OptionError("steps are at least 1, the rate is more than 0, the jitter 0 or more")
    lowest, highest = limits(subject.scaling, images.shape[1:])
    grown: list[Array] = []

    def signal(activations: Array) -> Array:
        reached, gradient = objective(activations)
        grown.append(reached)
        return gradient

    for _ in range(steps):
        shift = tuple(int(by) for by in rng.integers(-jitter, jitter + 1, 2))
        images = np.roll(images, shift, (2, 3))
        gradient = backproject(subject, images, blob, signal, in_place=in_place)
        size = np.abs(gradient).mean(axis=(1, 2, 3), keepdims=True)
        moved = images + rate * abs(subject.scaling.scale) * gradient / np.where(size > 0, size, 1)
        images = np.roll(np.clip(moved, lowest, highest), (-shift[0], -shift[1]), (2, 3))
    return images, np.array(grown, np.float64)


def limits(scaling: Scaling, shape: tuple[int, ...]) -> tuple[Array, Array]:
    """The input C x H x W of a black and of a white picture; the lesser numbers first."""
    channels, height, width = shape
    ends = [scaling.apply(np.full((height, width, 3), grey, np.float32), channels) for grey in (0, 255)]
    return np.minimum(*ends), np.maximum(*ends)
