"""train.py as its users meet it: options, errors, signals, crashes."""

from __future__ import annotations

import errno
import os
import pty
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from jobs import toy
from tool import TOOLS, command

from pycaffe_ext import cli, jobs
from pycaffe_ext.jobs.screen import Screen


def train(*arguments: str) -> int:
    return cli.run(command("train").main, arguments)


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "argv", ["train.py"])
    return tmp_path


# Options


def test_fine_tune_then_resume(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert train(toy.write(folder), "--iterations", "4", "--quiet") == 0
    os.rename("toy_iter_4.caffemodel", "start.caffemodel")
    options = ["--out", "tuned", "--log", "log.csv"]
    assert train("solver.prototxt", "--weights", "start.caffemodel", *options, "--iterations", "4") == 0
    assert train("solver.prototxt", "--snapshot", "tuned/toy_iter_4.solverstate", *options) == 0
    assert "Iterations 4 to 8 of 4 images" in capsys.readouterr().out
    assert Path("tuned/toy_iter_8.solverstate").is_file()
    assert Path("log.csv").read_text().count("\n") == 9


def test_dry_run(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert train(toy.write(folder, conv_rate=0, iter_size=2), "--dry-run") == 0
    lines = [line.split() for line in capsys.readouterr().out.splitlines()]
    assert ["conv", "Convolution", "4", "x", "6", "x", "3", "x", "1", "114", "frozen"] in lines
    assert ["ip", "InnerProduct", "4", "x", "3", "57", "1,", "1"] in lines
    text = [" ".join(line) for line in lines]
    assert "Learning: 57 of 171 parameters; SGD, base_lr 0.1" in text
    assert "Training: on the CPU, iterations 0 to 8, 8 images each (iter_size 2)" in text
    assert "Test 0: every 3 iterations, 2 batches of 4 images; accuracy, loss" in text
    assert any(line.startswith("Memory: at least ") for line in text)
    assert {path.name for path in folder.iterdir()} == {"net.prototxt", "solver.prototxt"}


def test_help_needs_no_torch() -> None:
    command = [sys.executable, "-X", "importtime", TOOLS / "train.py", "--help"]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    assert "--snapshot S.solverstate" in done.stdout
    assert "pycaffe_ext.cli" in done.stderr
    assert "torch._C" not in done.stderr


# Errors: one line, status 2

BAD: dict[str, tuple[dict[str, object], list[str], str]] = {
    "no solver": ({}, ["absent.prototxt"], "absent.prototxt: cannot be read: No such file or directory"),
    "no net": ({"net": '"absent.prototxt"'}, [], "absent.prototxt: cannot be read: No such file or directory"),
    "syntax": ({"max_iter": "ten"}, [], "solver.prototxt:9:11: "),
    "unknown field": ({"max_iters": 5}, [], "did you mean 'max_iter'"),
    "no snapshot folder": (
        {"snapshot_prefix": '"absent/toy"'},
        [],
        "absent: snapshot_prefix names a folder that does not exist; make it, or give --out DIR",
    ),
    "no folder, no snapshots": (
        {"snapshot_prefix": '"absent/toy"', "snapshot": 0},
        [],
        "absent: snapshot_prefix names a folder that does not exist; make it, or give --out DIR",
    ),
    "no weights": ({}, ["--weights", "absent.caffemodel"], "absent.caffemodel: cannot be read: No such file"),
    "no snapshot": ({}, ["--snapshot", "absent.solverstate"], "absent.solverstate: cannot be read: No such file"),
    "both": ({}, ["--snapshot", "a", "--weights", "b"], "give weights to fine-tune from, or a snapshot to resume"),
    "no such gpu": ({}, ["--gpu", "99"], "GPU 99: PyTorch sees"),
    "iterations": ({}, ["--iterations", "-1"], "iterations must be from 0 to 2147483647, got -1"),
    "rate policy": ({"lr_policy": '"stepp"'}, [], "no lr_policy 'stepp'; did you mean 'step'"),
}


@pytest.mark.parametrize(("settings", "arguments", "message"), BAD.values(), ids=BAD)
def test_bad_input(
    folder: Path,
    capsys: pytest.CaptureFixture[str],
    settings: dict[str, object],
    arguments: list[str],
    message: str,
) -> None:
    solver = toy.write(folder, **settings)
    solvers = [] if arguments and arguments[0].endswith(".prototxt") else [solver]
    assert train(*solvers, *arguments) == 2
    error = capsys.readouterr().err
    assert error.startswith("train.py: error: ")
    assert message in error
    assert error.count("\n") == 1
    assert {path.name for path in folder.iterdir()} == {"net.prototxt", "solver.prototxt"}


def test_weights_of_another_shape(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert train(toy.write(folder, classes=3), "--quiet") == 0
    toy.write(folder, classes=5)
    assert train("solver.prototxt", "--weights", "toy_iter_8.caffemodel") == 2
    error = capsys.readouterr().err
    assert "layer 'ip': cannot copy param 0 from toy_iter_8.caffemodel" in error
    assert "its shape there is (3, 18), the net needs (5, 18)" in error


def test_an_absent_database(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    solver = toy.write(folder)
    net = toy.NET % {"classes": 3, "conv_rate": 1}
    start, end = net.index("dummy_data_param"), net.index('layer {\n  name: "conv"')
    from_database = 'data_param { source: "db" batch_size: 4 backend: LMDB } }\n'
    (folder / "net.prototxt").write_text((net[:start] + from_database + net[end:]).replace("DummyData", "Data"))
    assert train(solver) == 2
    error = capsys.readouterr().err
    assert error.startswith("train.py: error: layer 'data': db: ")
    assert error.count("\n") == 1


@pytest.mark.parametrize(("nets", "net"), [("nets", "net.prototxt"), ("project/nets", "nets/net.prototxt")])
def test_a_path_that_counts_from_another_folder(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], nets: str, net: str
) -> None:
    (folder / nets).mkdir(parents=True)
    toy.write(folder / nets, net=f'"{net}"')
    start = folder / nets if "/" not in net else folder / "project"
    assert train(f"{nets}/solver.prototxt") == 2
    assert capsys.readouterr().err == (
        f"train.py: error: {net}: cannot be read: No such file or directory"
        f" (paths count from the current folder, and it is there from {start}: start in that folder)\n"
    )
    monkeypatch.chdir(start)
    assert train(str(folder / nets / "solver.prototxt"), "--quiet") == 0


# Signals


def at_iteration(monkeypatch: pytest.MonkeyPatch, number: int, action: Any) -> None:
    """Calls `action` when an iteration is done, as if from outside."""
    listen = Screen.__call__

    def call(self: Screen, event: jobs.Event) -> None:
        listen(self, event)
        if isinstance(event, jobs.Stepped) and event.iteration == number:
            action()

    monkeypatch.setattr(Screen, "__call__", call)


SIGNALS = {  # options, signals sent after iteration 0 -> status, snapshots, updates done
    "Ctrl-C stops": ([], [signal.SIGINT], 0, [1], 1),
    "twice: at once": ([], [signal.SIGINT, signal.SIGINT], 130, [], None),
    "SIGHUP snapshots": ([], [signal.SIGHUP], 0, [1, 4, 8], 8),
    "the other way round": (
        ["--sigint_effect", "snapshot", "--sighup_effect", "stop"],
        [signal.SIGINT, signal.SIGHUP],
        0,
        [1],
        1,
    ),
    "ignored": (["--sigint_effect", "none", "--sighup_effect", "none"], [signal.SIGINT, signal.SIGHUP], 0, [4, 8], 8),
}


@pytest.mark.parametrize(("options", "sent", "status", "snapshots", "done"), SIGNALS.values(), ids=SIGNALS)
def test_signals(
    folder: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    options: list[str],
    sent: list[int],
    status: int,
    snapshots: list[int],
    done: int | None,
) -> None:
    at_iteration(monkeypatch, 0, lambda: [os.kill(os.getpid(), number) for number in sent])
    assert train(toy.write(folder), *options) == status
    found = sorted(int(path.stem.split("_")[2]) for path in folder.glob("*.solverstate"))
    assert found == snapshots
    assert (f" at iteration {done} after" in capsys.readouterr().out) == (done is not None)


def test_ctrl_c_in_a_terminal(folder: Path) -> None:
    toy.write(folder, max_iter=1000000, snapshot=0, test_iter=1)
    ours, theirs = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, TOOLS / "train.py", "solver.prototxt"],
        stdout=theirs,
        stderr=theirs,
        env=os.environ | {"TERM": "xterm", "COLUMNS": "120", "OMP_NUM_THREADS": "1"},
    )
    os.close(theirs)
    printed, sent = b"", False
    while chunk := _read(ours):
        printed += chunk
        if b" left" in printed and not sent:
            process.send_signal(signal.SIGINT)
            sent = True
    os.close(ours)
    assert process.wait() == 0
    text = printed.decode()
    assert "/1000000" in text
    assert "Ctrl-C: stopping after this iteration; once more ends at once" in text
    assert "Stopped at iteration" in text
    assert "\x1b[?25h" in text  # the cursor is shown again
    (state,) = folder.glob("*.solverstate")
    assert state.name in text


def _read(terminal: int) -> bytes:
    try:
        return os.read(terminal, 65536)
    except OSError:  # the other side has closed it
        return b""


# Crashes


def test_disk_full_in_a_snapshot(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    sync = os.fsync

    def fsync(descriptor: int) -> None:
        if "toy_iter_8." in os.readlink(f"/proc/self/fd/{descriptor}"):
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        sync(descriptor)

    monkeypatch.setattr(os, "fsync", fsync)
    assert train(toy.write(folder), "--quiet") == 2
    error = capsys.readouterr().err
    assert error == "train.py: error: toy_iter_8.caffemodel: cannot be written: No space left on device\n"
    assert sorted(path.name for path in folder.glob("*toy_iter*")) == [
        "toy_iter_4.caffemodel",
        "toy_iter_4.solverstate",
    ]


KILLED = """
import os, signal, sys
sync = os.fsync
def fsync(descriptor):
    if {name!r} in os.readlink(f"/proc/self/fd/{{descriptor}}"):
        os.kill(os.getpid(), signal.SIGKILL)
    sync(descriptor)
os.fsync = fsync
from pycaffe_ext import jobs
jobs.train("solver.prototxt")
"""


@pytest.mark.parametrize("killed_in", ["toy_iter_8.caffemodel", "toy_iter_8.solverstate"])
def test_kill_9_in_a_snapshot(folder: Path, killed_in: str) -> None:
    toy.write(folder)
    process = subprocess.run([sys.executable, "-c", KILLED.format(name=killed_in)])
    assert process.returncode == -signal.SIGKILL
    states = [path.name for path in folder.glob("*.solverstate")]
    assert states == ["toy_iter_4.solverstate"]
    for path in folder.glob("*.caffemodel"):  # a whole one, or none
        jobs.plan("solver.prototxt", weights=path)
    result = jobs.train("solver.prototxt", snapshot=states[0])
    assert [row.iteration for row in result.rows] == [0, 0, 2, 3, 4, 6, 6, 8]
