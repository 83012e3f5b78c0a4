"""`train -engine caffe`: the tool's flags and log lines over genuine Caffe."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import real_caffe
from real_caffe import needs_real_caffe

from pycaffe_ext import get_solver
from pycaffe_ext.__main__ import caffe
from pycaffe_ext.command.real_train import RealLines
from pycaffe_ext.errors import CaffeError, OptionError, UnknownNameError

REAL = ["-engine", "caffe", "-caffe_chroot", str(real_caffe.chroot)]
# Times, and a number's last digits, which rounding may change
_TIMES = re.compile(r"\(.* iter/s, .*/5 iters\)")


def lines(log: str) -> list[str]:
    """The log's messages, without heads, times and what is only one engine's."""
    told = [line.partition("] ")[2] or line for line in log.splitlines()]
    return [_TIMES.sub("", line) for line in told if not line.startswith(("Restarting data", "Waiting for"))]


@needs_real_caffe
def test_both_engines_write_the_same_log(job_folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    solver = get_solver("solver.prototxt")
    solver.net.save("start.caffemodel")
    solver.close()
    capsys.readouterr()
    logs = {}
    for name, flags in (("ours", []), ("real", REAL)):
        caffe(["train", "-solver", "solver.prototxt", "-weights", "start.caffemodel", *flags])
        logs[name] = lines(capsys.readouterr().err)
    ours, real = logs["ours"], logs["real"]
    begin = "Solving Small"
    after = real[real.index(begin) :]
    assert [re.sub(r"-?[\d.]+(e-\d+)?", "N", line) for line in after] == [
        re.sub(r"-?[\d.]+(e-\d+)?", "N", line) for line in ours[ours.index(begin) :]
    ]
    losses = [float(line.rpartition("loss = ")[2]) for log in (ours, after) for line in log if "Iteration 5 " in line]
    assert losses[0] == pytest.approx(losses[1], rel=1e-4)  # same weights, same batches
    # how the nets are built is told by Caffe itself
    built = real[: real.index(begin)]
    for line in ("Creating Layer conv1", "Top shape: 8 5 10 10 (4000)", "Solver scaffolding done."):
        assert line in built and line in ours
    assert not any("snapshot_prefix" in line and "/.caffe-" in line for line in real)
    assert Path("small_iter_40.caffemodel").exists()


@needs_real_caffe
def test_it_resumes(job_folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    caffe(["train", "-solver", "solver.prototxt", *REAL])
    capsys.readouterr()
    caffe(["train", "-solver", "solver.prototxt", "-snapshot", "small_iter_20.solverstate", *REAL])
    told = lines(capsys.readouterr().err)
    assert not any(line.startswith("Iteration 15") for line in told)
    assert any(line.startswith("Iteration 25") for line in told)


@needs_real_caffe
def test_a_failed_check_is_one_error(job_folder: Path) -> None:
    net = Path("net.prototxt")
    net.write_text(net.read_text().replace("kernel_size: 3", "kernel_size: 0"))
    with pytest.raises(CaffeError, match="real Caffe stopped: Check failed: "):
        caffe(["train", "-solver", "solver.prototxt", *REAL])


def test_real_lines(capsys: pytest.CaptureFixture[str]) -> None:
    passing = RealLines()
    for line in (
        "I20261121 12:54:32.978468 10077 net.cpp:53] Initializing net from parameters: ",
        'name: "Small"',
        "I1121 12:54:32.978468 10077 solver.cpp:45] Initializing solver from parameters: ",
        'net: "x"',
        "I1121 12:54:32.978468 10077 solver.cpp:464] Snapshotting to binary proto file aside",
        "W1121 12:54:32.978468 10077 net.cpp:1] Waiting",
    ):
        passing(line + "\n")
    assert capsys.readouterr().err.splitlines() == [
        "I1121 12:54:32.978468 10077 net.cpp:53] Initializing net from parameters: ",
        'name: "Small"',
        "W1121 12:54:32.978468 10077 net.cpp:1] Waiting",
    ]


@pytest.mark.parametrize(
    ("flags", "error", "message"),
    [
        (["-engine", "cafe"], UnknownNameError, "no engine 'cafe'; did you mean 'caffe'"),
        (["-engine", "caffe", "-gpu", "all"], OptionError, "-gpu all: -engine caffe runs on one GPU"),
        (["-engine", "caffe", "-docker", "a", "-caffe_python", "b"], OptionError, "one of -caffe_python and -docker"),
    ],
)
def test_wrong_flags(job_folder: Path, flags: list[str], error: type[CaffeError], message: str) -> None:
    with pytest.raises(error, match=message):
        caffe(["train", "-solver", "solver.prototxt", *flags])
