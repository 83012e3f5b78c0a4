"""NumPy's .npy and .npz."""

from __future__ import annotations

import os
import zipfile
import zlib
from typing import Any

import numpy as np

from ...errors import FileError
from .arrays import array_listing, choose
from .entries import ArrayListing
from .source import Source, SourceOptions


def _open(path: str, options: SourceOptions) -> ArrayListing:
    """A .npz holds images and labels (named so, or as --columns says). A .npy holds images; the labels of x.npy are
    in x_labels.npy, or in the file that --columns label=FILE names, and 0 where there is neither.

    Raises FileError, DataError, UnknownNameError.
    """
    loaded = _load(path)
    if isinstance(loaded, np.ndarray):
        beside = f"{os.path.splitext(path)[0]}_labels.npy"
        wanted = [*options.columns.get("label", []), *([beside] if os.path.exists(beside) else [])][:1]
        return array_listing(path, loaded, _load(wanted[0]) if wanted else None)
    with loaded:
        image, label = choose(path, loaded.files, options.columns)
        try:
            return array_listing(path, loaded[image], None if label is None else loaded[label])
        except (ValueError, OSError, EOFError, zipfile.BadZipFile, zlib.error) as error:
            raise FileError(path, f"cannot be read: {_problem(error)}") from error


def _load(path: str) -> Any:
    try:
        return np.load(path, mmap_mode="r", allow_pickle=False)
    except (ValueError, EOFError, zipfile.BadZipFile) as error:
        raise FileError(path, f"is no NumPy file of numbers, or is damaged: {_problem(error)}") from error
    except OSError as error:
        raise FileError(path, f"cannot be read: {error.strerror or error}") from error


def _problem(error: Exception) -> str:
    return "it holds Python objects, which are not read" if "pickle" in str(error) else str(error)


SOURCE = Source(
    "numpy",
    ".npy or .npz: N x H x W, N x H x W x C or N x C x H x W, and labels (--columns image=NAME,label=NAME)",
    lambda path: path.lower().endswith((".npy", ".npz")),
    _open,
    uses=("columns",),
)
