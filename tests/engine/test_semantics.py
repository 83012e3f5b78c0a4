"""Nets and solvers beyond their layers, against what real Caffe does with the same files and calls."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest
import real_caffe
from difference import largest_difference
from golden.semantics import refused, take
from real_caffe import needs_real_caffe

import pycaffe_ext as caffe
from pycaffe_ext.command.solver_log import SolverLog
from pycaffe_ext.engine.solver import Solver
from pycaffe_ext.errors import CaffeError

TOLERANCE = 2e-5  # of a log's numbers too: six digits are written

CASES, LOGGED = take.all_cases()
GOLDEN, LAST_WORDS = take.load()
NUMBER = re.compile(r"(?<=[ (])-?\d[\d.]*(?:e[+-]?\d+)?")


@pytest.fixture(autouse=True)
def _folder_and_log(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("GLOG_minloglevel", "0")
    monkeypatch.setattr(Solver, "new_listeners", [SolverLog])


def too_different(ours: dict[str, np.ndarray], real: dict[str, np.ndarray]) -> dict[str, float]:
    assert set(ours) == set(real)
    differences = {name: largest_difference(ours[name], real[name]) for name in real}
    return {name: difference for name, difference in differences.items() if not difference <= TOLERANCE}


@pytest.mark.parametrize("name", CASES)
def test_equals_real_caffe(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    arrays, texts, log = GOLDEN[name]
    ours = CASES[name](caffe)
    assert {key: ours.pop(key) for key in texts} == texts
    assert not too_different(ours, arrays)
    if name in LOGGED:
        assert_same_log(take.lines(capsys.readouterr().err), log)


def assert_same_log(ours: list[str], real: list[str]) -> None:
    assert [NUMBER.sub("N", line) for line in ours] == [NUMBER.sub("N", line) for line in real]
    for line, expected in zip(ours, real, strict=True):
        numbers = [[float(found) for found in NUMBER.findall(text)] for text in (line, expected)]
        assert numbers[0] == pytest.approx(numbers[1], rel=TOLERANCE), (line, expected)


@pytest.mark.parametrize("name", refused.REFUSED)
def test_what_ends_real_caffe_is_an_error_here(name: str) -> None:
    assert LAST_WORDS[name]
    with pytest.raises(CaffeError) as raised:
        refused.attempt(caffe, name)
    assert "\n" not in str(raised.value)


@needs_real_caffe
def test_the_golden_file_is_what_real_caffe_says_now() -> None:
    with real_caffe.folder() as real:
        now, last_words = take.load(take.in_real_caffe(real))
    assert now.keys() == GOLDEN.keys() == CASES.keys(), "take it again: python tests/golden/semantics/take.py"
    assert last_words.keys() == LAST_WORDS.keys() and all(last_words.values())
    for name, (arrays, texts, log) in GOLDEN.items():
        assert now[name][1] == texts
        assert_same_log(now[name][2], log)
        assert not too_different(now[name][0], arrays), name
