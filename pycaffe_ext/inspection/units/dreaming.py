"""DeepDream (Mordvintsev, Olah and Tyka 2015) and activation maximisation (Erhan et al. 2009; Yosinski et al. 2015)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

import cv2
import numpy as np
import numpy.typing as npt

from ...errors import OptionError
from ..backprojection import Array
from ..scaling import Scaling
from ..subject import Subject
from .ascent import Objective, ascend, units


def scaling_of_any_size(scaling: Scaling) -> Scaling:
    """With the mean of each channel in place of a mean picture, which fits one size only."""
    return replace(scaling, mean=scaling.mean.mean(axis=(1, 2))) if scaling.mean.ndim == 3 else scaling


def noise(height: int, width: int, rng: np.random.Generator, spread: float = 16) -> Array:
    """A picture H x W x 3 of grey (128) with noise of this standard deviation, 0 to 255."""
    return np.asarray(np.clip(128 + rng.normal(0, spread, (height, width, 3)), 0, 255), np.float32)


def dream(
    subject: Subject,
    pixels: npt.NDArray[np.floating] | npt.NDArray[np.uint8],
    blob: str,
    objective: Objective,
    *,
    octaves: int = 4,
    factor: float = 1.4,
    steps: int = 10,
    rate: float = 1.5,
    jitter: int = 32,
    seed: int = 0,
    done: Callable[[int], None] = lambda count: None,
) -> tuple[Array, npt.NDArray[np.float64]]:
    """The picture H x W x 3 (0 to 255, any size) in which `objective` of `blob` has grown, and how: octaves x steps.

    From the smallest of `octaves` sizes, each `factor` times the one before, to the picture's own: what has been
    added at one size is enlarged and added to the picture at the next. `rate`, `jitter`: as in `ascend`. `done` is
    called with the number of octaves that are through.
    """
    if octaves < 1 or factor <= 1:
        raise OptionError("there is at least 1 octave, and the factor from one to the next is more than 1")
    rng = np.random.default_rng(seed)
    image = subject.scaling.apply(np.asarray(pixels, np.float32), subject.channels)
    sizes = [tuple(max(1, round(side / factor**power)) for side in image.shape[1:]) for power in range(octaves)][::-1]
    added, grown = np.zeros((len(image), *sizes[0]), np.float32), []
    for number, size in enumerate(sizes):
        base, added = resized(image, size), resized(added, size)
        (found,), history = ascend(
            subject, (base + added)[None], blob, objective, steps=steps, rate=rate, jitter=jitter, rng=rng
        )
        added = found - base
        grown.append(history[:, 0])
        done(number + 1)
    return subject.scaling.undo(image + added), np.array(grown)


def resized(image: Array, size: Sequence[int]) -> Array:
    """C x H x W at another size; areas are averaged where it shrinks."""
    height, width = size
    if image.shape[1:] == (height, width):
        return image
    how = cv2.INTER_AREA if height < image.shape[1] else cv2.INTER_LINEAR
    return np.stack([cv2.resize(channel, (width, height), interpolation=how) for channel in image])


def maximise(
    subject: Subject,
    start: Array,
    blob: str,
    wanted: Sequence[int],
    *,
    steps: int = 200,
    rate: float = 2.0,
    jitter: int = 4,
    decay: float = 0.01,
    blur: float = 0.5,
    middle: bool = True,
    seed: int = 0,
    done: Callable[[int], None] = lambda count: None,
) -> tuple[Array, npt.NDArray[np.float64]]:
    """A picture per unit, N x H x W x 3 (0 to 255), and the unit's activation before each step, steps x N.

    `start`: H x W x 3 (0 to 255), of the input's size. Activations count before layers in place, such as the ReLU.
    Regularised (Yosinski et al. 2015): after each step the picture goes towards grey by the share `decay`, and is
    blurred by a Gaussian of `blur` pixels; both, and the rate, shrink to a tenth on the way. `middle`: the unit at the
    middle of its map rather than the mean of all of it. `done` is called with the number of steps done.
    """
    if not 0 <= decay < 1 or blur < 0:
        raise OptionError("the decay is 0 to less than 1, the blur 0 pixels or more")
    rng = np.random.default_rng(seed)
    image = subject.scaling.apply(np.asarray(start, np.float32), subject.channels)
    grey = subject.scaling.apply(np.full_like(start, 128, np.float32), subject.channels)
    images = np.repeat(image[None], len(wanted), axis=0)
    grown = []
    for step in range(steps):
        share = 1 - 0.9 * step / max(steps - 1, 1)
        images, history = ascend(
            subject, images, blob, units(wanted, middle=middle), steps=1, rate=rate * share, rng=rng, jitter=jitter,
            in_place=False,
        )  # fmt: skip
        images = grey + (1 - decay * share) * (images - grey)
        images = np.stack([blurred(one, blur * share) for one in images])
        grown.append(history[0])
        done(step + 1)
    return np.stack([subject.scaling.undo(one) for one in images]), np.array(grown)


def blurred(image: Array, sigma: float) -> Array:
    """C x H x W under a Gaussian of `sigma` pixels (0: as it is)."""
    if sigma < 0.05:
        return image
    return np.stack([cv2.GaussianBlur(channel, (0, 0), sigma) for channel in image])
