"""A process with real Caffe in it: requests and answers (see worker.py), and what became of it when it dies."""

from __future__ import annotations

import json
import re
import subprocess
import threading
from collections import deque
from collections.abc import Callable, Iterable
from contextlib import suppress
from importlib.resources import files
from pathlib import Path
from typing import Any

from ..errors import CaffeError, OptionError
from .launch import Place

_LAST_LINES = 12
_MARK = "all that was logged so far is above"
# glog's fatal line: F1121 08:33:10.123456  1234 net.cpp:757] Check failed: ...
_FATAL = re.compile(r"^F\d{4,8} [\d:.]+ +\d+ (?P<place>[\w.]+:\d+)\] (?P<message>.*)$")


class CheckFailed(CaffeError):
    """A CHECK of real Caffe's failed; the message is Caffe's own."""


class WorkerDied(CaffeError):
    """The process with real Caffe ended without a word of Caffe's; the message holds its last lines."""


class RealCaffe:
    """Real Caffe in a worker process. Use as a context manager, or call `close`.

    `folders` are those whose files are named in requests. `on_line` gets each line of Caffe's log, which has more
    than errors where GLOG_minloglevel is set so. Raises what Place.command raises.
    """

    def __init__(
        self,
        place: Place,
        folders: Iterable[Path] = (),
        *,
        gpu: bool = False,
        on_line: Callable[[str], object] | None = None,
    ) -> None:
        self.place, self._on_line = place, on_line
        source = (files(__package__) / "worker.py").read_text(encoding="utf-8")
        self._process = subprocess.Popen(
            place.command(source, folders, gpu=gpu),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            errors="replace",
            start_new_session=True,  # the terminal's Ctrl-C is for us: we ask the worker to stop
        )
        self._last: deque[str] = deque(maxlen=_LAST_LINES)
        self._fatal = ""
        self._caught_up = threading.Event()
        self._reader = threading.Thread(target=self._read_errors, daemon=True)
        self._reader.start()

    def ask(self, do: str, **arguments: Any) -> Any:
        """Has a function of the worker run, and returns its answer. Raises CheckFailed, WorkerDied, CaffeError."""
        assert self._process.stdin is not None and self._process.stdout is not None
        try:
            self._process.stdin.write(json.dumps({"do": do, **arguments}) + "\n")
            self._process.stdin.flush()
            line = self._process.stdout.readline()
        except BrokenPipeError:
            line = ""
        if not line:
            raise self._death()
        answer = json.loads(line)
        if "error" in answer:
            raise CaffeError(f"real Caffe: {answer['error']}")
        return answer["answer"]

    def catch_up(self) -> None:
        """Waits until `on_line` has got all that was logged before the last answer."""
        self._caught_up.clear()
        self.ask("mark", text=_MARK)
        self._caught_up.wait(timeout=5)

    def _read_errors(self) -> None:
        assert self._process.stderr is not None
        for line in self._process.stderr:
            if line.rstrip() == _MARK:
                self._caught_up.set()
                continue
            self._last.append(line.rstrip())
            if self._on_line is not None:
                self._on_line(line)
            fatal = _FATAL.match(line)
            if fatal and not self._fatal:
                self._fatal = f"{fatal['message'].strip()} ({fatal['place']})"

    def _death(self) -> CaffeError:
        status = self._process.wait()
        self._reader.join(timeout=5)
        if self._fatal:
            return CheckFailed(f"real Caffe stopped: {self._fatal}")
        if any("No module named 'caffe'" in line for line in self._last):
            where = "--caffe-python PATH, --caffe-chroot DIR or --docker IMAGE"
            return OptionError(f"{self.place} has no pycaffe; say where one is: {where}")
        how = f"was killed by signal {-status}" if status < 0 else f"ended with status {status}"
        last = " | ".join(line for line in self._last if line.strip())
        return WorkerDied(f"real Caffe in {self.place} {how}" + (f"; its last lines: {last}" if last else ""))

    def close(self) -> None:
        """Ends the process."""
        for stream in (self._process.stdin, self._process.stdout):
            if stream is not None:
                with suppress(BrokenPipeError):  # it died with a request unread
                    stream.close()
        try:
            self._process.wait(timeout=5)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._reader.join(timeout=5)
        if self._process.stderr is not None:
            self._process.stderr.close()

    def __enter__(self) -> RealCaffe:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
