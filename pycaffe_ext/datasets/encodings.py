"""How the pixels of a Datum are stored: its encoding and shape, told without decoding it."""

from __future__ import annotations

import io

from PIL import Image

from .datum import Datum, datum_array
from .transform import Shape

_BEGINNINGS = {
    b"\xff\xd8": "jpg",
    b"\x89PNG\r\n\x1a\n": "png",
    b"BM": "bmp",
    b"II*\x00": "tif",
    b"MM\x00*": "tif",
    b"GIF8": "gif",
}
_CHANNELS = {"1": 1, "L": 1, "RGB": 3, "CMYK": 3, "YCbCr": 3, "P": 3, "RGBA": 4}  # Pillow's modes, as OpenCV decodes


def encoding_of(datum: Datum) -> str:
    """ "raw", "float", or the kind of file that is stored, by its first bytes: "jpg", "png", ... ("other")."""
    if not datum.encoded:
        return "raw" if datum.data or datum.float_data is None else "float"
    begin = bytes(datum.data[:12])
    if begin.startswith(b"RIFF") and begin.endswith(b"WEBP"):
        return "webp"
    return next((kind for magic, kind in _BEGINNINGS.items() if begin.startswith(magic)), "other")


def stored_shape(datum: Datum) -> Shape:
    """C x H x W of the pixels; an encoded image says it in its header. Raises DataError where nothing tells it."""
    if not datum.encoded:
        return (datum.channels, datum.height, datum.width)
    try:
        with Image.open(io.BytesIO(datum.data)) as image:
            channels, width, height = _CHANNELS.get(image.mode), image.width, image.height
    except (OSError, SyntaxError, ValueError, Image.DecompressionBombError):
        channels = width = height = None
    if channels is None or width is None or height is None:
        decoded = datum_array(datum).shape
        return (decoded[0], decoded[1], decoded[2])
    return (channels, height, width)
