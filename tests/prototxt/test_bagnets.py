"""The BagNets are what data/write_bagnets.py writes, and their patches are of the published sizes."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from pycaffe_ext.proto.caffe_pb2 import NetParameter, SolverParameter
from pycaffe_ext.proto.files import read_text
from pycaffe_ext.surgery.receptive_field import Fields
from pycaffe_ext.text import Document

ROOT = Path(__file__).parents[2]


def test_committed_files_are_what_the_script_writes(tmp_path: Path) -> None:
    """Compared as messages: how numbers are printed depends on protobuf's version."""
    subprocess.run([sys.executable, ROOT / "data/write_bagnets.py", tmp_path], check=True)
    written = sorted(path.relative_to(tmp_path) for path in tmp_path.rglob("*.prototxt"))
    assert len(written) == 9
    for path in written:
        kind = SolverParameter if path.name == "solver.prototxt" else NetParameter
        ours, committed = (folder / path for folder in (tmp_path, ROOT / "prototxt"))
        assert read_text(ours, kind()) == read_text(committed, kind())
        comments = [[line for line in one.read_text().splitlines() if line[:1] == "#"] for one in (ours, committed)]
        assert comments[0] == comments[1]


@pytest.mark.parametrize("size", [9, 17, 33])
def test_the_last_feature_map_sees_patches(size: int) -> None:
    """Of the published size, 8 pixels apart; the first of them begins at the corner, since nothing is padded."""
    rows = Fields(Document.read(ROOT / f"prototxt/bagnet{size}/deploy.prototxt")).rows()
    last = next(row for row in reversed(rows) if row.blob == "res5c")
    assert last.height == last.width == (size, 8, (size - 1) / 2)
