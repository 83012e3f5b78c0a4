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
from math import copysign, inf, isnan, nan
from pathlib import Path
from typing import ClassVar, TextIO

from .errors import FileError

_SEVERITIES = {"I": "INFO", "W": "WARNING", "E": "ERROR", "F": "FATAL"}  # glog's levels 0 to 3
_LONGEST = 29_998  # characters of a message with its head: glog cuts off the text of a large net too
_OFF = ("false", "f", "0", "no", "n")


class _State:
    minimum = 0
    has_prefix = True
    folder: Path | None = None
    said: ClassVar[set[str]] = set()
    files: ClassVar[dict[str, TextIO]] = {}  # by severity


def configure(*, minimum: int = 0, folder: str = "", to_stderr_alone: bool = False, prefix: bool = True) -> None:
    """Leaves out lines below level `minimum` (0 I, 1 W, 2 E) and writes lines into files in `folder` too.

    caffe.INFO there gets all lines, caffe.WARNING those from W on, caffe.ERROR those from E on.
    GLOG_minloglevel, GLOG_log_dir, GLOG_logtostderr and GLOG_log_prefix of the environment do the same.
    Raises FileError.
    """
    _State.said.clear()
    _State.minimum = minimum
    _State.has_prefix = prefix and _environment("log_prefix").lower() not in _OFF
    folder = folder or _environment("log_dir")
    if to_stderr_alone or _environment("logtostderr").lower() not in ("", *_OFF):
        return
    if folder and _State.folder is None:
        _State.folder = Path(folder)
        _file("I")


def _environment(flag: str) -> str:
    """What the environment gives for one of glog's flags; empty where nothing."""
    return os.environ.get(f"GLOG_{flag}", "")


def close() -> None:
    """Ends the files, and takes every setting back."""
    for file in _State.files.values():
        file.close()
    _State.files.clear()
    _State.folder, _State.minimum, _State.has_prefix = None, 0, True


def _file(severity: str) -> TextIO | None:
    """The log file of lines from that severity on, opened under glog's name when it is first needed."""
    if _State.folder is not None and severity not in _State.files:
        _State.files[severity] = _open(_State.folder, _SEVERITIES[severity])
    return _State.files.get(severity)


def _open(folder: Path, severity: str) -> TextIO:
    """A new log file, and the link to it that has always the same name."""
    now, machine = datetime.now(), platform.node()
    path = folder / f"caffe.{machine}.{getpass.getuser()}.log.{severity}.{now:%Y%m%d-%H%M%S}.{os.getpid()}"
    link = folder / f"caffe.{severity}"
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
    height = [*_SEVERITIES].index(severity)
    if height < max(_State.minimum, int(level) if level.isdigit() else 0):
        return
    head = f"{severity}{datetime.now():%m%d %H:%M:%S.%f} {threading.get_native_id():5d} {source}] "
    line = f"{head if _State.has_prefix else ''}{message}"[:_LONGEST].removesuffix("\n") + "\n"
    for file in (sys.stderr, *map(_file, [*_SEVERITIES][: height + 1])):
        if file is not None:
            file.write(line)
            file.flush()


def log_once(source: str, message: str) -> None:
    """Writes a line that each command says once."""
    if message not in _State.said:
        _State.said.add(message)
        log(source, message)


def number(value: float) -> str:
    """A number as C++ streams print it: six digits, and the sign of what is no number."""
    return f"-{value:g}" if isnan(value) and copysign(1, value) < 0 else f"{value:g}"


def mean(total: float, count: int) -> float:
    """total / count, as C++ has it where the count is 0."""
    return total / count if count else copysign(inf, total) if total else -nan
