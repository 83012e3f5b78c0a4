"""Pictures as files: a drawing returns the bytes of each of its files by relative path."""

from __future__ import annotations

import cv2
import numpy as np
import numpy.typing as npt

Drawn = dict[str, bytes]
_JPEG_QUALITY = 92


def jpeg(image: npt.NDArray[np.uint8]) -> bytes:
    """A photograph (H x W x 3, BGR) as a camera stores it."""
    return cv2.imencode(".jpg", image, [cv2.IMWRITE_JPEG_QUALITY, _JPEG_QUALITY])[1].tobytes()


def png(image: npt.NDArray[np.uint8]) -> bytes:
    """An image of exact values, such as a label map (H x W)."""
    return cv2.imencode(".png", image)[1].tobytes()
