#!/usr/bin/env python3
"""Whether prototxt files survive reading and writing to the byte: check_identity.py FOLDER...

Every file in the folders is tried. Files that are no prototxt at all are named with the reason; of the others
the text without edits, and with every value replaced by itself, must be the file's bytes.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

from pycaffe_ext import cli
from pycaffe_ext.errors import FileError, PrototxtError
from pycaffe_ext.text import Document, Scalar, walk
from pycaffe_ext.text.layout import replace


def survives(path: Path) -> bool:
    """Raises PrototxtError where the file is no prototxt."""
    document = Document.read(path)
    values = [value for _, field in walk(document.root) for value in field.values if isinstance(value, Scalar)]
    edits = [edit for value in values if len(value.pieces) == 1 for edit in replace(value, value.text)]
    return document.to_bytes() == document.apply(edits).to_bytes() == path.read_bytes()


def main(folders: Sequence[str]) -> int:
    if not folders:
        raise FileError("FOLDER", "is missing: check_identity.py FOLDER...")
    identical, no_prototxt, failed = 0, 0, 0
    for path in sorted(path for folder in folders for path in Path(folder).rglob("*") if path.is_file()):
        try:
            if survives(path):
                identical += 1
            else:
                failed += 1
                print(f"FAILED: {path}")
        except PrototxtError as error:
            no_prototxt += 1
            print(f"no prototxt: {error}")
    print(f"identical: {identical}, no prototxt: {no_prototxt}, failed: {failed}")
    return 1 if failed or not identical else 0


if __name__ == "__main__":
    sys.exit(cli.run(main))
