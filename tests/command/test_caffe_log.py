"""The log of a training against the real tool's: line by line, and through Caffe's own log parser."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import pytest
import real_caffe
from real_caffe import needs_real_caffe

ROOT = Path(__file__).resolve().parents[2]

NUMBER = re.compile(r"(?<![\w#.])-?\d[\d.]*(?:e[+-]?\d+)?(?![\w.])|\S+(?=s/)")


def _train_ours(folder: Path) -> str:
    environment = os.environ | {"PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1", "GLOG_minloglevel": "0"}
    command = [sys.executable, "-m", "pycaffe_ext", "train", "-solver=solver.prototxt", "-weights", "start.caffemodel"]
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return done.stderr


def _parser(folder: Path, monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """tools/extra/parse_log.py of Caffe's source; its one statement that is Python 2 alone is a print."""
    tools = real_caffe.chroot / "source/caffe/tools/extra"
    monkeypatch.syspath_prepend(str(tools))
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    module = ModuleType("parse_log")
    source = re.sub(r"print ('Wrote %s' % \w+)", r"print(\1)", (tools / "parse_log.py").read_text())
    exec(compile(source.replace("re.compile('", "re.compile(r'"), "parse_log.py", "exec"), vars(module))
    return module


def _messages(log: str, first: str, last: str) -> list[str]:
    """What is said from `first` to `last`, but for what a data layer says and for an inner layer of a loss."""
    told = [line.partition("] ")[2] for line in log.splitlines() if re.match(r"[IWE]\d{4} ", line)]
    start = told.index(first)
    skipped = ("Opened lmdb", "output data size", "Restarting data", "Waiting for data", "Creating layer loss")
    return [line for line in told[start : told.index(last, start) + 1] if not line.startswith(skipped)]


@needs_real_caffe
def test_the_log_is_the_real_tools(write_job: Callable[[Path], None], monkeypatch: pytest.MonkeyPatch) -> None:
    with real_caffe.folder() as real:
        write_job(real.path)
        real.python("import caffe; caffe.Net('net.prototxt', caffe.TRAIN).save('start.caffemodel')")
        flags = ["train", "-solver=solver.prototxt", "-weights", "start.caffemodel"]
        verbose = {"GLOG_minloglevel": "0", "GLOG_logtostderr": "1"}
        logs = {"real": real.run("caffe", *flags, env=verbose).stderr, "ours": _train_ours(real.path)}
        parse_log = _parser(real.path, monkeypatch).parse_log
        tables = {}
        for side, log in logs.items():
            (real.path / f"{side}.log").write_text(log)
            tables[side] = parse_log(str(real.path / f"{side}.log"))

    for rows, expected_rows in zip(tables["ours"], tables["real"], strict=True):
        assert len(rows) == len(expected_rows) > 1
        for row, expected in zip(rows, expected_rows, strict=True):
            del row["Seconds"], expected["Seconds"]
            assert row == pytest.approx(expected, rel=2e-5, nan_ok=True)

    # what is told while training, in the same order; numbers were compared above
    ends = "Starting Optimization", "Optimization Done."
    expected, ours = ([NUMBER.sub("N", line) for line in _messages(logs[side], *ends)] for side in logs)
    assert ours == expected

    # what is told of the training net, to the letter
    ends = "Creating layer data", "Network initialization done."
    assert _messages(logs["ours"], *ends) == _messages(logs["real"], *ends)
