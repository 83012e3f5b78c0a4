"""What a job prints: lines without a terminal, a progress line with one."""

from __future__ import annotations

import errno
import os
import re
import sys
from pathlib import Path

import pytest
from jobs import toy

from pycaffe_ext import jobs
from pycaffe_ext.jobs.screen import Screen


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def run(solver: str, *, quiet: bool = False, **settings: object) -> jobs.Result:
    with Screen(quiet=quiet) as screen:
        result = jobs.train(solver, listeners=[screen], **settings)  # type: ignore[arg-type]
        screen.summary(result)
    return result


def test_lines(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run(toy.write(tmp_path, max_iter=4))
    printed = capsys.readouterr().out
    numbers = re.sub(r"\d[\d.,]* it/s +\d[\d.,]* images/s +\d:\d\d:\d\d left", "PACE", printed)
    numbers = re.sub(r"accuracy [01]", "accuracy A", numbers)
    numbers = re.sub(r"\d:\d\d:\d\d, \d[\d.,]* images/s", "TIME", re.sub(r"loss \d[.\d]*", "loss L", numbers))
    assert numbers.splitlines() == [
        "Toy on the CPU: 171 of 171 parameters learn",
        "Iterations 0 to 4 of 4 images",
        "Iteration 0  test: accuracy A, loss L",
        "Iteration 0  loss L  lr 0.1  PACE",
        "Iteration 2  loss L  lr 0.1  PACE",
        "Iteration 3  test: accuracy A, loss L",
        "Iteration 4  snapshot: toy_iter_4.caffemodel, toy_iter_4.solverstate",
        "Done at iteration 4 after TIME",
        "  training  loss L at iteration 4",
        "  test      accuracy A, loss L at iteration 3",
        "  file      toy_iter_4.caffemodel",
        "  file      toy_iter_4.solverstate",
        "  file      toy_log.csv",
        "  file      toy_curves.png",
    ]


def test_quiet_prints_warnings_only(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run(toy.write(tmp_path, base_lr="1e30"), quiet=True)
    printed = capsys.readouterr()
    assert printed.out == ""
    assert printed.err.startswith("warning: iteration ")
    assert printed.err.count("\n") == 1


def test_a_long_list_of_outputs_is_cut(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    solver = toy.write(tmp_path, classes=20)
    (tmp_path / "net.prototxt").write_text(
        toy.NET.replace('top: "accuracy"', 'top: "accuracy" top: "each"') % {"classes": 20, "conv_rate": 1}
    )
    run(solver, iterations=0)
    printed = capsys.readouterr().out
    assert "each[8]" in printed
    assert "each[9]" not in printed
    assert ", and 12 more" in printed


class GoneTerminal:
    """Standard output whose terminal was closed."""

    def __init__(self, descriptor: int) -> None:
        self.writes = 0
        self._descriptor = descriptor

    def fileno(self) -> int:
        return self._descriptor

    def write(self, text: str) -> int:
        self.writes += 1
        raise OSError(errno.EIO, "Input/output error")

    def flush(self) -> None:
        raise OSError(errno.EIO, "Input/output error")

    def isatty(self) -> bool:
        return False

    encoding = "utf-8"


def test_a_closed_terminal_does_not_end_the_training(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    solver = toy.write(tmp_path)
    with open(tmp_path / "descriptor", "w") as file:
        gone = GoneTerminal(file.fileno())
        monkeypatch.setattr(sys, "stdout", gone)
        assert run(solver).iteration == 8
        assert gone.writes
        assert os.readlink(f"/proc/self/fd/{file.fileno()}") == "/dev/null"
