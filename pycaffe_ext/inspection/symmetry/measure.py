"""Layer by layer: how far features of pictures agree with those of their changed copies, and what tells them apart."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from ...errors import DataError
from ..learning.validation import Validated, cross_validate
from ..photographs import Photograph
from ..pooling import pooled
from ..running import forward_only, in_batches
from ..subject import Subject
from .grids import grids
from .pairs import Pairs
from .transforms import Grid, Transform

Array = npt.NDArray[np.float32]


@dataclass
class LayerSymmetry:
    """What one blob makes of the change. All are `Pairs`: 1 is agreement, 0 is like unrelated pictures.

    `invariance`: the same vector before and after. `equivariance`: the map is changed as the picture was. `content`:
    the same averages over the map, wherever things are. `readout`: a linear classifier that tells changed copies
    from their originals, or two classes that the change swaps; `of_averages`: one that knows the map's averages only.
    """

    blob: str
    shape: tuple[int, ...]
    invariance: Pairs = field(default_factory=Pairs)
    equivariance: Pairs = field(default_factory=Pairs)
    content: Pairs = field(default_factory=Pairs)
    readout: Validated | None = None
    of_averages: Validated | None = None


def measure_symmetry(
    subject: Subject,
    photographs: Sequence[Photograph],
    transform: Transform,
    blobs: Sequence[str],
    *,
    swaps: tuple[int, int] | None = None,
    readout: bool = True,
    most: int = 4096,
    folds: int = 5,
    batch: int = 8,
    done: Callable[[int], None] = lambda count: None,
) -> list[LayerSymmetry]:
    """Shows the net each picture and its changed copy. One entry per blob, in the order given.

    `swaps`: two labels that the change exchanges (left and right); the read-out then learns them, from pictures of
    these two only, else whether a picture is a changed copy. It is cross-validated with a picture and its copy in
    one fold, on at most `most` numbers per blob (`pooled`). `done` is told how many pictures have been shown.

    Raises DataError for fewer than two pictures, or pictures without these labels.
    """
    if len(photographs) < 2:
        raise DataError("symmetry needs at least two pictures: unrelated ones are the baseline")
    found = [LayerSymmetry(blob, tuple(subject.net.blobs[blob].shape[1:])) for blob in blobs]
    features: list[list[Array]] = [[] for _ in blobs]
    averages: list[list[Array]] = [[] for _ in blobs]
    places = grids(subject)
    labels: list[int] = []
    with forward_only(subject):
        for some in in_batches(photographs, batch, done):
            shown = subject.seen([one.pixels for one in some])
            before, after = (_features(subject, pictures, blobs) for pictures in (shown, _changed(transform, shown)))
            labels += [label for one in some for label in _labels(one, swaps)]
            for layer, vectors, means in zip(found, features, averages, strict=True):
                a, b = before[layer.blob], after[layer.blob]
                _compare(layer, a, b, transform, subject.size, places.get(layer.blob))
                if readout:
                    vectors.append(_by_turns(pooled(a, most), pooled(b, most)))
                    means.append(_by_turns(_averages(a), _averages(b)))
    if readout:
        groups = np.repeat(np.arange(len(photographs)), 2)
        for layer, vectors, means in zip(found, features, averages, strict=True):
            layer.readout = cross_validate(np.concatenate(vectors), np.array(labels), groups, count=folds)
            is_map = len(layer.shape) > 1 and layer.shape[1:] != (1, 1)
            layer.of_averages = layer.readout
            if is_map:
                layer.of_averages = cross_validate(np.concatenate(means), np.array(labels), groups, count=folds)
            vectors.clear()
    return found


def _by_turns(originals: Array, copies: Array) -> Array:
    """Rows of both, an original, then its copy."""
    return np.stack([originals, copies], axis=1).reshape(2 * len(originals), -1)


def _averages(values: Array) -> Array:
    """N x C x ... as N x C."""
    return values.reshape(*values.shape[:2], -1).mean(axis=2) if values.ndim > 2 else values


def _changed(transform: Transform, shown: Sequence[npt.NDArray[np.uint8]]) -> list[npt.NDArray[np.uint8]]:
    return [transform.of_picture(pixels) for pixels in shown]


def _features(subject: Subject, shown: Sequence[npt.NDArray[np.uint8]], blobs: Sequence[str]) -> dict[str, Array]:
    inputs = np.stack([subject.scaling.apply(pixels, subject.channels) for pixels in shown])
    return subject.forward(inputs, blobs)


def _labels(photograph: Photograph, swaps: tuple[int, int] | None) -> tuple[int, int]:
    """The classes, 0 or 1, of a picture and of its changed copy."""
    if swaps is None:
        return 0, 1
    if photograph.label not in swaps:
        raise DataError(f"{photograph.name}: label {photograph.label} is none of those that are swapped, {swaps}")
    place = swaps.index(photograph.label)
    return place, 1 - place


def _compare(
    layer: LayerSymmetry, a: Array, b: Array, transform: Transform, size: tuple[int, int], grid: Grid | None
) -> None:
    layer.invariance.add(a, b)
    moved, inside = transform.of_maps(a, *size, grid)
    layer.equivariance.add(*((moved[..., inside], b[..., inside]) if moved.ndim == 4 else (moved, b)))
    layer.content.add(_averages(a), _averages(b))
