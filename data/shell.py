"""Runs commands as a user types them, and shows them first."""

from __future__ import annotations

import os
import subprocess
import sys
import time
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
        status = subprocess.run(command, shell=True, env=self._environment, check=False).returncode
        if status:
            raise CaffeError(f"stopped: the command above ended with status {status}")
