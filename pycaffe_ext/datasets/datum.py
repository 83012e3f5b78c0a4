"""Datum messages: made as convert_imageset makes them, read as the Data layer reads them."""

from __future__ import annotations

from functools import lru_cache

import cv2
import numpy as np

from .array_types import Array
from .datum_reading import Datum, datum_array, parse_datum
from .images import Pixels

__all__ = ["Array", "Datum", "datum_array", "encoded_datum", "float_datum", "is_numbers", "parse_datum", "raw_datum"]

# Keys of the wire format: number of the field << 3 | wire type.
_CHANNELS, _HEIGHT, _WIDTH, _DATA, _LABEL, _FLOAT, _ENCODED = 0x08, 0x10, 0x18, 0x22, 0x28, 0x35, 0x38


def raw_datum(image: Pixels, label: int, *, says_encoded: bool = True) -> bytearray:
    """The Datum of an uint8 image H x W or H x W x C: planes C x H x W.

    `says_encoded`: `encoded: false` is written out, as convert_imageset does and other converters do not.
    """
    height, width = image.shape[:2]
    channels = 1 if image.ndim == 2 else image.shape[2]
    head = _shape(channels, height, width) + _field(_DATA, image.size)
    value = bytearray(len(head) + image.size)
    value[: len(head)] = head
    planes = np.frombuffer(value, np.uint8, offset=len(head)).reshape(channels, height, width)
    if image.ndim == 2:
        planes[0] = image
    elif channels == 3 and image.flags.c_contiguous:
        cv2.split(image, list(planes))  # twice as fast as numpy
    else:
        planes[...] = image.transpose(2, 0, 1)
    del planes  # a bytearray that is viewed cannot grow
    value += _field(_LABEL, label)
    if says_encoded:
        value += _field(_ENCODED, 0)
    return value


def float_datum(values: Array, label: int | None) -> bytes:
    """The Datum of floats C x H x W (float_data); without a label where that is None."""
    numbers = np.empty(values.size, [("key", "u1"), ("value", "<f4")])
    numbers["key"], numbers["value"] = _FLOAT, values.ravel()
    return _shape(*values.shape) + (b"" if label is None else _field(_LABEL, label)) + numbers.tobytes()


def encoded_datum(content: bytes, label: int) -> bytes:
    """The Datum of an image file's bytes (JPEG, PNG, ...); it has no channels, height and width."""
    return b"".join((_field(_DATA, len(content)), content, _field(_LABEL, label), _field(_ENCODED, 1)))


def is_numbers(values: Array) -> bool:
    """Whether the array of a Datum is K x 1 x 1 floats: several labels of an entry, and no label map."""
    return values.dtype == np.float32 and values.shape[1:] == (1, 1)


@lru_cache(256)
def _shape(channels: int, height: int, width: int) -> bytes:
    return _field(_CHANNELS, channels) + _field(_HEIGHT, height) + _field(_WIDTH, width)


def _field(key: int, number: int) -> bytes:
    """A field's key and number on the wire: 7 bits a byte, the lowest first; negative ones as of 64 bits."""
    number &= (1 << 64) - 1
    made = bytearray([key])
    while number > 0x7F:
        made.append(number & 0x7F | 0x80)
        number >>= 7
    made.append(number)
    return bytes(made)
