"""How often each label occurs in what a data layer reads."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from .case import Case
from .data_source import DataSource

if TYPE_CHECKING:
    from .classes import ClassUse


@dataclass
class LabelCounts:
    """`counts`: how many labels (images, or pixels of label maps) have each value. `room`: how many labels the
    entries in which it occurs hold together; `first`: the first key with it. `entries` of `total` were looked at.
    """

    is_map: bool
    counts: dict[int, int] = field(default_factory=dict)
    room: dict[int, int] = field(default_factory=dict)
    first: dict[int, str] = field(default_factory=dict)
    sizes: dict[tuple[int, ...], str] = field(default_factory=dict)
    """The sizes H x W of label maps, each with the first key that has it."""
    entries: int = 0
    total: int = 0

    def add(self, key: bytes, found: dict[int, int]) -> None:
        """One entry, by its values and how many it has of each."""
        size = sum(found.values())
        self.entries += 1
        for value, count in found.items():
            self.counts[value] = self.counts.get(value, 0) + count
            self.room[value] = self.room.get(value, 0) + size
            self.first.setdefault(value, key.decode(errors="backslashreplace"))

    def of_classes(self, ignore: int | None) -> dict[int, int]:
        """The counts without what is ignored, by label."""
        return {value: count for value, count in sorted(self.counts.items()) if value != ignore}

    @property
    def unit(self) -> str:
        return "pixels" if self.is_map else "images"

    @property
    def extent(self) -> str:
        """ "all 2,000 images", or how many of them."""
        what = "label maps" if self.is_map else "entries"
        number = "all" if self.entries == self.total else f"{self.entries:,} of"
        return f"{number} {self.total:,} {what}"


def label_counts(case: Case, use: ClassUse) -> LabelCounts | None:
    """The labels that a loss or metric gets, counted once for each source; None where they cannot be looked at.

    Raises DataError where an entry is none.
    """
    source = use.labels
    if source is None or not source.usable:
        return None
    if use.label_blob not in source.counted:
        source.counted[use.label_blob] = _counted(case, source, use.label_blob)
    counts: LabelCounts | None = source.counted[use.label_blob]
    return counts


def _counted(case: Case, source: DataSource, blob: str) -> LabelCounts | None:
    import numpy as np

    total = len(source)
    if source.layer.type == "HDF5Data":
        if blob not in source.layer.top_names:
            return None
        rows = source.rows(blob)
        counts = LabelCounts(rows.ndim > 1 and rows[:1].size > 1, total=total)
        for number, row in enumerate(rows):
            values, numbers = np.unique(row, return_counts=True)
            found = dict(zip(values.astype(int).tolist(), numbers.tolist(), strict=True))
            counts.add(f"row {number}".encode(), found)
        return counts
    counts = LabelCounts(not source.is_single_label, total=total)
    what = f"labels of {source.written}"
    if source.is_single_label:
        for key, label in case.progress(source.labels(), total, what):
            counts.add(key, {label: 1})
        return counts
    most = min(total, case.sample) if case.sample else total
    for item in case.progress(source.items(most), most, what):
        values, numbers = np.unique(item.pixels, return_counts=True)
        found = dict(zip(values.astype(int).tolist(), numbers.tolist(), strict=True))
        counts.add(item.key, found)
        counts.sizes.setdefault(tuple(item.pixels.shape[1:]), item.key.decode(errors="backslashreplace"))
    return counts
