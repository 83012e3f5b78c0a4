"""What is in a database, in one pass over it."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from statistics import median
from typing import Any

import numpy as np

from ..errors import DataError
from .databases import Database
from .datum import Datum, datum_array, parse_datum
from .encodings import encoding_of, stored_shape
from .transform import Shape

_MOST_CLASSES = 64  # a map of more values is taken for a picture


@dataclass
class Summary:
    """Counts over the entries of a database."""

    path: str
    entries: int = 0
    total_bytes: int = 0  # of all keys and values
    smallest: int = 0  # bytes of a value
    largest: int = 0
    first_key: bytes = b""
    last_key: bytes = b""
    numbered: bool = True  # keys begin with digits that count from 0, as convert_imageset's do
    unreadable: int = 0
    encodings: Counter[str] = field(default_factory=Counter)
    shapes: Counter[Shape] = field(default_factory=Counter)
    labels: Counter[int] = field(default_factory=Counter)
    changes: int = 0  # entries whose label differs from the one before
    pixels: Counter[int] = field(default_factory=Counter)  # values of one-channel entries: pixels of each,
    pixels_beside: Counter[int] = field(default_factory=Counter)  # and pixels of the entries that it is in
    last_label: int | None = None
    ranges: list[tuple[float, float]] = field(default_factory=list)  # least and most of each of few floats

    def add(self, key: bytes, value: bytes | memoryview) -> None:
        """Counts an entry, which comes after all that were added before."""
        size = len(value)
        if not self.entries:
            self.first_key, self.smallest = key, size
        self.numbered &= re.match(rb"0*%d(?!\d)" % self.entries, key) is not None
        self.last_key = key
        self.entries += 1
        self.total_bytes += len(key) + size
        self.smallest, self.largest = min(self.smallest, size), max(self.largest, size)
        try:
            self._count(parse_datum(value))
        except DataError:
            self.unreadable += 1

    def _count(self, datum: Datum) -> None:
        if not datum.encoded:
            datum_array(datum)  # checks that there are as many values as the shape says, and costs nothing
        shape, kind = stored_shape(datum), encoding_of(datum)
        if shape[0] == 1 and kind != "float" and len(self.pixels) <= _MOST_CLASSES:
            counts = np.bincount(datum_array(datum).reshape(-1), minlength=256)
            for label in np.flatnonzero(counts).tolist():
                self.pixels[label] += int(counts[label])
                self.pixels_beside[label] += shape[1] * shape[2]
        # more numbers than these are features, not labels
        if kind == "float" and shape[1:] == (1, 1) and shape[0] <= _MOST_CLASSES and datum.float_data is not None:
            numbers = datum.float_data.tolist()
            ranges = self.ranges or [(number, number) for number in numbers]
            # of entries with more numbers than others, those that all have
            self.ranges = [(min(low, n), max(high, n)) for (low, high), n in zip(ranges, numbers, strict=False)]
        self.encodings[kind] += 1
        self.shapes[shape] += 1
        self.labels[datum.label] += 1
        self.changes += self.last_label not in (None, datum.label)
        self.last_label = datum.label

    @property
    def is_label_maps(self) -> bool:
        """Whether this looks like label maps: one channel of few values, and no labels of the entries."""
        return (
            set(self.labels) == {0}
            and 0 < len(self.pixels) <= _MOST_CLASSES
            and all(shape[0] == 1 and shape[1:] != (1, 1) for shape in self.shapes)
        )

    @property
    def is_shuffled(self) -> bool:
        """Whether labels change from entry to entry about as often as in a random order."""
        same = sum((count / self.entries) ** 2 for count in self.labels.values()) if self.entries else 1
        return self.changes >= 0.5 * (self.entries - 1) * (1 - same)

    def class_counts(self) -> dict[int, int]:
        """Entries of each label, or pixels of each where these are label maps; sorted by label."""
        return dict(sorted((self.pixels if self.is_label_maps else self.labels).items()))

    def class_weights(self, ignore: int | None = None) -> dict[int, float]:
        """Median frequency balancing: the median of all classes' frequencies over that of each.

        A class's frequency is its share of entries; in label maps its share of the pixels of those entries that it
        is in (Eigen and Fergus, "Predicting Depth, Surface Normals and Semantic Labels", 2015).
        """
        if self.is_label_maps:
            shares = {label: count / self.pixels_beside[label] for label, count in sorted(self.pixels.items())}
        else:
            shares = {label: count / self.entries for label, count in sorted(self.labels.items())}
        shares.pop(-1 if ignore is None else ignore, None)
        middle = median(shares.values()) if shares else 0.0
        return {label: middle / share for label, share in shares.items()}

    def as_json(self, ignore: int | None = None) -> dict[str, Any]:
        """Everything as plain JSON values."""
        return {
            "path": self.path,
            "entries": self.entries,
            "bytes": self.total_bytes,
            "value_bytes": [self.smallest, self.largest],
            "keys": [key.decode(errors="backslashreplace") for key in (self.first_key, self.last_key)],
            "numbered": self.numbered,
            "shuffled": self.is_shuffled,
            "unreadable": self.unreadable,
            "encodings": dict(self.encodings),
            "shapes": {"x".join(map(str, shape)): count for shape, count in self.shapes.most_common()},
            "label_maps": self.is_label_maps,
            "numbers": [list(span) for span in self.ranges],
            "counts": {str(label): count for label, count in self.class_counts().items()},
            "class_weights": {str(label): weight for label, weight in self.class_weights(ignore).items()},
        }


def summarize(database: Database, done: Callable[[int], None] = lambda count: None) -> Summary:
    """Counts what is in the database; entries that are no Datums are counted as unreadable."""
    summary = Summary(database.path)
    for key, value in database:
        summary.add(key, value)
        done(summary.entries)
    return summary
