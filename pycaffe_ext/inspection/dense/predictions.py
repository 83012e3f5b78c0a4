"""A dense net's predictions for pairs, and the true label at each place of its output."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import cache
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from ...errors import NetError, OptionError
from ...surgery.receptive_field import Field, Fields
from ...text import Document
from ..photographs import Pixels
from ..subject import Array, Subject
from .pairs import Pair
from .scores import Labels


class Prediction(NamedTuple):
    """`seen`: the image as the net saw it, H x W x 3; `truth`: h x w, or None; `output` and `logits`: K x h x w."""

    name: str
    seen: Pixels
    truth: Labels | None
    output: Array
    logits: Array


def predictions(
    subject: Subject,
    pairs: Sequence[Pair],
    *,
    batch: int = 8,
    done: Callable[[int], None] = lambda count: None,
) -> Iterator[Prediction]:
    """Of each pair, in order. Images go into the net at their own size, or stretched to its input where told.

    Raises NetError where the net's output is not N x K x h x w, OptionError where pictures were to be cut.
    """
    if subject.scaling.side:
        raise OptionError("--side would cut images, not their label maps; use --stretch, or images of the right size")
    waiting: list[Pair] = []
    for count, pair in enumerate(pairs, 1):
        shown = pair._replace(pixels=_shown(subject, pair.pixels))
        if waiting and (len(waiting) == batch or waiting[0].pixels.shape != shown.pixels.shape):
            yield from _run(subject, waiting)
            waiting = []
        waiting.append(shown)
        done(count)
    if waiting:
        yield from _run(subject, waiting)


def _shown(subject: Subject, pixels: Pixels) -> Pixels:
    return subject.scaling.fitted(pixels, *subject.size) if subject.scaling.stretch else pixels


def _run(subject: Subject, pairs: Sequence[Pair]) -> Iterator[Prediction]:
    shown = np.stack([subject.scaling.apply(pair.pixels, subject.channels) for pair in pairs])
    blobs = subject.forward(shown, [subject.logits])
    output, logits = blobs[subject.output], blobs[subject.logits]
    if output.ndim != 4 or output.shape[2] * output.shape[3] == 1:
        shape = "x".join(map(str, output.shape))
        problem = f"its output '{subject.output}' is {shape}: a class for an image, and none for each pixel"
        raise NetError("", f"{subject.file}: {problem}")
    for pair, given, scores in zip(pairs, output, logits, strict=True):
        truth = None
        if pair.labels is not None:
            truth = _truth(subject, pair.labels, pair.pixels.shape[:2], (given.shape[1], given.shape[2]))
        yield Prediction(pair.name, pair.pixels, truth, given, scores)


def _truth(subject: Subject, labels: Labels, image: tuple[int, ...], size: tuple[int, int]) -> Labels:
    """The label at each place of the output: as it is where sizes agree, else at the middle of what the place sees."""
    if labels.shape == size:
        return labels
    rows, columns = (
        places_of(field, new, pixels, old)
        for field, new, pixels, old in zip(
            _fields(subject.file, subject.output), size, image, labels.shape, strict=True
        )
    )
    return np.asarray(labels[rows[:, None], columns])


def places_of(field: Field, count: int, pixels: int, labels: int) -> npt.NDArray[np.int64]:
    """Along one axis: which of `labels` labels, which cover `pixels` pixels, lies under each of `count` places."""
    middles = field.offset + field.stride * np.arange(count)
    return np.asarray(np.clip((middles + 0.5) * labels // pixels, 0, labels - 1), np.int64)


@cache
def _fields(file: str, blob: str) -> tuple[Field, Field]:
    row = next((row for row in reversed(Fields(Document.read(file)).rows()) if row.blob == blob), None)
    if row is None or row.height is None or row.width is None or not row.height.stride or not row.width.stride:
        raise NetError("", f"{file}: where '{blob}' lies over the image cannot be told; give label maps of its size")
    return row.height, row.width
