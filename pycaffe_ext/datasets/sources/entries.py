"""What every source gives: entries in order."""

from __future__ import annotations

import os
from dataclasses import dataclass, field, replace
from typing import NamedTuple

import numpy as np


class Entry(NamedTuple):
    """One image: `name` (its path below the root, which goes into the key), label, and line in the list file."""

    name: str
    label: int
    line: int = 0


@dataclass(frozen=True)
class Listing:
    """The entries of a source, in order."""

    root: str
    entries: list[Entry]
    classes: list[str] = field(default_factory=list)
    """Class names by label, where the source knows them."""
    ignored: list[str] = field(default_factory=list)
    """Files in the source that are no images by their name."""
    file: str = ""
    """The list file, where there is one."""

    def path(self, entry: Entry) -> str:
        """The file that an entry names."""
        return os.path.join(self.root, entry.name)

    def where(self, entry: Entry) -> str:
        """ "FILE:LINE: ", for messages; empty where the source is no list file."""
        return f"{self.file}:{entry.line}: " if entry.line else ""

    def shuffled(self, seed: int) -> Listing:
        """The same entries in an order that only the seed and their number decide, on any machine."""
        order = np.random.RandomState(seed).permutation(len(self.entries))
        return replace(self, entries=[self.entries[i] for i in order])
