"""Whether a net can tell two pictures apart: how far apart each layer's features are, beside a little noise."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from .running import forward_only
from .subject import Subject

Array = npt.NDArray[np.float32]

_ROUNDING = 1e-6


class LayerDistance(NamedTuple):
    """How far apart two pictures are at a blob, and how far noise on them moves it, both as |a - b| over the root
    mean square of |a| and |b|: 0 where equal, about 1.4 where they share nothing. `largest`: the largest difference
    of one number.
    """

    blob: str
    shape: tuple[int, ...]
    distance: float
    noise: float
    largest: float


def distances(
    subject: Subject, first: Array, second: Array, blobs: Sequence[str], *, noise: float = 2.0, draws: int = 4,
    seed: int = 0,
) -> tuple[list[LayerDistance], dict[str, Array]]:  # fmt: skip
    """Two inputs of the net, C x H x W each, compared at every blob; and the net's outputs for them, by name.

    `noise`: standard deviation of what is added for comparison, in grey levels; the mean over `draws` of it, on
    either picture, is what counts.
    """
    random = np.random.default_rng(seed)
    spread = np.float32(noise * subject.scaling.scale)
    pictures = np.stack([first, second])
    noisy = [pictures + spread * random.standard_normal(pictures.shape).astype(np.float32) for _ in range(draws)]
    with forward_only(subject):
        clean = subject.forward(pictures, blobs)
        moved: dict[str, list[float]] = {blob: [] for blob in blobs}
        for batch in noisy:
            found = subject.forward(batch, blobs)
            for blob in blobs:
                moved[blob] += [_distance(*pair) for pair in zip(clean[blob], found[blob], strict=True)]
    layers = [
        LayerDistance(
            blob, clean[blob].shape[1:], _distance(*clean[blob]), float(np.mean(moved[blob])),
            float(np.abs(clean[blob][0] - clean[blob][1]).max()),
        )
        for blob in blobs
    ]  # fmt: skip
    return layers, clean


def lost_from(layers: Sequence[LayerDistance], *, exactly: bool = False) -> str | None:
    """The first blob from which on, to the last, the pictures are nearer than noise moves them.

    `exactly`: from which on they are equal, but for the rounding of float32.
    """
    lost = None
    for layer in reversed(layers):
        if layer.distance > (_ROUNDING if exactly else layer.noise):
            break
        lost = layer.blob
    return lost


def _distance(a: Array, b: Array) -> float:
    a, b = a.astype(np.float64), b.astype(np.float64)
    size = np.sqrt(((a**2).sum() + (b**2).sum()) / 2)
    return float(np.sqrt(((a - b) ** 2).sum()) / size) if size else 0.0
