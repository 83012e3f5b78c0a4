"""List files as convert_imageset takes them: lines of "path label"; with --labels N, of path and N numbers."""

from __future__ import annotations

import math
import os
import re

from ...errors import DataError, FileError
from ...proto.files import read_bytes
from .entries import Entry, Listing
from .source import Source, SourceOptions

_LABEL = re.compile(r"[+-]?[0-9]+")
_QUOTED = re.compile(r'"([^"]+)"( .*)')
_INT32 = range(-(2**31), 2**31)


def list_file(path: str, root: str, labels: int | None = None, *, quotes: bool = False) -> Listing:
    """The entries of a list file. The label is what follows the last space, so paths may hold spaces.

    `labels`: how many numbers, which may be fractions, end each line; None: one whole number. `quotes`: a path in
    double quotes loses them, unless a file is there whose name has them (Caffe takes them as they are). Line ends
    may be CRLF, and blank lines at the end are no entries. Where convert_imageset takes label 0 from a line without
    a whole number at its end, this raises DataError naming file and line.
    """
    content = read_bytes(path).removeprefix(b"\xef\xbb\xbf")
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise FileError(path, "is UTF-16; save it as UTF-8")
    if b"\0" in content:
        raise FileError(path, "is no list file: it holds bytes 0; such a source needs --source KIND (see --help)")
    listing = Listing(root, [], file=path)
    for number, line in enumerate(content.rstrip(b"\r\n").split(b"\n"), start=1):
        text = os.fsdecode(line.rstrip(b"\r"))
        if quotes:
            text = _without_quotes(text, root)
        try:
            listing.entries.append(_entry(text, number) if labels is None else _several(text, number, labels))
        except DataError as error:
            raise DataError(f"{path}:{number}: {error}") from error
    return listing


def _without_quotes(line: str, root: str) -> str:
    found = _QUOTED.fullmatch(line)
    if found and not os.path.lexists(os.path.join(root, f'"{found[1]}"')):
        return found[1] + found[2]
    return line


def _entry(line: str, number: int) -> Entry:
    name, space, label = line.rpartition(" ")
    if not line.strip():
        problem = "the line is empty"
    elif not space or not name or not label:
        problem = f"'{line}' has no label; a line is: path, space, whole number"
    elif not _LABEL.fullmatch(label):
        problem = f"label '{label}' is not a whole number; a line is: path, space, whole number"
        problem += " (several numbers, or fractions: --labels)"
    elif int(label) not in _INT32:
        problem = f"label {label} does not fit 32 bits"
    else:
        return Entry(name, int(label), number)
    raise DataError(problem)


def _several(line: str, number: int, count: int) -> Entry:
    fields = line.rsplit(maxsplit=count)
    if len(fields) != count + 1:
        raise DataError(f"'{line}' is not a path and {count} label(s) (--labels {count})")
    return Entry(fields[0], 0, number, tuple(as_number(field) for field in fields[1:]))


def as_number(text: str) -> float:
    """A label that may be a fraction. Raises DataError for what is no finite number."""
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not math.isfinite(value):
        raise DataError(f"label '{text}' is not a number")
    return value


def _open(path: str, options: SourceOptions) -> Listing:
    root = os.path.dirname(path) if options.root is None else options.root
    return list_file(path, root, options.labels, quotes=True)


SOURCE = Source(
    "list",
    "a file with lines 'path label' (--labels N: 'path number number ...')",
    lambda path: True,
    _open,
    uses=("root", "labels"),
    rank=10,
)
