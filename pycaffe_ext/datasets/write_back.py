"""What was written is sent on to the disk while more is made, so that nobody waits for all of it at the end."""

from __future__ import annotations

import ctypes
from pathlib import Path

_WRITE = 2  # SYNC_FILE_RANGE_WRITE: begin to write, wait for nothing
_sync_file_range = getattr(ctypes.CDLL(None), "sync_file_range", None)  # Linux alone has it
if _sync_file_range:
    _sync_file_range.argtypes = [ctypes.c_int, ctypes.c_int64, ctypes.c_int64, ctypes.c_uint]


def begin_write_back(path: Path, start: int) -> int:
    """Has the system begin to write a file's bytes from `start` on; where the file ends now.

    The system otherwise waits until a tenth of the memory is unwritten, and later makes the writer wait as long as
    the disk takes for it. This sees nothing onto the disk for certain, and errors are told by the sync at the end.
    """
    end = path.stat().st_size
    if _sync_file_range and end > start:
        with path.open("rb") as file:
            _sync_file_range(file.fileno(), start, end - start, _WRITE)
    return end
