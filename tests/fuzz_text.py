#!/usr/bin/env python3
"""Random edits over prototxt files: fuzz_text.py COUNT FOLDER...

Each edit is made as operations make them (text/layout.py: a value replaced, a field put in behind or before another, a
field or block taken out), on a random field of a random file. All bytes outside of the edit's span have to be the
same, the result has to parse, and what it says elsewhere has to be what it said. Prints what fails.
"""

from __future__ import annotations

import random
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

from pycaffe_ext import cli
from pycaffe_ext.errors import FileError, PrototxtError
from pycaffe_ext.text import Document, Edit, Field, Message, Scalar, walk
from pycaffe_ext.text.layout import New, insert_after, insert_first, remove, remove_block, replace

SLOW = 5.0  # seconds that one edit may take at most
LARGEST = 20_000  # of a file, in characters: each edit reads it anew

_LIKE = {"string": ['"x # y"', "''"], "number": ["7", "0.25", "-1e3"], "name": ["true", "MAX"]}  # by token


def random_edits(document: Document, choose: random.Random) -> tuple[str, list[Edit], int]:
    """What is done, the edits, and how many scalars there are more afterwards."""
    fields = [(around[-1] if around else None, field) for around, field in walk(document.root)]
    outer, field = choose.choice(fields)
    siblings = _inside(document, outer)
    scalars = [value for value in field.values if isinstance(value, Scalar)]
    messages = [value for value in field.values if isinstance(value, Message)]
    new = New("fuzzed", choose.choice(['"a # b"', "1e-3", "MAX"]))
    if choose.random() < 0.3:
        new = New("fuzzed_param", [new, New("inner", [New("x", "1")])], one_line=choose.random() < 0.5)
    added = str(new).count("New(") - str(new).count("[New(")
    kind = choose.choice(["replace", "insert_after", "insert_first", "remove", "remove_block"])
    if kind == "replace" and scalars:
        value = choose.choice(scalars)
        return kind, list(replace(value, choose.choice(_LIKE[value.pieces[-1].kind]))), 0
    if kind == "insert_first" and messages:
        return kind, [insert_first(document, messages[0], new)], added
    if kind in ("remove", "remove_block") and len(siblings) > 1:
        done = remove(document, field) if kind == "remove" else remove_block(document, field)
        return kind, [done], -_count(field)
    return "insert_after", [insert_after(document, field, [new], siblings)], added


def _inside(document: Document, outer: Field | None) -> Sequence[Field]:
    messages = [value for value in outer.values if isinstance(value, Message)] if outer else [document.root]
    return messages[0].fields


def _scalars(document: Document) -> list[str]:
    return [
        "".join(f"{one.name}." for one in around) + f"{field.name}={value.text}"
        for around, field in walk(document.root)
        for value in field.values
        if isinstance(value, Scalar)
    ]


def _count(field: Field) -> int:
    holder = Message(0, fields=[field])
    return sum(isinstance(value, Scalar) for _, one in walk(holder) for value in one.values)


def problem(document: Document, edits: Sequence[Edit], added: int) -> str:
    """What is wrong with these edits; empty where nothing is."""
    after = document.apply(edits)
    start, end = min(edit.start for edit in edits), max(edit.end for edit in edits)
    old, new = document.text, after.text
    if new[:start] != old[:start] or not new.endswith(old[end:]):
        return "bytes outside of the edit differ"
    kept = old[:start].count("#") + old[end:].count("#")
    if new.count("#") < kept:
        return "a comment is lost"
    before, now = _scalars(document), _scalars(after)
    if len(now) != len(before) + added:
        return f"{len(before)} values became {len(now)}, not {len(before) + added}"
    same_head = next((i for i, (a, b) in enumerate(zip(before, now, strict=False)) if a != b), len(before))
    longest = min(len(before), len(now))
    same_tail = next((i for i, (a, b) in enumerate(zip(before[::-1], now[::-1], strict=False)) if a != b), longest)
    if same_head + same_tail < longest - (added == 0):
        return "other values differ"
    return ""


def documents(folders: Sequence[str]) -> Iterator[Document]:
    for path in sorted(path for folder in folders for path in Path(folder).rglob("*") if path.is_file()):
        try:
            document = Document.read(path)
        except PrototxtError:
            continue
        if document.root.fields and len(document.text) <= LARGEST:
            yield document


def fuzz(nets: Sequence[Document], count: int, seed: int = 0) -> list[str]:
    """Makes that many edits; what failed, in words."""
    choose = random.Random(seed)
    failed = []
    for _ in range(count):
        document = choose.choice(nets)
        kind, edits, added = random_edits(document, choose)
        start = time.perf_counter()
        try:
            found = problem(document, edits, added)
        except Exception as error:
            found = f"{type(error).__name__}: {error}"
        if time.perf_counter() - start > SLOW:
            found = found or f"took more than {SLOW} s"
        if found:
            failed.append(f"{document.file}: {kind} {edits}: {found}"[:400])
    return failed


def main(arguments: Sequence[str]) -> int:
    if len(arguments) < 2 or not arguments[0].isdecimal():
        raise FileError("FOLDER", "is missing: fuzz_text.py COUNT FOLDER...")
    failed = fuzz(list(documents(arguments[1:])), int(arguments[0]))
    print("\n".join([*failed[:50], f"edits: {arguments[0]}, failed: {len(failed)}"]))
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(cli.run(main))
