"""A message as Caffe's log has it: as the C++ library of protocol buffers writes text."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
from google.protobuf import text_format

_FLOAT = re.compile(r"(?m)(?<=: )-?\d+(?:\.\d+)?(?:e[+-]\d+)?$")  # whole numbers of integer fields too


def text_of(message: Any) -> str:
    """The text without its last line end; what is no ASCII is escaped."""
    return _FLOAT.sub(_as_in_c, text_format.MessageToString(message, as_utf8=False)).rstrip()


def _as_in_c(found: re.Match[str]) -> str:
    """A float32 in six digits, in nine where six are another number."""
    if not set(found[0]) & set(".e"):
        return found[0]
    value = np.float32(found[0])
    short = f"{value:.6g}"
    is_exact = np.float32(short) == value and (value == 0 or abs(value) >= np.finfo(np.float32).tiny)
    return short if is_exact else f"{value:.9g}"
