"""Encoded bytes to pixels."""

from __future__ import annotations

import cv2
import numpy as np

from .array_types import Array


def decode(content: bytes | memoryview, flags: int) -> Array | None:
    """What OpenCV makes of encoded bytes; None where they are no image that it can read."""
    try:
        image: Array | None = cv2.imdecode(np.frombuffer(content, np.uint8), flags)
    except cv2.error:  # such as dimensions beyond its limits
        return None
    return image
