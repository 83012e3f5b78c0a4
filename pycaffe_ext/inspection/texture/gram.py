"""Textures by example: pictures whose feature maps go together as an example's do (Gatys, Ecker and Bethge,
"Texture Synthesis Using Convolutional Neural Networks", NIPS 2015).

A layer's Gram matrix holds, for each two maps, the mean over places of their product: what goes with what, not where.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np
import torch

from ...errors import OptionError
from ..descent import Term, end_of, gradient_of
from ..subject import Array, Subject
from ..units.ascent import limits
from ..waists import waists

_FEW = 5


class Texture(NamedTuple):
    """`image`: as the net's input, C x H x W; `errors`: of each blob, after each step, as a share of the example's
    Gram matrix (sum of squares)."""

    image: Array
    errors: dict[str, list[float]]


def gram(values: torch.Tensor) -> torch.Tensor:
    """N x C x h x w to N x C x C: for each two maps the mean over places of their product."""
    flat = values.flatten(2)
    return flat @ flat.transpose(1, 2) / flat.shape[2]


def neighbours(pixels: torch.Tensor) -> torch.Tensor:
    """N x C x H x W to N x 9 x C x C: the covariance of channels between each place and its neighbours.

    In order -1, 0, 1 down and, within that, -1, 0, 1 right; over the edges it goes on at the other side.
    """
    centred = pixels - pixels.mean(dim=(2, 3), keepdim=True)
    found = []
    for down in (-1, 0, 1):
        for right in (-1, 0, 1):
            moved = torch.roll(centred, (down, right), (2, 3)).flatten(2)
            found.append(centred.flatten(2) @ moved.transpose(1, 2) / moved.shape[2])
    return torch.stack(found, dim=1)


def texture_blobs(subject: Subject) -> list[str]:
    """The blobs to take where none is named: the first that is made, and all pooled maps that everything passes.

    Of nets without such poolings, five such maps of any kind, evenly spaced.
    """
    layers = subject.net.param.layer
    maps = [
        blob
        for blob in waists(layers, subject.input, subject.output)
        if len(shape := subject.net.blobs[blob].shape) == 4 and shape[2] * shape[3] > 1
    ]
    if not maps:
        raise OptionError(f"{subject.file}: no maps that everything passes; name blobs with --blob")
    pooled = [blob for blob in maps if any(blob in layer.top and layer.type == "Pooling" for layer in layers)]
    if len(pooled) > 1:
        return list(dict.fromkeys([maps[0], *pooled]))
    places = np.linspace(0, len(maps) - 1, min(_FEW, len(maps))).round().astype(int)
    return [maps[place] for place in places]


def synthesise(
    subject: Subject,
    example: Array,
    blobs: Sequence[str],
    *,
    steps: int,
    rng: np.random.Generator,
    done: Callable[[int], None] = lambda count: None,
) -> Texture:
    """A picture of noise, changed by `steps` steps of L-BFGS until its Gram matrices are those of the example.

    `example`: as the net's input, C x H x W; the texture has its size. Each blob counts alike: by its error as a share
    of the example's Gram matrix (the paper weighs by the number of maps and places alone, and blobs of large numbers
    would count for all). Pixels stay within 0 to 255. Raises UnknownNameError, OptionError.
    """
    from scipy.optimize import minimize

    if steps < 1 or not blobs:
        raise OptionError("a texture takes at least 1 step and 1 blob")
    terms = _terms(subject, example, blobs)
    errors: dict[str, list[float]] = {blob: [] for blob in terms}
    last: dict[str, float] = {}

    def objective(flat: Array) -> tuple[float, Array]:
        nonlocal last
        last, gradient = gradient_of(subject, flat.reshape(1, *example.shape).astype(np.float32), terms)
        return sum(last.values()), gradient.ravel().astype(np.float64)

    def step(flat: Array) -> None:
        for blob, error in last.items():
            errors[blob].append(error)
        done(len(errors[blobs[0]]))

    low, high = limits(subject.scaling, example.shape)
    spread = example.std(axis=(1, 2), keepdims=True)
    noise = np.clip(rng.normal(example.mean(axis=(1, 2), keepdims=True), spread, example.shape), low, high)
    found = minimize(
        objective, noise.ravel(), jac=True, method="L-BFGS-B", callback=step,
        bounds=np.stack([low.ravel(), high.ravel()], axis=1),
        options={"maxiter": steps, "maxfun": 2 * steps + 10, "ftol": 0, "gtol": 0, "maxcor": 20},
    )  # fmt: skip
    return Texture(found.x.reshape(example.shape).astype(np.float32), errors)


def _terms(subject: Subject, example: Array, blobs: Sequence[str]) -> dict[str, Term]:
    deepest = max((subject.check_blob(blob) for blob in blobs), key=lambda blob: end_of(subject, blob))
    subject.run_to(example[None], deepest, keep=False)
    held = {blob: subject.net.blobs[blob].tensor.detach() for blob in [*blobs, subject.input]}
    terms = {blob: _like(gram, held[blob]) for blob in blobs}
    return terms | {subject.input: _pixels_like(held[subject.input])}


def _like(statistic: Callable[[torch.Tensor], torch.Tensor], example: torch.Tensor) -> Term:
    """How far the statistic is from the example's, as a share of it (sums of squares)."""
    wanted = statistic(example)
    size = wanted.square().sum().clamp(min=1e-30)

    def error(values: torch.Tensor) -> torch.Tensor:
        return (statistic(values) - wanted).square().sum() / size

    return error


def _pixels_like(example: torch.Tensor) -> Term:
    """How far colours are from the example's: those of neighbours, and the mean as a share of the variance.

    Without it nets whose first layer has a stride leave a pattern of its period, which they hardly see.
    """
    of_neighbours, mean = _like(neighbours, example), example.mean(dim=(2, 3))
    variance = neighbours(example)[:, 4].diagonal(dim1=1, dim2=2).sum().clamp(min=1e-30)

    def error(values: torch.Tensor) -> torch.Tensor:
        return of_neighbours(values) + (values.mean(dim=(2, 3)) - mean).square().sum() / variance

    return error
