"""set_solver_count and set_solver_rank: the part of the data that one of several solvers reads."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import h5py
import lmdb
import numpy as np
from real_caffe import needs_real_caffe

from pycaffe_ext.proto.caffe_pb2 import Datum


def _data(folder: Path) -> None:
    """7 entries of a database, and 5 and 2 rows of two files."""
    with lmdb.open(str(folder / "db"), map_size=1 << 22) as database, database.begin(write=True) as writing:
        for i in range(7):
            datum = Datum(channels=1, height=1, width=1, data=bytes([i]), label=i)
            writing.put(f"{i:08d}".encode(), datum.SerializeToString())
    for name, rows in (("a", np.arange(5.0)), ("b", np.arange(10.0, 12))):
        with h5py.File(folder / f"{name}.h5", "w") as file:
            file["x"] = rows[:, None]
    (folder / "list.txt").write_text("a.h5\nb.h5\n")


@needs_real_caffe
def test_each_solver_reads_its_part(both_sides: Callable) -> None:
    real, ours = both_sides("parts", _data)
    assert real["2 1 0 0 label"].tolist() == [1, 3, 5]
    for name, expected in real.items():
        assert np.array_equal(ours[name], expected), name
