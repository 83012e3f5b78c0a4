"""Datum messages: made as convert_imageset makes them, read as the Data layer reads them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt
from google.protobuf import message as protobuf_message

from ..errors import DataError
from ..proto import caffe_pb2
from .images import Pixels, decode

Array = npt.NDArray[Any]


def raw_datum(image: Pixels, label: int) -> bytes:
    """The Datum of an uint8 image H x W or H x W x C: planes C x H x W, `encoded: false` written out."""
    planes = image[None] if image.ndim == 2 else image.transpose(2, 0, 1)
    channels, height, width = planes.shape
    datum = caffe_pb2.Datum(
        channels=channels, height=height, width=width, data=planes.tobytes(), label=label, encoded=False
    )
    content: bytes = datum.SerializeToString()
    return content


def encoded_datum(content: bytes, label: int) -> bytes:
    """The Datum of an image file's bytes (JPEG, PNG, ...); it has no channels, height and width."""
    made: bytes = caffe_pb2.Datum(data=content, label=label, encoded=True).SerializeToString()
    return made


@dataclass
class Datum:
    """The fields of a Datum; `data` is a view into the value that it was parsed from."""

    channels: int = 0
    height: int = 0
    width: int = 0
    data: memoryview = field(default_factory=lambda: memoryview(b""))
    label: int = 0
    float_data: Array | None = None
    encoded: bool = False


def parse_datum(value: bytes | memoryview) -> Datum:
    """The Datum in a database's value. Raises DataError when it is none."""
    try:
        datum = _views(memoryview(value)) or _copies(value)
    except protobuf_message.DecodeError as error:
        raise DataError(f"is not a Datum: {len(value)} bytes of another kind") from error
    if not datum.data and datum.float_data is None:
        raise DataError("holds no data: it is an empty Datum, or a message of another kind")
    return datum


def datum_array(datum: Datum, *, force_color: bool = False, force_gray: bool = False) -> Array:
    """The pixels of a Datum, C x H x W: uint8, or float32 where it holds float_data. They may be read-only.

    An encoded one is decoded as it was stored, or as colour (BGR) or grey where that is forced; forcing does
    nothing to one that is not encoded, as in Caffe. Raises DataError.
    """
    if datum.encoded:
        flags = cv2.IMREAD_COLOR if force_color else cv2.IMREAD_GRAYSCALE if force_gray else cv2.IMREAD_UNCHANGED
        image = decode(datum.data, flags)
        if image is None:
            raise DataError(f"is marked encoded, but its {len(datum.data)} bytes are no image")
        if image.dtype != np.uint8:
            raise DataError(f"is an {image.dtype} image; force_color or force_gray reads it as 8 bit")
        return image[None] if image.ndim == 2 else image.transpose(2, 0, 1)
    shape = (datum.channels, datum.height, datum.width)
    values: Array = np.frombuffer(datum.data, np.uint8) if datum.data or datum.float_data is None else datum.float_data
    if min(shape) <= 0 or values.size != shape[0] * shape[1] * shape[2]:
        raise DataError(f"holds {values.size} values, but its shape is {'x'.join(map(str, shape))}")
    return values.reshape(shape)


# Keys of the wire format: number of the field << 3 | wire type.
_DATA = 0x22
_ENCODED = 0x38
_NUMBERS = {0x08: "channels", 0x10: "height", 0x18: "width", 0x28: "label", _ENCODED: "encoded"}


def _views(value: memoryview) -> Datum | None:
    """The Datum without a copy of its data (protobuf makes two); None for all but the plain form that Caffe writes."""
    datum = Datum()
    position = 0
    try:
        while position < len(value):
            key, number, shift = value[position], 0, 0
            while value[position := position + 1] > 0x7F:
                number |= (value[position] & 0x7F) << shift
                shift += 7
                if shift > 28:
                    return None
            number |= value[position] << shift
            position += 1
            if key == _DATA:
                datum.data = value[position : position + number]
                position += number
            elif number < 1 << 31:
                setattr(datum, _NUMBERS[key], bool(number) if key == _ENCODED else number)
            else:
                return None
    except (IndexError, KeyError):
        return None
    return datum if position == len(value) else None


def _copies(value: bytes | memoryview) -> Datum:
    datum = caffe_pb2.Datum.FromString(value)
    floats = np.array(datum.float_data, np.float32) if datum.float_data else None
    return Datum(datum.channels, datum.height, datum.width, memoryview(datum.data), datum.label, floats, datum.encoded)
