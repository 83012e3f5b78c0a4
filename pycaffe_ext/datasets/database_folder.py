"""The folder of an LMDB that is being written: whole under its name, or not there at all."""

from __future__ import annotations

import fcntl
import glob
import os
import shutil
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import Any

from ..atomic import creating_folder
from ..errors import FileError
from . import journal

_DATA, _LOCK = "data.mdb", "lock.mdb"


def check_target(path: Path, *, overwrite: bool) -> None:
    """Raises FileError when there is something at `path` that may not be replaced, or its folder is missing."""
    if not path.parent.is_dir():
        raise FileError(path, f"cannot be written: folder {path.parent} does not exist")
    if not os.path.lexists(path):
        return
    if not overwrite:
        raise FileError(path, "exists already; remove it, choose another name, or give --overwrite")
    if not is_lmdb(path):
        raise FileError(path, "is not an LMDB, so it is not overwritten")


def is_lmdb(path: Path) -> bool:
    """Whether a folder holds an LMDB's files and no others."""
    return path.is_dir() and set(os.listdir(path)) <= {_DATA, _LOCK, journal.NAME}


@contextmanager
def new_database(
    path: Path, *, overwrite: bool = False, run: str = "", keep: tuple[type[BaseException], ...] = ()
) -> Iterator[Path]:
    """Yields a folder; on a clean exit it becomes `path`, on any error `path` is as it was.

    After an error of the kinds `keep` the folder stays beside `path`, as it does when the run is killed.

    It is empty, unless a killed run has left one whose journal is of `run`: then it holds what that one holds.
    What other killed runs have left beside `path` is removed. The journal stays, until `forget`. Raises FileError.
    """
    check_target(path, overwrite=overwrite)
    replace = path.exists()
    place = path.with_name(f".{path.name}.part-new-{os.getpid()}") if replace else path
    with ExitStack() as after:
        with creating_folder(place) as folder:
            _take_over(path, folder, run)
            after.enter_context(_owned(folder))
            try:
                yield folder
            except keep:
                os.rename(folder, path.with_name(f".{path.name}.part-cut-{os.getpid()}"))
                raise
        if replace:
            _replace(path, place)


def _replace(path: Path, new: Path) -> None:
    # Folders cannot be exchanged in one step, the file can. Its lock file knows the old file's state.
    try:
        (path / _LOCK).unlink(missing_ok=True)
        if (new / journal.NAME).exists():  # there before the file is, as it is where a whole folder gets its name
            shutil.copyfile(new / journal.NAME, path / journal.NAME)
        os.replace(new / _DATA, path / _DATA)
    except OSError as error:
        with suppress(OSError):
            (path / journal.NAME).unlink(missing_ok=True)
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


def left_behind(path: Path, run: str) -> Path | None:
    """The folder that a killed run has left beside `path`, where its journal is of `run` and anything else is there."""
    return next((folder for folder in _parts(path) if _is_of(folder, run)), None)


def events(path: Path, run: str) -> list[list[Any]]:
    """What a run has noted in and beside `path`."""
    noted = (journal.read_journal(folder, run)[1:] for folder in [path, *_parts(path)])
    return [event for some in noted for event in some]


def forget(path: Path) -> None:
    """Removes what a run has left in and beside `path`, which is whole."""
    _remove_parts(path)
    with suppress(OSError):
        (path / journal.NAME).unlink(missing_ok=True)


def _parts(path: Path) -> list[Path]:
    name = glob.escape(path.name)
    return sorted([*path.parent.glob(f".{name}.part-*"), *path.parent.glob(f"..{name}.part-*")])


def _is_of(folder: Path, run: str) -> bool:
    # Only a journal is left where the database has been moved out of the folder already.
    return bool(journal.read_journal(folder, run)) and set(os.listdir(folder)) > {journal.NAME}


def _take_over(path: Path, new: Path, run: str) -> None:
    """Puts what a killed run has left of `run` in the new folder's place, and removes what others have left."""
    for folder in _parts(path):
        if run and folder != new and _is_of(folder, run):
            with suppress(OSError), _locked(folder):
                os.rename(folder, new)  # in one step, since the new one is empty
                break
    _remove_parts(path, but=new)


def _remove_parts(path: Path, but: Path | None = None) -> None:
    for folder in _parts(path):
        if folder != but:
            with suppress(OSError), _locked(folder):
                shutil.rmtree(folder)


@contextmanager
def _locked(folder: Path) -> Iterator[None]:
    """Holds the lock of a folder. Raises OSError, such as BlockingIOError where another run is writing it."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield
    finally:
        os.close(handle)
