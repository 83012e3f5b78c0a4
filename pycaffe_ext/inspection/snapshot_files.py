"""Snapshots of one training, in the order in which they were taken."""

from __future__ import annotations

import re
from glob import glob
from typing import NamedTuple

from ..errors import OptionError

_ITERATION = re.compile(r"_iter_(\d+)\.caffemodel(\.h5)?$")


class Snapshot(NamedTuple):
    """Weights after so many iterations."""

    iteration: int
    path: str


def snapshot_files(pattern: str) -> list[Snapshot]:
    """The files PREFIX_iter_N.caffemodel (or .h5) that a pattern with * matches, by their iteration.

    Raises OptionError where none does, or where two trainings are matched.
    """
    paths = {path: match for path in sorted(glob(pattern)) if (match := _ITERATION.search(path))}
    if not paths:
        raise OptionError(f"no file PREFIX_iter_N.caffemodel matches '{pattern}'")
    prefixes = dict.fromkeys(path[: match.start()] for path, match in paths.items())
    if len(prefixes) > 1:
        raise OptionError(f"'{pattern}' matches snapshots of several trainings: {', '.join(prefixes)}")
    return sorted(Snapshot(int(match[1]), path) for path, match in paths.items())
