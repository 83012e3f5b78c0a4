"""One command in the real tool and in ours, in one folder, and what each of them writes into its log."""

from __future__ import annotations

import io
import re
from contextlib import redirect_stderr

import pytest
from real_caffe import RealFolder

from pycaffe_ext.__main__ import caffe

_NUMBER = re.compile(r"(?<![\w#.])-?\d[\d.]*(?:e[+-]?\d+)?(?![\w.])|[-+.\de]+(?=s/)")
_HEAD = re.compile(r"(?:([IWE])\d{4} \S+ +\d+ \S+\] )?")
_UNTOLD = ("Restarting data", "Waiting for data")  # of its threads
RESTART = "Restarting data prefetching from start."


def real_log(real: RealFolder, command: list[str]) -> str:
    verbose = {"GLOG_minloglevel": "0", "GLOG_logtostderr": "1", "OPENBLAS_NUM_THREADS": "1"}
    return real.run("caffe", *command, env=verbose).stderr


def our_log(real: RealFolder, command: list[str]) -> str:
    log = io.StringIO()
    with pytest.MonkeyPatch.context() as patch, redirect_stderr(log):
        patch.chdir(real.path)
        patch.setenv("GLOG_minloglevel", "0")
        caffe(command)
    return log.getvalue()


def told(log: str) -> list[str]:
    """Severities and messages, without those whose place in the log is chance."""
    lines = [_HEAD.sub(lambda head: f"{head[1]} " if head[1] else "", line, count=1) for line in log.splitlines()]
    return [line for line in lines if not line.removeprefix("I ").startswith(_UNTOLD)]


def assert_same(ours: list[str], real: list[str]) -> None:
    """The same lines; numbers as near as float32 sums are, times left out."""
    assert [_NUMBER.sub("N", line) for line in ours] == [_NUMBER.sub("N", line) for line in real]
    for line, expected in zip(ours, real, strict=True):
        if not re.search(r"\bms\.|iter/s", expected):  # how long it took
            numbers = [[float(number) for number in _NUMBER.findall(text)] for text in (line, expected)]
            assert numbers[0] == pytest.approx(numbers[1], rel=1e-4), expected
