"""docs/layers.md speaks of every layer type and every golden case that there is."""

from __future__ import annotations

import re

from golden import table, take, trajectories

import pycaffe_ext as caffe

TEXT = table.DOCUMENT.read_text()
ROWS = {kind: int(count) for kind, count in re.findall(r"^\| (\w+) \| (\d+) \|", TEXT, re.MULTILINE)}


def test_every_type_is_listed_with_its_cases() -> None:
    cases = {kind: len(take.load(take.HERE / f"{kind}.npz")) for kind in take.all_types()}
    assert {kind: ROWS.get(kind) for kind in cases} == cases, "write it again: python -m tests.golden.table"
    beside = {kind for kind, _ in re.findall(r"^- (\w+): (tests/.*)$", TEXT, re.MULTILINE)}
    assert set(cases) | beside == set(caffe.layer_type_list())


def test_every_solver_is_listed_with_its_runs() -> None:
    runs = {kind: sum(name.split("-")[0] == kind for name in trajectories.SETTINGS) for kind in trajectories.SOLVERS}
    assert {kind: ROWS.get(kind) for kind in runs} == runs
