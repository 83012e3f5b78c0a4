"""The text that caffe prints, read back: against the rows of our own log of the same training."""

from __future__ import annotations

import io
from contextlib import redirect_stderr
from math import isnan
from pathlib import Path

import pytest
from jobs import toy
from jobs.test_real_caffe_log import SOLVER, VARIANTS, folder
from real_caffe import RealFolder, needs_real_caffe

from pycaffe_ext import jobs
from pycaffe_ext.errors import FileError
from pycaffe_ext.logs import Row
from pycaffe_ext.logs.caffe_log import read_caffe_log
from pycaffe_ext.logs.csv_log import read_log
from pycaffe_ext.logs.reading import read_any

__all__ = ["folder"]  # a fixture

LOG = """\
Log file created at: 2026/11/21 08:33:09
I1231 23:59:58.500000  77 solver.cpp:289] Solving Toy
I1231 23:59:58.600000  77 solver.cpp:347] Iteration 0, Testing net (#1)
I1231 23:59:59.500000  77 solver.cpp:414]     Test net output #0: accuracy = 0.25
I1231 23:59:59.500000  77 solver.cpp:414]     Test net output #1: a = 2 (* 0.5 = 1 loss)
I1231 23:59:59.500000  77 solver.cpp:414]     Test net output #2: b = 3 (* 2 = 6 loss)
I0101 00:00:00.250000  77 solver.cpp:239] Iteration 0 (-4.2e-45 iter/s, 1.75s/5 iters), loss = 1.5e+01
I0101 00:00:00.250000  77 solver.cpp:258]     Train net output #0: p = 0.5
I0101 00:00:00.250000  77 solver.cpp:258]     Train net output #1: p = 0.75
I0101 00:00:00.250000  77 sgd_solver.cpp:112] Iteration 0, lr = 0.01
I0101 00:00:02.250000  77 solver.cpp:239] Iteration 5, loss = -nan
I0101 00:00:02.250000  77 sgd_solver.cpp:112] Iteration 5, lr = 0.001
"""
TEST = Row(0, 1.0, "test", 1, None, 7.0, {"accuracy": 0.25, "a": 2, "b": 3})
TRAIN = Row(0, 1.75, "train", None, 0.01, 15, {"p[0]": 0.5, "p[1]": 0.75})


def test_every_kind_of_line(tmp_path: Path) -> None:
    (tmp_path / "log").write_text(LOG)
    test, train, last = read_caffe_log(tmp_path / "log")
    assert (test, train) == (TEST, TRAIN)
    assert (last.iteration, last.seconds, last.rate) == (5, 3.75, 0.001)
    assert last.total_loss is not None and isnan(last.total_loss)


def test_glogs_newer_dates(tmp_path: Path) -> None:
    newer = LOG.replace("I1231", "I20251231").replace("I0101", "I20260101")
    (tmp_path / "log").write_text(newer)
    assert read_caffe_log(tmp_path / "log")[:2] == [TEST, TRAIN]


def test_a_run_that_goes_on_takes_the_place_of_what_it_repeats(tmp_path: Path) -> None:
    again = "I0101 01:00:00.0 9 solver.cpp:289] Solving Toy\nI0101 01:00:01.0 9 s.cpp:1] Iteration 5, loss = 4\n"
    again += "I0101 01:00:01.0 9 s.cpp:1] Iteration 5, lr = 0.001\n"
    (tmp_path / "log").write_text(LOG + again)
    rows = read_caffe_log(tmp_path / "log")
    assert [(row.iteration, row.total_loss) for row in rows] == [(0, 7), (0, 15), (5, 4)]


def test_what_is_no_log(tmp_path: Path) -> None:
    (tmp_path / "log").write_text("nothing\nof it\n")
    with pytest.raises(FileError, match=r"log: holds no training: neither train\.py's CSV log, nor what"):
        read_any(tmp_path / "log")
    with pytest.raises(FileError, match="absent: cannot be read"):
        read_any(tmp_path / "absent")


def test_our_own_caffe_command(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """`python -m pycaffe_ext train` prints the same lines; its text and train.py's CSV say the same."""
    from pycaffe_ext import glog
    from pycaffe_ext.__main__ import caffe

    monkeypatch.chdir(tmp_path)
    toy.write(tmp_path)
    jobs.train("solver.prototxt")
    printed = io.StringIO()
    with redirect_stderr(printed):
        caffe(["train", "-solver", "solver.prototxt"])
    glog.configure()
    Path("log.txt").write_text(printed.getvalue())
    same_rows(read_any("log.txt"), read_any("toy_log.csv"))


@needs_real_caffe
@pytest.mark.parametrize("settings", VARIANTS.values(), ids=VARIANTS)
def test_what_real_caffe_prints(folder: RealFolder, settings: str) -> None:
    (folder.path / "solver.prototxt").write_text(SOLVER % ("small", settings))
    log = folder.run("caffe", "train", "-solver", "solver.prototxt", env={"GLOG_minloglevel": "0"}).stderr
    (folder.path / "log.txt").write_text(log)
    jobs.train("solver.prototxt")
    same_rows(read_caffe_log("log.txt"), read_log("small_log.csv"))


def same_rows(found: list[Row], expected: list[Row]) -> None:
    """Equal but for the time, and for the last digits."""
    assert [(row.iteration, row.phase, row.net) for row in found] == [
        (row.iteration, row.phase, row.net) for row in expected
    ]
    for ours, theirs in zip(found, expected, strict=True):
        assert _numbers(ours) == pytest.approx(_numbers(theirs), rel=1e-5)
        assert ours.seconds >= 0


def _numbers(row: Row) -> dict[str, float]:
    fixed = {"lr": row.rate, "total loss": row.total_loss}
    return row.outputs | {name: value for name, value in fixed.items() if value is not None}
