"""The rows of a training in the text that the caffe tool writes (glog's lines), of Caffe or of `pycaffe_ext train`.

Read are the lines "Iteration N ..., loss = X", "Iteration N, lr = X", "Train net output #i: NAME = X", "Iteration N,
Testing net (#i)", "Test loss: X" and "Test net output #i: NAME = X (* w = y loss)". Seconds count from the first line
of the training. Where a run goes on from a snapshot in the same file, it takes the place of what it does anew.
"""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from os import PathLike
from typing import NamedTuple

from ..errors import FileError
from .rows import Row, named

_NUMBER = r"([-+.\w]+)"
_TIME = re.compile(r"^[IWEF](?P<date>\d{4}|\d{8}) (?P<time>\d\d:\d\d:\d\d(?:\.\d+)?)\s+\d+ \S+:\d+\] ?(?P<text>.*)$")
_BEGIN = re.compile(r"^Solving |^Starting Optimization")
_LOSS = re.compile(rf"^Iteration (\d+)(?: \(.*\))?, loss = {_NUMBER}$")
_RATE = re.compile(rf"^Iteration (\d+), lr = {_NUMBER}$")
_TESTING = re.compile(r"^Iteration (\d+), Testing net \(#(\d+)\)$")
_TEST_LOSS = re.compile(rf"^Test loss: {_NUMBER}$")
_OUTPUT = re.compile(rf"^\s*(Train|Test) net output #\d+: (\S+) = {_NUMBER}(?: \(\* {_NUMBER} = {_NUMBER} loss\))?$")


class _Output(NamedTuple):
    name: str
    value: float


class _Open:
    """A row that is being read."""

    def __init__(self, iteration: int, seconds: float, net: int | None, loss: float | None = None) -> None:
        self.iteration, self.seconds, self.net = iteration, seconds, net
        self.loss = loss
        self.rate: float | None = None
        self.outputs: list[_Output] = []
        self.added = 0.0
        self.has_losses = False

    def row(self) -> Row:
        loss = self.loss if self.loss is not None or not self.has_losses else self.added
        phase = "train" if self.net is None else "test"
        return Row(self.iteration, self.seconds, phase, self.net, self.rate, loss, named(self.outputs))


class _Reader:
    def __init__(self) -> None:
        self.rows: list[Row] = []
        self._open: _Open | None = None
        self._start: datetime | None = None
        self._begins = False

    def read(self, text: str, when: datetime | None) -> None:
        """One line without what glog puts before it."""
        if _BEGIN.match(text):
            self._close()
            self._begins = True
            self._start = self._start or when
        elif found := _LOSS.match(text):
            self._begin(_Open(int(found[1]), self._seconds(when), None, _float(found[2])))
        elif found := _TESTING.match(text):
            self._begin(_Open(int(found[1]), self._seconds(when), int(found[2])))
        elif self._open is not None:
            self._go_on(self._open, text, when)

    def _go_on(self, row: _Open, text: str, when: datetime | None) -> None:
        if found := _OUTPUT.match(text):
            if (found[1] == "Train") == (row.net is None):
                row.seconds = self._seconds(when) if row.net is not None else row.seconds
                row.outputs.append(_Output(found[2], _float(found[3])))
                if found[5] is not None:
                    row.added, row.has_losses = row.added + _float(found[5]), True
        elif found := _TEST_LOSS.match(text):
            row.loss = _float(found[1])
        elif (found := _RATE.match(text)) and row.net is None and int(found[1]) == row.iteration:
            row.rate = _float(found[2])
            self._close()

    def _begin(self, row: _Open) -> None:
        self._close()
        if self._begins:
            self.rows = [one for one in self.rows if one.iteration < row.iteration]
            self._begins = False
        self._open = row

    def _close(self) -> None:
        if self._open is not None and (self._open.net is None or self._open.outputs):
            self.rows.append(self._open.row())
        self._open = None

    def _seconds(self, when: datetime | None) -> float:
        if when is None:
            return 0.0
        self._start = self._start or when
        return (when - self._start) / timedelta(seconds=1)

    def end(self) -> list[Row]:
        self._close()
        return self.rows


def read_caffe_log(path: str | PathLike[str]) -> list[Row]:
    """The rows of a log, in order. Raises FileError for a file that cannot be read, or has no such lines."""
    reader = _Reader()
    clock = _Clock()
    try:
        with open(path, encoding="utf-8", errors="replace") as file:
            for line in file:
                found = _TIME.match(line.rstrip("\r\n"))
                if found:
                    reader.read(found["text"], clock.at(found["date"], found["time"]))
    except OSError as error:
        raise FileError(path, f"cannot be read: {error.strerror or error}") from error
    rows = reader.end()
    if not rows:
        raise FileError(path, "holds no training: neither train.py's CSV log, nor what `caffe train` prints")
    return rows


class _Clock:
    """Times of lines. glog may leave out the year: a time that goes back by half a year is of the next one."""

    def __init__(self) -> None:
        self._last, self._years = datetime.min, timedelta()

    def at(self, date: str, time: str) -> datetime | None:
        whole = date if len(date) == 8 else f"2000{date}"
        seconds = timedelta(seconds=float(f"0{time[8:]}"))
        try:
            now = datetime.strptime(whole + time[:8], "%Y%m%d%H:%M:%S") + seconds + self._years
        except ValueError:
            return None
        if self._last > datetime.min and self._last - now > timedelta(days=180):
            self._years += timedelta(days=366)  # of the year 2000
            now += timedelta(days=366)
        self._last = now
        return now


def _float(text: str) -> float:
    """nan for what is no number, such as "-nan"."""
    try:
        return float(text)
    except ValueError:
        return float("nan")
