"""The patches of a data set that say most about a class."""

from __future__ import annotations

import heapq
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from ..photographs import Photograph
from ..running import forward_only
from ..streams import stream
from ..subject import Subject
from .local_scores import local_head, local_scores


class Evidence(NamedTuple):
    """A place with its score for a class: picture `number` of the source, row and column in the map."""

    score: float
    number: int
    name: str
    label: int | None
    row: int
    column: int


class Found(NamedTuple):
    """`patches`: of each class, the largest score first; `chosen`: how many pictures were given each class."""

    patches: list[list[Evidence]]
    chosen: list[int]


def most_telling(subject: Subject, photographs: Sequence[Photograph], count: int = 6, batch: int = 16) -> Found:
    """Of each class the `count` pictures whose best place scores highest for it, and that place.

    A picture counts once per class; of equal scores the first. In memory are two batches and the places found so far.
    Raises NetError where the scores are no mean over places.
    """
    head = local_head(subject)
    heaps: list[list[tuple[float, int, Evidence]]] = []
    chosen: list[int] = []
    with forward_only(subject):
        for shown in stream(subject, photographs, batch, what="patches"):
            scores = local_scores(subject, shown.batch, head)
            if not heaps:
                heaps, chosen = [[] for _ in range(scores.shape[1])], [0] * scores.shape[1]
            for item, index in enumerate(shown.indices):
                chosen[int(scores[item].mean(axis=(1, 2)).argmax())] += 1
                flat = scores[item].reshape(len(heaps), -1)
                for label, place in enumerate(flat.argmax(axis=1)):
                    score = float(flat[label, place])
                    if len(heaps[label]) == count and score <= heaps[label][0][0]:
                        continue
                    row, column = np.unravel_index(int(place), scores.shape[2:])
                    found = Evidence(score, index, shown.names[item], shown.labels[item], int(row), int(column))
                    push = heapq.heappush if len(heaps[label]) < count else heapq.heapreplace
                    push(heaps[label], (score, -index, found))
    return Found([[found for _, _, found in sorted(heap, reverse=True)] for heap in heaps], chosen)
