"""Where entries come from: one small file per kind of source, each with a SOURCE; they are found by themselves."""

from __future__ import annotations

import importlib
import os
import pkgutil
from functools import cache

from ...errors import FileError, UnknownNameError
from .entries import Listing
from .source import Source, SourceOptions

__all__ = ["Listing", "Source", "SourceOptions", "open_source", "sources"]


@cache
def sources() -> dict[str, Source]:
    """All kinds of sources by name, in the order in which they are asked."""
    modules = (importlib.import_module(f"{__name__}.{found.name}") for found in pkgutil.iter_modules(__path__))
    found = [module.SOURCE for module in modules if hasattr(module, "SOURCE")]
    return {source.kind: source for source in sorted(found, key=lambda source: (source.rank, source.kind))}


def open_source(
    path: str, *, kind: str | None = None, root: str | None = None, classes: bool = True, **more: object
) -> Listing:
    """The entries of a source, of the kind that is given or that its file or folder looks like.

    The other arguments are those of SourceOptions.
    Raises FileError, DataError, OptionError, UnknownNameError.
    """
    options = SourceOptions(root=root, classes=classes, **more)  # type: ignore[arg-type]
    if kind is not None and kind not in sources():
        raise UnknownNameError("kind of source", kind, sources())
    if not os.path.lexists(path) and "{" not in path:
        raise FileError(path, "does not exist; give a folder of images, a list file, or another source (see --help)")
    source = sources()[kind] if kind else next(one for one in sources().values() if one.recognises(path))
    source.check(path, options)
    return source.open(path, options)
