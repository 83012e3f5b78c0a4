"""Log lines in glog's form."""

from __future__ import annotations

import os
import re
from datetime import datetime
from pathlib import Path

import pytest

from pycaffe_ext import glog
from pycaffe_ext.errors import FileError


def test_a_line_has_glogs_form(capsys: pytest.CaptureFixture[str]) -> None:
    glog.log("solver.cpp:239", "Iteration 0")
    line = re.compile(rf"I\d{{4}} \d\d:\d\d:\d\d\.\d{{6}} +{os.getpid()} solver\.cpp:239\] Iteration 0\n")
    found = capsys.readouterr().err
    assert line.fullmatch(found)
    assert found[1:5] == f"{datetime.now():%m%d}"


def test_low_levels_are_left_out(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    glog.configure(minimum=1)
    glog.log("a.cpp:1", "told")
    glog.log("a.cpp:1", "warned", "W")
    assert [line[0] for line in capsys.readouterr().err.splitlines()] == ["W"]
    monkeypatch.setenv("GLOG_minloglevel", "2")  # as scripts do, when all is loaded
    glog.log("a.cpp:1", "warned", "W")
    assert capsys.readouterr().err == ""


def test_a_folder_gets_the_same_lines(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    glog.configure(folder=str(tmp_path))
    glog.log("a.cpp:1", "one")
    assert (tmp_path / "caffe.INFO").read_text().splitlines()[-1] == capsys.readouterr().err.rstrip()
    assert (tmp_path / "caffe.INFO").readlink().name.endswith(f".{os.getpid()}")


def test_a_folder_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(FileError, match=r"nowhere/caffe.*cannot be written: No such file"):
        glog.configure(folder=str(tmp_path / "nowhere"))


@pytest.mark.parametrize("end", ["x", "\n"])
def test_a_long_message_is_cut_off_where_glog_does(capsys: pytest.CaptureFixture[str], end: str) -> None:
    glog.configure(prefix=False)
    glog.log("a.cpp:1", "y" * 29_997 + end + "z" * 9)
    assert capsys.readouterr().err == "y" * 29_997 + end.strip() + "\n"


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0, "0"),
        (1.0, "1"),
        (0.00999625, "0.00999625"),
        (1e-5, "1e-05"),
        (1234567.0, "1.23457e+06"),
        (87.33654, "87.3365"),
        (float("nan"), "nan"),
        (-float("nan"), "-nan"),
        (-float("inf"), "-inf"),
    ],
)
def test_numbers_are_as_in_cpp(value: float, text: str) -> None:
    assert glog.number(value) == text
