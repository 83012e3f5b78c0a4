"""CSV and TSV files with named columns."""

from __future__ import annotations

import csv
import io
import os
import re
from collections.abc import Sequence

from ...errors import DataError, FileError, UnknownNameError
from ...proto.files import read_bytes
from .entries import Entry, Listing
from .list_file import as_number
from .source import Source, SourceOptions

# Names that columns have where --columns does not say; the first that is there counts.
_IMAGE = ("image", "path", "file", "filename", "file_name", "image_path", "name", "id")
_DELIMITERS = ",;\t|"
_WHOLE = re.compile(r"[+-]?[0-9]+")
_LABEL = ("label", "class", "target", "category", "class_name")


def csv_file(path: str, options: SourceOptions) -> Listing:
    """The rows of a table: a column of paths, and one of labels (whole numbers, or names, which are then numbered in
    sorted order), or several of numbers.

    The delimiter is the one of comma, semicolon, tab and | that the first line has most of; spaces behind it are none
    of the field.
    Raises FileError, DataError naming file and line, UnknownNameError for a column.
    """
    try:
        text = read_bytes(path).removeprefix(b"\xef\xbb\xbf").decode()
    except UnicodeDecodeError as error:
        raise FileError(path, f"is not UTF-8 (byte {error.start}); save it as UTF-8") from error
    head = text.partition("\n")[0]
    delimiter = max(_DELIMITERS, key=head.count)
    csv.field_size_limit(max(csv.field_size_limit(), len(text) + 1))  # some tables hold outlines of masks
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, skipinitialspace=True, strict=True)
    entries: list[tuple[str, list[str], int]] = []
    try:
        names = [name.strip() for name in next(reader, [])]
        image = _columns(path, names, options.columns.get("image"), _IMAGE)[0]
        labels = _columns(path, names, options.columns.get("label"), _LABEL)
        for row in reader:
            if not row:
                continue
            if len(row) != len(names):
                raise DataError(f"{path}:{reader.line_num}: has {len(row)} fields, the first line {len(names)}")
            if not row[image]:
                raise DataError(f"{path}:{reader.line_num}: column '{names[image]}' is empty")
            entries.append((row[image], [row[column].strip() for column in labels], reader.line_num))
    except csv.Error as error:
        raise DataError(f"{path}:{reader.line_num}: is not CSV: {error}") from error
    if not entries:
        raise DataError(f"{path}: holds no rows below its line of names")
    root = os.path.dirname(path) if options.root is None else options.root
    return _single(path, root, entries) if len(labels) == 1 else _several(path, root, entries)


def _columns(path: str, names: Sequence[str], wanted: Sequence[str] | None, usual: Sequence[str]) -> list[int]:
    if wanted is None:
        lower = [name.lower() for name in names]
        found = [lower.index(name) for name in usual if name in lower][:1]
        if not found:
            raise DataError(f"{path}:1: no column is named {' or '.join(usual)}; give --columns image=NAME,label=NAME")
        return found
    for name in wanted:
        if name not in names:
            raise UnknownNameError("column", name, names, where=f"{path}:1")
    return [names.index(name) for name in wanted]


def _single(path: str, root: str, rows: list[tuple[str, list[str], int]]) -> Listing:
    texts = [labels[0] for _, labels, _ in rows]
    if all(_WHOLE.fullmatch(text) for text in texts):
        entries = [Entry(name, int(labels[0]), line) for name, labels, line in rows]
        for entry in entries:
            if not -(2**31) <= entry.label < 2**31:
                raise DataError(f"{path}:{entry.line}: label {entry.label} does not fit 32 bits")
        return Listing(root, entries, file=path)
    if all(map(_is_number, texts)):
        return _several(path, root, rows)
    for _, labels, line in rows:
        if not labels[0]:
            raise DataError(f"{path}:{line}: the label is empty")
    classes = sorted(set(texts))
    number = {name: label for label, name in enumerate(classes)}
    return Listing(root, [Entry(name, number[labels[0]], line) for name, labels, line in rows], classes, file=path)


def _is_number(text: str) -> bool:
    """Also of nan and inf, which make a column of numbers one with a mistake in it, not one of names."""
    try:
        float(text)
    except ValueError:
        return False
    return True


def _several(path: str, root: str, rows: list[tuple[str, list[str], int]]) -> Listing:
    entries = []
    for name, labels, line in rows:
        try:
            entries.append(Entry(name, 0, line, tuple(as_number(label) for label in labels)))
        except DataError as error:
            raise DataError(f"{path}:{line}: {error}") from error
    return Listing(root, entries, file=path)


SOURCE = Source(
    "csv",
    "a .csv or .tsv table with named columns (--columns image=NAME,label=NAME+NAME)",
    lambda path: path.lower().endswith((".csv", ".tsv")),
    csv_file,
    uses=("root", "columns"),
)
