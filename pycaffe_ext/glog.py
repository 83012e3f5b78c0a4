"""Log lines in the form of Google's glog, which Caffe's tools write and log parsers read.

``I1121 02:13:44.123456  4711 solver.cpp:239] Iteration 100 ...`` on standard error: severity, month and day,
time, thread, source and message.
"""

from __future__ import annotations

import getpass
import os
import platform
import sys
import threading
from datetime import datetime
from pathlib import Path
from typing import TextIO

from .errors import FileError

_SEVERITIES = "IWEF"  # glog's levels 0 to 3


class _State:
    minimum = 0
    file: TextIO | None = None


def configure(*, minimum: int = 0, folder: str = "") -> None:
    """Leaves out lines below level `minimum` (0 I, 1 W, 2 E) and writes lines into a file in `folder` too.

    GLOG_minloglevel and GLOG_log_dir of the environment do the same. Raises FileError.
    """
    _State.minimum = minimum
    folder = folder or _environment("log_dir")
    if folder and _State.file is None:
        _State.file = _open(Path(folder))


def _environment(flag: str) -> str:
    """What the environment gives for one of glog's flags; empty where nothing."""
    return os.environ.get(f"GLOG_{flag}", "")


def _open(folder: Path) -> TextIO:
    """A new log file under glog's name, and the link to it that has always the same name."""
    now, machine = datetime.now(), platform.node()
    path = folder / f"caffe.{machine}.{getpass.getuser()}.log.INFO.{now:%Y%m%d-%H%M%S}.{os.getpid()}"
    link = folder / "caffe.INFO"
    try:
        file = open(path, "w")  # noqa: SIM115  (open until the process ends)
        link.unlink(missing_ok=True)
        link.symlink_to(path.name)
    except OSError as error:
        raise FileError(path, f"cannot be written: {error.strerror or error}") from error
    file.write(f"Log file created at: {now:%Y/%m/%d %H:%M:%S}\nRunning on machine: {machine}\n")
    file.write("Log line format: [IWEF]mmdd hh:mm:ss.uuuuuu threadid file:line] msg\n")
    return file


def log(source: str, message: str, severity: str = "I") -> None:
    """Writes one line. `source` is FILE:LINE, for a parser to skip over; `severity` one of I, W, E, F."""
    level = _environment("minloglevel")  # looked up each time: scripts set it after they have started
    if _SEVERITIES.index(severity) < max(_State.minimum, int(level) if level.isdigit() else 0):
        return
    line = f"{severity}{datetime.now():%m%d %H:%M:%S.%f} {threading.get_native_id():5d} {source}] {message}\n"
    for file in (sys.stderr, _State.file):
        if file is not None:
            file.write(line)
            file.flush()


def number(value: float) -> str:
    """A number as C++ streams print it: six digits."""
    return f"{value:g}"
