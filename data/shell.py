"""Runs commands as a user types them, and shows them first."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from pycaffe_ext.errors import CaffeError


class Shell:
    """Runs with this Python's own programs first on the PATH; `typed` holds all commands."""

    def __init__(self) -> None:
        self.typed: list[str] = []
        self._environment = dict(os.environ, PATH=f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}")
        self._start = time.monotonic()

    def say(self, text: str) -> None:
        """A line of the story, with the minutes since the start."""
        minutes, seconds = divmod(int(time.monotonic() - self._start), 60)
        print(f"\n{minutes}:{seconds:02}  {text}", flush=True)

    def __call__(self, command: str) -> None:
        """Raises CaffeError when the command fails."""
        print(f"$ {command}", flush=True)
        self.typed.append(command)
        _check(command, subprocess.run(command, shell=True, env=self._environment, check=False).returncode)

    def side_by_side(self, commands: Sequence[str]) -> None:
        """Runs commands at the same time; what each prints is shown when it is done.

        Small nets use two cores better one each than both for one. Raises CaffeError when a command fails.
        """
        for command in commands:
            print(f"$ {command} &", flush=True)
            self.typed.append(f"{command} &")
        self.typed.append("wait")
        merged = {"stdout": subprocess.PIPE, "stderr": subprocess.STDOUT, "text": True}
        running = [subprocess.Popen(command, shell=True, env=self._environment, **merged) for command in commands]
        printed = [process.communicate()[0] for process in running]
        for command, process, text in zip(commands, running, printed, strict=True):
            print(f"\n{command}:\n{text}", end="", flush=True)
            _check(command, process.returncode)


def _check(command: str, status: int) -> None:
    if status:
        raise CaffeError(f"stopped: '{command}' ended with status {status}")
