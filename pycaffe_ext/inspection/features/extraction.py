"""What blobs of one net or several hold for each picture of a source, a batch at a time."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from ...errors import OptionError
from ...progress import counting
from ..photographs import Photograph, Pixels
from ..running import forward_only
from ..subject import Subject
from .crops import ten_crops

Array = npt.NDArray[np.float32]

OVERSAMPLING = ("mean", "max", "all")
JOINED = "features"


class Extractor:
    """The features that some blobs of a net give.

    `oversample`: of ten crops of each picture's middle square of `scaling.side`: their "mean", their "max", or "all"
    ten, stacked on a first axis of their own. `prefix` goes before the names of features.
    """

    def __init__(
        self, subject: Subject, blobs: Sequence[str], *, oversample: str | None = None, prefix: str = ""
    ) -> None:
        """Raises UnknownNameError for what is no blob, OptionError where crops do not fit into the side."""
        if oversample and oversample not in OVERSAMPLING:
            raise OptionError(f"--oversample is one of {', '.join(OVERSAMPLING)}, not '{oversample}'")
        if oversample and subject.scaling.side <= max(subject.size):
            raise OptionError(
                f"--oversample takes crops of {subject.size[0]}x{subject.size[1]} from a larger picture: "
                "give its size by --side, such as --side 256"
            )
        self.subject, self.oversample = subject, oversample
        self.blobs = {prefix + blob: subject.check_blob(blob) for blob in blobs}

    @property
    def shapes(self) -> dict[str, tuple[int, ...]]:
        """The shape of one picture's features, by name. Raises OptionError where a blob has no row per picture."""
        found = {}
        rows = self.subject.net.blobs[self.subject.input].shape[0]
        for name, blob in self.blobs.items():
            shape = tuple(self.subject.net.blobs[blob].shape)
            if not shape or shape[0] != rows:
                raise OptionError(f"blob '{blob}' of shape {shape} has no row for each of {rows} pictures")
            found[name] = (10, *shape[1:]) if self.oversample == "all" else shape[1:]
        return found

    def inputs(self, photographs: Sequence[Photograph]) -> Array:
        """The net's input for these: N x C x H x W, or 10 N with oversampling."""
        if not self.oversample:
            return self.subject.batch([one.pixels for one in photographs])
        side, scaling = self.subject.scaling.side, self.subject.scaling
        squares: list[Pixels] = [scaling.fitted(one.pixels, side, side) for one in photographs]
        crops = [crop for square in squares for crop in ten_crops(square, *self.subject.size)]
        return np.stack([scaling.apply(crop, self.subject.channels) for crop in crops])

    def features(self, inputs: Array) -> dict[str, Array]:
        """N x ... by name, for what `inputs` gave."""
        with forward_only(self.subject):
            found = self.subject.forward(inputs, list(self.blobs.values()))
        named = {name: found[blob] for name, blob in self.blobs.items()}
        if not self.oversample:
            return named
        stacked = {name: value.reshape(-1, 10, *value.shape[1:]) for name, value in named.items()}
        match self.oversample:
            case "mean":
                return {name: value.mean(axis=1) for name, value in stacked.items()}
            case "max":
                return {name: value.max(axis=1) for name, value in stacked.items()}
        return stacked


class Rows(NamedTuple):
    """Features of some pictures, N x ... by name, and these pictures' names and labels."""

    features: dict[str, Array]
    names: list[str]
    labels: list[int | None]


def extract(extractors: Sequence[Extractor], photographs: Sequence[Photograph], *, batch: int = 16) -> Iterator[Rows]:
    """The features of all pictures by all nets, in order; the next pictures are read while the nets run."""
    starts = range(0, len(photographs), batch)
    with ThreadPoolExecutor(1) as reader, counting("extracting", len(photographs)) as done:

        def read(start: int) -> tuple[list[Photograph], list[Array]]:
            some = [photographs[index] for index in range(start, min(start + batch, len(photographs)))]
            return some, [extractor.inputs(some) for extractor in extractors]

        ahead = reader.submit(read, 0)
        for start in starts:
            some, inputs = ahead.result()
            if start + batch < len(photographs):
                ahead = reader.submit(read, start + batch)
            features: dict[str, Array] = {}
            for extractor, its in zip(extractors, inputs, strict=True):
                features |= extractor.features(its)
            yield Rows(features, [one.name for one in some], [one.label for one in some])
            done(start + len(some))


def joined(rows: Rows) -> Rows:
    """All features of a picture one after another, N x D, under one name."""
    parts = [value.reshape(len(rows.names), -1) for value in rows.features.values()]
    return rows._replace(features={JOINED: np.concatenate(parts, axis=1)})


def shapes_of(extractors: Sequence[Extractor], *, join: bool = False) -> dict[str, tuple[int, ...]]:
    """The shape of one picture's features, by name. Raises OptionError where two nets name them alike."""
    shapes: dict[str, tuple[int, ...]] = {}
    for extractor in extractors:
        for name, shape in extractor.shapes.items():
            if name in shapes:
                raise OptionError(f"two nets have features named '{name}'; give the nets other names")
            shapes[name] = shape
    if join:
        return {JOINED: (sum(int(np.prod(shape)) for shape in shapes.values()),)}
    return shapes
