"""How the process takes memory: what is freed is kept, and taken again at once.

A tensor or an image of some hundred kilobytes otherwise goes back to the system when it is freed, and the next one
comes in new pages, each zeroed by the system first: half of the time of a step of GoogLeNet, a fifth of that of
make_lmdb.py. What is kept comes to lie in pieces, though: that step takes 2.0 GB. PYCAFFE_EXT_KEEP_MEMORY=0 gives back
what is large, for a process that is short of memory: 1.6 GB, and large pages, so that the step takes a quarter longer.
"""

from __future__ import annotations

import ctypes
import os

_TRIM_THRESHOLD, _MMAP_THRESHOLD, _MMAP_MAX = -1, -3, -4  # of glibc's mallopt
_LARGE = 1 << 20


def keep_memory(largest: int | None = None) -> None:
    """Keeps blocks of up to `largest` bytes, at most 32 MB (None: all). Does nothing beside glibc (Linux).

    Is called before torch is imported, which reads the environment once.
    """
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is None:
        return
    if os.environ.get("PYCAFFE_EXT_KEEP_MEMORY", "1") == "0":
        os.environ.setdefault("THP_MEM_ALLOC_ENABLE", "1")
        mallopt(_MMAP_THRESHOLD, _LARGE)  # said once, it does not grow with what is freed
    else:
        if largest is None:
            mallopt(_MMAP_MAX, 0)
        else:
            mallopt(_MMAP_THRESHOLD, largest)
        mallopt(_TRIM_THRESHOLD, -1)


class _Mallinfo(ctypes.Structure):
    """What glibc's mallinfo2 tells: `free` bytes of what it has taken from the system, and nine other numbers."""

    _fields_ = [
        *((f"other{i}", ctypes.c_size_t) for i in range(8)),
        ("free", ctypes.c_size_t),
        ("last", ctypes.c_size_t),
    ]


def kept() -> int:
    """Bytes that the process keeps for what it takes next; 0 where that is not known."""
    mallinfo = getattr(ctypes.CDLL(None), "mallinfo2", None)
    if mallinfo is None:
        return 0
    mallinfo.restype = _Mallinfo
    return int(mallinfo().free)
