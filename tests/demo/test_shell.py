"""Commands are shown before they run, and a failing one ends the demo."""

from __future__ import annotations

import sys

import pytest
from shell import Shell

from pycaffe_ext.errors import CaffeError


def test_commands_are_shown_before_they_run(capfd: pytest.CaptureFixture[str]) -> None:
    shell = Shell()
    shell("echo one > /dev/null && echo two")
    assert capfd.readouterr().out == "$ echo one > /dev/null && echo two\ntwo\n"
    assert shell.typed == ["echo one > /dev/null && echo two"]


def test_python_is_the_one_that_runs_the_demo(capfd: pytest.CaptureFixture[str]) -> None:
    Shell()("python -c 'import sys; print(sys.executable)'")
    assert capfd.readouterr().out.splitlines()[1] == sys.executable


def test_a_failing_command_ends_it() -> None:
    with pytest.raises(CaffeError, match="stopped: 'exit 3' ended with status 3"):
        Shell()("exit 3")


def test_side_by_side(capfd: pytest.CaptureFixture[str]) -> None:
    shell = Shell()
    shell.side_by_side(["sleep 0.2; echo one", "echo two"])
    assert capfd.readouterr().out == (
        "$ sleep 0.2; echo one &\n$ echo two &\n\nsleep 0.2; echo one:\none\n\necho two:\ntwo\n"
    )
    assert shell.typed == ["sleep 0.2; echo one &", "echo two &", "wait"]
    with pytest.raises(CaffeError, match="stopped: 'exit 4' ended with status 4"):
        shell.side_by_side(["true", "exit 4"])
