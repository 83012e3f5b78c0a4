"""What fails inside a layer, as an error that names the layer."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from ..errors import CaffeError, NetError
from .blob import Blob

# What torch, numpy and arithmetic raise at numbers that they cannot take. Other exceptions are mistakes of the
# engine's own, and go on as they are.
_AT_NUMBERS = (RuntimeError, ValueError, TypeError, IndexError, ArithmeticError, MemoryError)
_NO_MEMORY = re.compile(r"tried to allocate (\d+) bytes")


@contextmanager
def naming(layer: Any, bottoms: Sequence[Blob] = ()) -> Iterator[None]:
    """Around what a layer (its LayerParameter) does: errors that do not say which layer it was then do.

    What a script's own Python layer raises is the script's business.
    """
    try:
        yield
    except NetError as error:
        if error.layer:
            raise
        raise type(error)(layer.name, str(error)) from error
    except CaffeError:
        raise
    except _AT_NUMBERS as error:
        if layer.type == "Python":
            raise
        raise NetError(layer.name, _explained(error, bottoms)) from error


def _explained(error: Exception, bottoms: Sequence[Blob]) -> str:
    text = str(error)
    if found := _NO_MEMORY.search(text):
        return f"needs {int(found[1]) / 1e9:.3g} GB of memory at once, which this machine does not give"
    if isinstance(error, MemoryError):
        return f"needs more memory than this machine gives{': ' if text else ''}{text}"
    first, *_ = text.splitlines() or [type(error).__name__]
    on = f" with bottoms of shape {', '.join(str(bottom.shape) for bottom in bottoms)}" if bottoms else ""
    return f"cannot be computed{on}: {first}"
