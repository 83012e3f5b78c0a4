"""The pictures of a data set that units answer most strongly to, and what each unit sees in them."""

from __future__ import annotations

import heapq
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from ..backprojection import Array, backproject
from ..patches import Box, Patches
from ..photographs import Photograph
from ..streams import stream
from ..subject import Subject
from .peaks import Peak, peak, peaks_only


class Sight(NamedTuple):
    """A picture that a unit answers to: its number and name in the source, its label, and where it is strongest."""

    number: int
    name: str
    label: int | None
    peak: Peak


class View(NamedTuple):
    """What a unit sees in a picture: where it is strongest, the pixels that place sees, what the net was shown
    (H x W x 3, BGR, 0 to 255), and what the unit's activity is traced back to there (H x W x 3, BGR, signed)."""

    peak: Peak
    box: Box
    seen: npt.NDArray[np.float32]
    traced: npt.NDArray[np.float32]


def strongest(
    subject: Subject,
    photographs: Sequence[Photograph],
    blob: str,
    units: Sequence[int],
    *,
    count: int = 9,
    batch: int = 32,
    what: str = "images",
) -> dict[int, list[Sight]]:
    """Of each unit the `count` pictures in which its map has the largest numbers, the largest first.

    A picture counts once per unit. Pictures that a unit is 0 for are left out: it has not seen anything there. Equal
    numbers: the first picture counts. In memory are two batches and the places found so far.
    """
    heaps: dict[int, list[tuple[float, int, Sight]]] = {unit: [] for unit in units}
    for shown in stream(subject, photographs, batch, what=what):
        activations = subject.activations(shown.batch, blob)
        for item, index in enumerate(shown.indices):
            for unit, heap in heaps.items():
                found = peak(activations[item], unit)
                if found.value and (len(heap) < count or found.value > heap[0][0]):
                    entry = (found.value, -index, Sight(index, shown.names[item], shown.labels[item], found))
                    (heapq.heappush if len(heap) < count else heapq.heapreplace)(heap, entry)
    return {unit: [sight for _, _, sight in sorted(heap, reverse=True)] for unit, heap in heaps.items()}


def views(
    subject: Subject, batch: Array, blob: str, units: Sequence[int], patches: Patches, *, method: str = "deconv"
) -> list[View]:
    """What unit `units[i]` sees in item i of N x C x H x W."""
    found: list[Peak] = []

    def only_peaks(activations: Array) -> Array:
        found.extend(peak(item, unit) for item, unit in zip(activations, units, strict=True))
        return peaks_only(activations, units)

    traced = backproject(subject, batch, blob, only_peaks, method=method)
    return [
        View(one, patches.box(one.place), subject.scaling.undo(item), subject.scaling.colours(back))
        for one, item, back in zip(found, batch, traced, strict=True)
    ]


def views_of_sights(
    subject: Subject,
    photographs: Sequence[Photograph],
    blob: str,
    sights: dict[int, list[Sight]],
    *,
    method: str = "deconv",
    batch: int = 16,
) -> dict[int, list[View]]:
    """The view behind each sight; the source is read once, forward."""
    patches = Patches(subject, blob)
    jobs = sorted((sight.number, unit, rank) for unit, found in sights.items() for rank, sight in enumerate(found))
    made: dict[tuple[int, int], View] = {}
    position = 0
    for shown in stream(subject, photographs, batch, indices=[index for index, _, _ in jobs], what="projections"):
        part = jobs[position : position + len(shown.indices)]
        position += len(part)
        found = views(subject, shown.batch, blob, [unit for _, unit, _ in part], patches, method=method)
        made.update({(unit, rank): view for (_, unit, rank), view in zip(part, found, strict=True)})
    return {unit: [made[unit, rank] for rank in range(len(found))] for unit, found in sights.items()}
