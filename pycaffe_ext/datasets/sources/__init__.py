"""Where entries come from: one small file per kind of source."""

from __future__ import annotations

import os

from ...errors import FileError, OptionError
from .entries import Listing
from .folder import class_folders, image_folder
from .list_file import list_file

__all__ = ["Listing", "open_source"]


def open_source(source: str, *, root: str | None = None, classes: bool = True) -> Listing:
    """The entries of a folder or of a list file; `classes`: a folder holds one folder per class.

    `root` is where a list file's paths begin (default: the list file's folder).
    Raises FileError, DataError, OptionError.
    """
    if os.path.isdir(source):
        if root is not None:
            raise OptionError(f"--root is for list files, and {source} is a folder")
        return class_folders(source) if classes else image_folder(source)
    if not os.path.exists(source):
        raise FileError(source, "does not exist; give a folder of images, or a list file")
    return list_file(source, os.path.dirname(source) if root is None else root)
