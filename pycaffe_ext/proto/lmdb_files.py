"""Whether the file of an LMDB is whole."""

from __future__ import annotations

import os
import struct
from os import PathLike

from ..errors import FileError

_MAGIC = 0xBEEFC0DE
# Of a meta page: the page's header, then magic, version, address, map size, the description of the free list's
# tree (its first field holds the page size), that of the main tree, last page in use, transaction.
_META = struct.Struct("<16x II QQ I44x 48x QQ")


def check_whole(path: str | PathLike[str]) -> None:
    """Raises FileError when data.mdb in folder `path` is shorter than the pages that its newest meta page tells of.

    LMDB maps the file into memory without checking this; reading a page beyond the end would then kill the
    process (SIGBUS).
    """
    with open(os.path.join(path, "data.mdb"), "rb") as opened:
        first = opened.read(_META.size)
        if len(first) < _META.size:
            raise FileError(path, f"is truncated: data.mdb has {len(first)} bytes")
        magic, _, _, _, page_size, *newest = _META.unpack(first)
        if magic != _MAGIC:
            raise FileError(path, "is not an LMDB of 64-bit machines: data.mdb begins differently")
        opened.seek(page_size)
        second = opened.read(_META.size)
        size = opened.seek(0, os.SEEK_END)
    if len(second) == _META.size:
        *_, last_page, transaction = _META.unpack(second)
        if transaction > newest[1]:
            newest = [last_page, transaction]
    needed = (newest[0] + 1) * page_size
    if size < needed:
        raise FileError(path, f"is truncated: data.mdb has {size} of {needed} bytes")


def map_size(path: str | PathLike[str]) -> int:
    """The map size that the LMDB in folder `path` was written with; 0 where there is none yet.

    Opened with it again, an LMDB goes on as if it had not been closed.
    """
    try:
        with open(os.path.join(path, "data.mdb"), "rb") as opened:
            pages = [opened.read(_META.size)]
            if len(pages[0]) < _META.size:
                return 0
            opened.seek(_META.unpack(pages[0])[4])
            pages.append(opened.read(_META.size))
    except OSError:
        return 0
    sizes = {_META.unpack(page)[-1]: int(_META.unpack(page)[3]) for page in pages if len(page) == _META.size}
    return sizes[max(sizes)]
