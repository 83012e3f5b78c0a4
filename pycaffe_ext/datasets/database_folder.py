"""The folder of an LMDB that is being written: whole under its name, or not there at all."""

from __future__ import annotations

import fcntl
import glob
import os
import shutil
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

from ..atomic import creating_folder
from ..errors import FileError

_DATA, _LOCK = "data.mdb", "lock.mdb"


def check_target(path: Path, *, overwrite: bool) -> None:
    """Raises FileError when there is something at `path` that may not be replaced, or its folder is missing."""
    if not path.parent.is_dir():
        raise FileError(path, f"cannot be written: folder {path.parent} does not exist")
    if not os.path.lexists(path):
        return
    if not overwrite:
        raise FileError(path, "exists already; remove it, choose another name, or give --overwrite")
    if not path.is_dir() or not set(os.listdir(path)) <= {_DATA, _LOCK}:
        raise FileError(path, "is not an LMDB, so it is not overwritten")


@contextmanager
def new_database(path: Path, *, overwrite: bool = False) -> Iterator[Path]:
    """Yields an empty folder; on a clean exit it becomes `path`, on any error `path` is as it was.

    What killed runs have left beside `path` is removed first. Raises FileError.
    """
    check_target(path, overwrite=overwrite)
    _remove_left_behind(path)
    replace = path.exists()
    place = path.with_name(f".{path.name}.part-new-{os.getpid()}") if replace else path
    with ExitStack() as after:
        with creating_folder(place) as folder:
            after.enter_context(_owned(folder))
            yield folder
        if replace:
            _replace(path, place)


def _replace(path: Path, new: Path) -> None:
    # Folders cannot be exchanged in one step, the file can. Its lock file knows the old file's state.
    try:
        (path / _LOCK).unlink(missing_ok=True)
        os.replace(new / _DATA, path / _DATA)
    except OSError as error:
        raise FileError(path, f"cannot be replaced: {error.strerror or error}") from error
    finally:
        shutil.rmtree(new, ignore_errors=True)


@contextmanager
def _owned(folder: Path) -> Iterator[None]:
    # The lock goes with the process, however that ends; a process id could be another's, or another machine's.
    handle = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)


def _remove_left_behind(path: Path) -> None:
    name = glob.escape(path.name)
    for folder in [*path.parent.glob(f".{name}.part-*"), *path.parent.glob(f"..{name}.part-*")]:
        with suppress(OSError):  # such as BlockingIOError: another run is writing it
            handle = os.open(folder, os.O_RDONLY)
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
                shutil.rmtree(folder)
            finally:
                os.close(handle)
