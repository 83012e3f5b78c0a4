"""Datum messages: made as convert_imageset makes them, read as the Data layer reads them."""

from __future__ import annotations

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


def parse_datum(value: bytes | memoryview) -> Any:
    """The Datum in a database's value. Raises DataError when it is none."""
    try:
        datum = caffe_pb2.Datum.FromString(value)
    except protobuf_message.DecodeError as error:
        raise DataError(f"is not a Datum: {len(value)} bytes of another kind") from error
    if not datum.data and not datum.float_data:
        raise DataError("holds no data: it is an empty Datum, or a message of another kind")
    return datum


def datum_array(datum: Any, *, force_color: bool = False, force_gray: bool = False) -> Array:
    """The pixels of a Datum, C x H x W: uint8, or float32 where it holds float_data.

    An encoded one is decoded as it was stored, or as colour (BGR) or grey where that is forced; forcing does
    nothing to one that is not encoded, as in Caffe. Raises DataError.
    """
    if datum.encoded:
        flags = cv2.IMREAD_COLOR if force_color else cv2.IMREAD_GRAYSCALE if force_gray else cv2.IMREAD_UNCHANGED
        image = decode(datum.data, flags)
        if image is None:
            raise DataError(f"is marked encoded, but its {len(datum.data)} bytes are no image")
        if image.dtype != np.uint8:
            raise DataError(f"is a {image.dtype} image; set force_color or force_gray to read it")
        return image[None] if image.ndim == 2 else image.transpose(2, 0, 1)
    shape = (datum.channels, datum.height, datum.width)
    values: Array = np.frombuffer(datum.data, np.uint8) if datum.data else np.array(datum.float_data, np.float32)
    if min(shape) <= 0 or values.size != int(np.prod(shape, dtype=np.int64)):
        expected = "x".join(map(str, shape))
        raise DataError(f"holds {values.size} values, but its shape is {expected}")
    return values.reshape(shape)
