"""What SolverLog says where a training does not go its usual way."""

from __future__ import annotations

from pathlib import Path

import pytest

from pycaffe_ext import get_solver
from pycaffe_ext.command.solver_log import SolverLog
from pycaffe_ext.engine.events import Request
from pycaffe_ext.engine.solver import Solver


def _solver(**replaced: str) -> Solver:
    text = Path("solver.prototxt").read_text()
    for field, line in replaced.items():
        text = "\n".join(line if found.startswith(f"{field}:") else found for found in text.splitlines())
    Path("changed.prototxt").write_text(text)
    solver = get_solver("changed.prototxt")
    solver.listeners.append(SolverLog(solver))
    return solver


def _told(capsys: pytest.CaptureFixture[str]) -> list[str]:
    return [line.partition("] ")[2] for line in capsys.readouterr().err.splitlines()]


def test_a_test_that_is_stopped(job_folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    solver = _solver()
    requests = iter([Request.NONE, Request.NONE, Request.STOP])
    solver.ask = lambda: next(requests, Request.NONE)
    solver.solve()
    assert _told(capsys) == [
        "Solving Small",
        "Learning Rate Policy: multistep",
        "Iteration 0, Testing net (#0)",
        "Test interrupted.",
        "Optimization stopped early.",
    ]


def test_a_snapshot_in_the_middle_of_a_test(job_folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    solver = _solver(max_iter="max_iter: 1")
    requests = iter([Request.NONE, Request.SNAPSHOT])
    solver.ask = lambda: next(requests, Request.NONE)
    solver.solve()
    told = _told(capsys)
    assert told[3] == "Snapshotting to binary proto file small_iter_0.caffemodel"
    assert told[5].startswith("Test loss: ")
    assert "Test interrupted." not in told


def test_hdf5_and_no_tests(job_folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    solver = _solver(
        max_iter="max_iter: 5",
        test_iter="",
        test_interval="",
        snapshot_prefix='snapshot_prefix: "h" snapshot_format: HDF5',
    )
    solver.solve()
    solver.solve()  # nothing is left to do: the last pass is shown once more
    told = _told(capsys)
    assert "Snapshotting to HDF5 file h_iter_5.caffemodel.h5" in told
    assert "Snapshotting solver state to HDF5 file h_iter_5.solverstate.h5" in told
    assert sum(line.startswith("Iteration 5, loss = ") for line in told) == 2
    assert told[-1] == "Optimization Done."
