"""How alike two nets judge the same pictures: correlation of what they give to each class."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from ...errors import NetError
from ..attribution.class_scores import class_scores
from ..photographs import Photograph
from ..running import forward_only, in_batches
from ..subject import Array, Subject
from .local_scores import local_head, local_scores

Numbers = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Agreement:
    """Of two nets over N pictures and K classes. Correlations are Pearson's; nan where a side does not vary.

    `scores`: of both, N x K, before the softmax; `by_class`: K, over pictures; `by_picture`: N, over classes;
    `maps`: N, of the two heat maps of the class that both together find likeliest (empty where a net has none);
    `same`: the share of pictures that both give the same class.
    """

    names: list[str]
    scores: tuple[Array, Array]
    by_class: Numbers
    by_picture: Numbers
    maps: Numbers

    @property
    def same(self) -> float:
        first, second = (one.argmax(axis=1) for one in self.scores)
        return float((first == second).mean())


def agreement(
    first: Subject,
    second: Subject,
    photographs: Sequence[Photograph],
    *,
    batch: int = 16,
    done: Callable[[int], None] = lambda count: None,
) -> Agreement:
    """Shows both nets the same pictures. Raises NetError where they have other numbers of classes."""
    counts = [class_scores(one).count for one in (first, second)]
    if counts[0] != counts[1]:
        raise NetError("", f"{first.file} has {counts[0]} classes, {second.file} has {counts[1]}")
    local = _have_maps(first, second)
    gathered: tuple[list[Array], list[Array]] = ([], [])
    names, maps = [], []
    with forward_only(first), forward_only(second):
        for some in in_batches(photographs, batch, done):
            names += [one.name for one in some]
            pixels = [one.pixels for one in some]
            both = [_scores(one, one.batch(pixels), local) for one in (first, second)]
            for scores, (means, _) in zip(gathered, both, strict=True):
                scores.append(means)
            if local:
                chosen = (_standard(both[0][0]) + _standard(both[1][0])).argmax(axis=1)
                maps += [_of_maps(both[0][1][i, label], both[1][1][i, label]) for i, label in enumerate(chosen)]
    left, right = (np.concatenate(one) for one in gathered)
    return Agreement(names, (left, right), correlation(left.T, right.T), correlation(left, right), np.array(maps))


def correlation(first: npt.NDArray[np.floating], second: npt.NDArray[np.floating]) -> Numbers:
    """Pearson's correlation of each row of one with the same row of the other, R x C each: R numbers."""
    first, second = (one - one.mean(axis=1, keepdims=True) for one in (np.float64(first), np.float64(second)))
    size = np.sqrt((first**2).sum(axis=1) * (second**2).sum(axis=1))
    found = np.full(len(first), np.nan)
    np.divide((first * second).sum(axis=1), size, out=found, where=size > 0)
    return found


def _have_maps(*subjects: Subject) -> bool:
    try:
        return bool([local_head(one) for one in subjects])
    except NetError:
        return False


def _scores(subject: Subject, shown: Array, local: bool) -> tuple[Array, Array]:
    if local:
        maps = local_scores(subject, shown)
        return maps.mean(axis=(2, 3)), maps
    blob = class_scores(subject).blob
    scores = subject.forward(shown, [blob])[blob]
    return scores.reshape(len(scores), -1), scores


def _standard(scores: Array) -> Array:
    return np.asarray((scores - scores.mean(axis=1, keepdims=True)) / (scores.std(axis=1, keepdims=True) + 1e-12))


def _of_maps(first: Array, second: Array) -> float:
    """Both at the coarser one's size: areas are averaged."""
    import cv2

    height, width = (min(sizes) for sizes in zip(first.shape, second.shape, strict=True))
    left, right = (
        np.float32(cv2.resize(one, (width, height), interpolation=cv2.INTER_AREA)) for one in (first, second)
    )
    return float(correlation(left.reshape(1, -1), right.reshape(1, -1))[0])
