from __future__ import annotations

import os
from itertools import pairwise
from pathlib import Path

import h5py
import numpy as np
import pytest

from pycaffe_ext.datasets.hdf5_batches import Hdf5Batches
from pycaffe_ext.errors import DataError, FileError


@pytest.fixture
def source(tmp_path: Path) -> str:
    """A list of three files with rows 0 to 4, 5 to 7, and 8 to 14."""
    rows = np.arange(15)
    for name, part in (("a", rows[:5]), ("b", rows[5:8]), ("c", rows[8:])):
        with h5py.File(tmp_path / f"{name}.h5", "w") as file:
            file["row"], file["twice"] = part, np.stack([part, 2 * part], 1)
    (tmp_path / "list.txt").write_text("".join(f"{tmp_path}/{name}.h5\n" for name in "abc"))
    return str(tmp_path / "list.txt")


def rounds(batches: Hdf5Batches, count: int) -> list[list[int]]:
    """So many rounds of 15 rows, in batches of 5."""
    found = []
    for _ in range(3 * count):
        row, twice = batches.next()
        assert np.array_equal(twice, np.stack([row, 2 * row], 1))
        found += row.tolist()
    return [found[start : start + 15] for start in range(0, len(found), 15)]


def test_shuffling_mixes_files_and_the_rows_of_each(source: str) -> None:
    files = [set(range(5)), set(range(5, 8)), set(range(8, 15))]
    seen = rounds(Hdf5Batches(source, ["row", "twice"], 5, seed=0), 60)
    orders = set()
    for order in seen:
        assert sorted(order) == list(range(15))
        whose = [next(number for number, rows in enumerate(files) if row in rows) for row in order]
        changes = [whose[0], *(now for before, now in pairwise(whose) if now != before)]
        assert len(changes) == 3  # a file is done before the next begins
        orders.add(tuple(changes))
    assert len(orders) == 6
    assert len(set(map(tuple, seen))) == 60
    assert seen == rounds(Hdf5Batches(source, ["row", "twice"], 5, seed=0), 60)
    assert seen != rounds(Hdf5Batches(source, ["row", "twice"], 5, seed=1), 60)


def test_a_single_file_is_shuffled_anew_in_every_round(source: str, tmp_path: Path) -> None:
    (tmp_path / "list.txt").write_text(f"{tmp_path}/a.h5")
    batches = Hdf5Batches(source, ["row"], 5, seed=3)
    seen = [tuple(batches.next()[0]) for _ in range(60)]
    assert {tuple(sorted(order)) for order in seen} == {(0, 1, 2, 3, 4)}
    assert len(set(seen)) > 30


def rewrite(path: Path, **datasets: object) -> None:
    with h5py.File(path, "w") as file:
        for name, value in datasets.items():
            file[name] = value


def test_bad_files_are_named_with_their_line(source: str, tmp_path: Path) -> None:
    bad = tmp_path / "b.h5"

    def problem() -> str:
        batches = Hdf5Batches(source, ["row", "twice"], 4)
        batches.next()
        for _ in range(2):
            with pytest.raises(DataError) as caught:
                batches.next()
        assert str(caught.value).startswith(f"{source}:2: {bad}: ")
        return str(caught.value).removeprefix(f"{source}:2: {bad}: ")

    rewrite(bad, row=[1, 2], twice=[[1, 2]])
    assert problem() == "datasets need equally many rows, at least 1; they have: 'row' 2, 'twice' 1"
    rewrite(bad, row=[1], twice=[[1, 2, 3]])
    assert problem() == "rows are [(), (3,)], in the first file [(), (2,)]"
    rewrite(bad, row=[1])
    assert problem() == "no dataset 'twice'"
    rewrite(bad, row=np.zeros(0), twice=np.zeros((0, 2)))
    assert problem() == "datasets need equally many rows, at least 1; they have: 'row' 0, 'twice' 0"
    rewrite(bad, row=np.array([b"a"]), twice=[[1, 2]])
    assert problem() == "dataset 'row' holds |S1, not numbers"
    rewrite(bad, row=1, twice=[[1, 2]])
    assert problem() == "dataset 'row' has no rows: it needs at least 1 axis"
    os.truncate(bad, 100)
    assert problem() == "cannot be read: it is no HDF5 file, or is damaged"
    bad.unlink()
    assert problem() == "cannot be read: No such file or directory"


def test_bad_lists(tmp_path: Path) -> None:
    with pytest.raises(FileError, match=r"list.txt: cannot be read: No such file"):
        Hdf5Batches(str(tmp_path / "list.txt"), ["row"], 1)
    (tmp_path / "list.txt").write_text("\n \n")
    with pytest.raises(DataError, match=r"list.txt: names no HDF5 file$"):
        Hdf5Batches(str(tmp_path / "list.txt"), ["row"], 1)
