"""List files as convert_imageset takes them: lines of "path label"."""

from __future__ import annotations

import os
import re

from ...errors import DataError
from ...proto.files import read_bytes
from .entries import Entry, Listing

_LABEL = re.compile(r"[+-]?[0-9]+")
_INT32 = range(-(2**31), 2**31)


def list_file(path: str, root: str) -> Listing:
    """The entries of a list file. The label is what follows the last space, so paths may hold spaces.

    Line ends may be CRLF, and blank lines at the end are no entries. Where convert_imageset takes label 0 from
    a line without a whole number at its end, this raises DataError naming file and line.
    """
    content = read_bytes(path).removeprefix(b"\xef\xbb\xbf")
    listing = Listing(root, [], file=path)
    for number, line in enumerate(content.rstrip(b"\r\n").split(b"\n"), start=1):
        listing.entries.append(_entry(os.fsdecode(line.rstrip(b"\r")), number, path))
    return listing


def _entry(line: str, number: int, file: str) -> Entry:
    name, space, label = line.rpartition(" ")
    if not line.strip():
        problem = "the line is empty"
    elif not space or not name or not label:
        problem = f"'{line}' has no label; a line is: path, space, whole number"
    elif not _LABEL.fullmatch(label):
        problem = f"label '{label}' is not a whole number; a line is: path, space, whole number"
    elif int(label) not in _INT32:
        problem = f"label {label} does not fit 32 bits"
    else:
        return Entry(name, int(label), number)
    raise DataError(f"{file}:{number}: {problem}")
