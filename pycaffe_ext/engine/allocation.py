"""How the process takes memory for tensors: in large pages, and what one layer frees the next takes at once.

A tensor of some megabytes otherwise goes back to the system when it is freed, and the next one comes in new pages of
4 kB, each zeroed by the system first: a third of the time of a step of ResNet-50. PYCAFFE_EXT_KEEP_MEMORY=0 leaves
memory as it is, for a process that needs what it frees elsewhere.
"""

from __future__ import annotations

import ctypes
import os

_TRIM_THRESHOLD, _MMAP_MAX = -1, -4  # of glibc's mallopt


def keep_memory() -> None:
    """Is called before torch is imported, which reads the environment once. Does nothing beside glibc (Linux)."""
    if os.environ.get("PYCAFFE_EXT_KEEP_MEMORY", "1") == "0":
        return
    os.environ.setdefault("THP_MEM_ALLOC_ENABLE", "1")
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is not None:
        mallopt(_MMAP_MAX, 0)
        mallopt(_TRIM_THRESHOLD, -1)
