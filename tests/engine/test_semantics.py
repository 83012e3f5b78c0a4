"""Nets and solvers beyond their layers, against what real Caffe does to the same files and calls."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest
import real_caffe
from difference import largest_difference
from golden import semantics
from golden.semantics_cases import CASES, LOGGED
from real_caffe import needs_real_caffe

import pycaffe_ext as caffe
from pycaffe_ext.command.solver_log import SolverLog
from pycaffe_ext.engine.solver import Solver

TOLERANCE = 2e-5
LOG_TOLERANCE = 2e-5  # six digits are written
RETAKEN_TOLERANCE = 1e-5  # another processor's BLAS adds in another order

GOLDEN = semantics.load()
NUMBER = re.compile(r"-?\b\d+(?:\.\d+)?(?:e[+-]?\d+)?\b")


@pytest.fixture(autouse=True)
def _in_a_folder_with_the_log_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("GLOG_minloglevel", "0")
    monkeypatch.setattr(Solver, "new_listeners", [SolverLog])


def differences(ours: dict[str, np.ndarray], real: dict[str, np.ndarray]) -> dict[str, float]:
    assert set(ours) == set(real)
    return {name: largest_difference(ours[name], real[name]) for name in real}


@pytest.mark.parametrize("name", CASES)
def test_equals_real_caffe(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    arrays, texts, log = GOLDEN[name]
    ours = CASES[name](caffe)
    assert {key: ours.pop(key) for key in texts} == texts
    wrong = {key: value for key, value in differences(ours, arrays).items() if not value <= TOLERANCE}
    assert not wrong
    if name in LOGGED:
        assert_same_log(semantics.lines(capsys.readouterr().err), log)


def assert_same_log(ours: list[str], real: list[str]) -> None:
    """From the first line of a training on; real Caffe tells of a net's building what we do not."""
    told = [[line for line in lines if not BUILDING.match(line)] for lines in (ours, real)]
    assert [NUMBER.sub("N", line) for line in told[0]] == [NUMBER.sub("N", line) for line in told[1]]
    for line, expected in zip(*told, strict=True):
        numbers = [[float(found) for found in NUMBER.findall(text)] for text in (line, expected)]
        assert numbers[0] == pytest.approx(numbers[1], rel=LOG_TOLERANCE), (line, expected)


BUILDING = re.compile("nothing")


@needs_real_caffe
def test_the_golden_file_is_what_real_caffe_says_now() -> None:
    with real_caffe.folder() as real:
        now = semantics.load(semantics.in_real_caffe(real))
    assert now.keys() == GOLDEN.keys(), "take it again: python tests/golden/semantics.py"
    for name, (arrays, texts, log) in GOLDEN.items():
        assert (now[name][1], now[name][2]) == (texts, log), name
        wrong = {k: value for k, value in differences(now[name][0], arrays).items() if not value <= RETAKEN_TOLERANCE}
        assert not wrong, name
