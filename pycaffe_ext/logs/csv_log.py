"""The log of a job as CSV, for pandas and spreadsheets.

One row per displayed iteration and per test, in the order in which they came. Columns:

    iteration   updates done before; a test at N sees the weights that the snapshot _iter_N holds
    seconds     since the job began, resumes added up
    phase       train or test
    net         number of the test net; empty in training
    lr          learning rate of the iteration; empty in tests
    total_loss  weighted sum of all losses; in training the mean over the last average_loss iterations
    NAME        one per output blob of any of the nets, as rows.Row names them; empty where a row has none

Numbers are written to 7 digits; infinite ones and no number are inf, -inf and nan.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from os import PathLike
from typing import Any, TextIO

from ..atomic import write_text
from ..errors import FileError
from .rows import Row

FIXED = ("iteration", "seconds", "phase", "net", "lr", "total_loss")


class CsvLog:
    """Writes rows to `path` as they come, each on disk before the next; `rows` are there at the start.

    Raises FileError where the file cannot be written.
    """

    def __init__(self, path: str | PathLike[str], rows: Sequence[Row]) -> None:
        self._path = path
        self._rows = list(rows)
        self._outputs: list[str] = []
        self._rewrite()

    def __call__(self, row: Row) -> None:
        self._rows.append(row)
        if not set(row.outputs) <= set(self._outputs):
            self._rewrite()  # with a column more
            return
        try:
            with open(self._path, "a", encoding="utf-8", newline="") as file:
                _writer(file).writerow(self._cells(row))
        except OSError as error:
            raise FileError(self._path, f"cannot be written: {error.strerror}") from error

    def _rewrite(self) -> None:
        self._outputs = list(dict.fromkeys(name for row in self._rows for name in row.outputs))
        text = io.StringIO()
        writer = _writer(text)
        writer.writerow([*FIXED, *map(_column, self._outputs)])
        writer.writerows(map(self._cells, self._rows))
        write_text(self._path, text.getvalue())

    def _cells(self, row: Row) -> list[str]:
        net = "" if row.net is None else str(row.net)
        fixed = [str(row.iteration), f"{row.seconds:.3f}", row.phase, net, _number(row.rate), _number(row.total_loss)]
        return fixed + [_number(row.outputs.get(name)) for name in self._outputs]


def read_log(path: str | PathLike[str]) -> list[Row]:
    """The rows of a log; a last row that was cut short is left out. Raises FileError."""
    try:
        with open(path, encoding="utf-8", newline="") as file:
            text = file.read()
        whole = text[: text.rfind("\n") + 1]
        header, *lines = list(csv.reader(io.StringIO(whole, newline=""))) or [[]]
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise FileError(path, f"cannot be read: {error}") from error
    if tuple(header[: len(FIXED)]) != FIXED:
        raise FileError(path, "is not a log of train.py; choose another --log")
    outputs = [_output(name) for name in header[len(FIXED) :]]
    try:
        return [_row(cells, outputs) for cells in lines if len(cells) == len(header)]
    except ValueError as error:
        raise FileError(path, f"is damaged: {error}; choose another --log") from error


def _row(cells: list[str], outputs: list[str]) -> Row:
    iteration, seconds, phase, net, rate, loss, *values = cells
    return Row(
        int(iteration),
        float(seconds),
        phase,
        int(net) if net else None,
        float(rate) if rate else None,
        float(loss) if loss else None,
        {name: float(value) for name, value in zip(outputs, values, strict=True) if value},
    )


def _writer(file: TextIO) -> Any:
    return csv.writer(file, lineterminator="\n")


def _number(value: float | None) -> str:
    return "" if value is None else f"{value:.7g}"


def _column(output: str) -> str:
    """An output's column: its name, unless a fixed column has it."""
    return f"{output} (output)" if output in FIXED else output


def _output(column: str) -> str:
    return column.removesuffix(" (output)")
