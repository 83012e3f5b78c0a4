"""What was found about a net while it ran: plain numbers, by layer and by blob of units."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

Counts = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Histogram:
    """How many numbers fall into equal bins from -`limit` to `limit`; `rms` is of all of them.

    Numbers that are not finite are in no bin: `broken` counts them.
    """

    limit: float
    counts: Counts
    rms: float
    broken: int = 0

    @classmethod
    def of(cls, numbers: npt.NDArray[Any], bins: int = 61) -> Histogram:
        flat = np.asarray(numbers, np.float64).ravel()
        finite = flat[np.isfinite(flat)]
        limit = float(np.abs(finite).max()) if finite.size else 0.0
        counts, _ = np.histogram(finite, bins, (-(limit or 1.0), limit or 1.0))
        rms = float(np.sqrt(np.mean(finite**2))) if finite.size else 0.0
        return cls(limit, counts, rms, flat.size - finite.size)


@dataclass
class LayerHealth:
    """A layer with parameters, of which the first is looked at: the weights.

    `size`: how many weights. `rate`: their lr_mult. Of each update: `gradients`, the root mean square of the weights'
    gradient, and `updates`, the norm of the update by that of the weights. Of each pass backward: `flows`, the
    Euclidean norm of the gradient at the layer's top, of the whole batch. Empty where there was none.
    """

    name: str
    type: str
    size: int
    rate: float
    weights: Histogram
    gradient: Histogram | None = None
    gradients: list[float] = field(default_factory=list)
    flows: list[float] = field(default_factory=list)
    updates: list[float] = field(default_factory=list)

    @property
    def gradient_rms(self) -> float | None:
        """The median over the passes, as the others."""
        return _median(self.gradients)

    @property
    def flow(self) -> float | None:
        return _median(self.flows)

    @property
    def update_ratio(self) -> float | None:
        return _median(self.updates)


@dataclass(frozen=True)
class UnitHealth:
    """The units of a rectified blob: `active` counts, for each, the images with a value above 0 somewhere.

    `share`: of all its values in all images, those above 0.
    """

    blob: str
    layer: str
    images: int
    active: Counts
    share: float

    @property
    def dead(self) -> list[int]:
        """The units that no image made active."""
        return [int(unit) for unit in np.flatnonzero(self.active == 0)]


@dataclass(frozen=True)
class Broken:
    """Where a number was first infinite or none (nan).

    `stage`: forward, backward or update. `layer` made it; `what` says in which of its blobs. `batch` counts from 0.
    `images`: places in the batch, where the first axis is that of the images. `largest`: of the layers before it in
    that pass, the largest absolute value of what each made.
    """

    stage: str
    layer: str
    what: str
    batch: int
    images: tuple[int, ...]
    largest: tuple[tuple[str, float], ...]


@dataclass(frozen=True)
class Pass:
    """One batch: its loss, the norm of all gradients together, and per image the largest absolute input."""

    loss: float | None
    gradient_norm: float | None
    inputs: tuple[float, ...]


@dataclass
class Health:
    """`passes`: what was run, in order. Layers and units in the net's order."""

    layers: list[LayerHealth]
    units: list[UnitHealth]
    passes: list[Pass]
    broken: Broken | None = None
    net: Any = None  # the engine's, that ran


def _median(values: list[float]) -> float | None:
    return float(np.median(values)) if values else None
