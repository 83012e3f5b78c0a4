"""Where a command's pictures and numbers go: files in a folder, and on request one HTML page with all of them."""

from __future__ import annotations

import argparse
import csv
import io
import json
import shlex
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from ..atomic import write_bytes, write_text
from ..errors import FileError
from .report import Report

Cell = str | int | float | None


class Results:
    """Each part is written, told to the user, and goes into the page, in the order of the calls."""

    def __init__(self, folder: Path, title: str, page: str | None = None, *, quiet: bool = False) -> None:
        """Raises FileError where the folder cannot be made."""
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise FileError(folder, f"cannot be made: {error.strerror or error}") from error
        self.folder = folder
        self._page, self._quiet = page, quiet
        self._report = Report(title)
        self._report.commands([shlex.join([Path(sys.argv[0]).name, *sys.argv[1:]])])

    def heading(self, text: str) -> None:
        """A heading on the page."""
        self._report.heading(text)

    def say(self, text: str) -> None:
        """A paragraph: what was found."""
        self._tell(text)
        self._report.text(text)

    def picture(self, name: str, png: bytes, caption: str) -> Path:
        """Writes NAME.png. The caption says what one sees in it, to someone who has not read the manual."""
        path = self.folder / f"{name}.png"
        write_bytes(path, png)
        self._tell(f"wrote {path}")
        self._report.picture(png, caption)
        return path

    def table(self, name: str, header: Sequence[str], rows: Sequence[Sequence[Cell]], caption: str = "") -> Path:
        """Writes NAME.csv with all digits, prints the table, and shows it on the page. None: an empty cell."""
        path = self._write_csv(name, header, rows)
        shown = [[_shown(cell) for cell in row] for row in rows]
        if not self._quiet:
            _print(header, shown, caption)
        self._tell(f"wrote {path}")
        if caption:
            self._report.text(caption)
        self._report.table(header, shown)
        return path

    def csv(self, name: str, header: Sequence[str], rows: Sequence[Sequence[Cell]]) -> Path:
        """Writes NAME.csv: the numbers behind a picture, too many to print."""
        path = self._write_csv(name, header, rows)
        self._tell(f"wrote {path}")
        return path

    def numbers(self, name: str, found: Any) -> Path:
        """Writes NAME.json."""
        path = self.folder / f"{name}.json"
        write_text(path, json.dumps(found, indent=2) + "\n")
        self._tell(f"wrote {path}")
        return path

    def commands(self, lines: Sequence[str]) -> None:
        """Command lines that the user may want to run next."""
        self._tell("\n".join(f"  {line}" for line in lines))
        self._report.commands(lines)

    def finish(self) -> None:
        """Writes the page, where one is wanted."""
        if self._page:
            self._report.write(self._page)
            self._tell(f"wrote {self._page}")

    def _write_csv(self, name: str, header: Sequence[str], rows: Sequence[Sequence[Cell]]) -> Path:
        file = io.StringIO()
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(header)
        writer.writerows([["" if cell is None else cell for cell in row] for row in rows])
        path = self.folder / f"{name}.csv"
        write_text(path, file.getvalue())
        return path

    def _tell(self, text: str) -> None:
        if not self._quiet:
            print(text, flush=True)


def add_results(parser: argparse.ArgumentParser, default: str) -> None:
    """The options that say where results go."""
    group = parser.add_argument_group("results")
    group.add_argument("-o", "--out", metavar="DIR", default=default, help="folder for them (default: %(default)s)")
    group.add_argument("--html", metavar="FILE", help="also one page with all of them, which needs no other file")
    group.add_argument("--quiet", action="store_true", help="print errors only")


def open_results(options: argparse.Namespace, title: str) -> Results:
    """The results that `add_results`' options ask for. Raises FileError."""
    return Results(Path(options.out), title, options.html, quiet=options.quiet)


def _shown(cell: Cell) -> str:
    if isinstance(cell, float):
        return f"{cell:.4g}"
    return "" if cell is None else str(cell)


def _print(header: Sequence[str], rows: Sequence[Sequence[str]], caption: str) -> None:
    from rich.console import Console
    from rich.table import Table

    table = Table(title=caption or None, title_justify="left", title_style="")
    for index, name in enumerate(header):
        is_number = all(row[index][:1].isdigit() or row[index][:1] in "-" for row in rows)
        table.add_column(name, justify="right" if is_number else "left", overflow="fold")
    for row in rows:
        table.add_row(*row)
    Console().print(table, markup=False, highlight=False)
