"""Datums read as the Data layer reads them, without protobuf, which copies the pixels twice."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import cv2
import numpy as np

from ..errors import DataError
from .array_types import Array
from .decoding import decode

_DATA, _FLOATS = 4, 6
_NUMBERS = {1: "channels", 2: "height", 3: "width", 5: "label", 7: "encoded"}
_VARINT, _EIGHT_BYTES, _BYTES, _FOUR_BYTES = 0, 1, 2, 5  # wire types
_FLOAT_KEY = _FLOATS << 3 | _FOUR_BYTES
_LONGEST = 64  # bytes before or behind the pixels that are remembered
_MOST_KNOWN = 10_000  # Datums that are remembered; ImageNet has 1,000 labels


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


def parse_datum(value: bytes | bytearray | memoryview) -> Datum:
    """The Datum in a database's value. Raises DataError when it is none."""
    return _parse(memoryview(value))[0]


def _parse(value: memoryview) -> tuple[Datum, int]:
    """The Datum, and where in the value its data begins (0: it has none)."""
    datum = Datum()
    floats, start = [], 0
    try:
        for number, kind, content, end in _fields(value):
            if kind == _VARINT and number in _NUMBERS:
                setattr(datum, _NUMBERS[number], bool(content) if number == 7 else _int32(content))
            elif kind == _BYTES and number == _DATA:
                datum.data, start = content, end - len(content)
            elif kind in (_BYTES, _FOUR_BYTES) and number == _FLOATS:
                floats.append(np.frombuffer(content, "<f4"))
    except (IndexError, ValueError) as error:
        raise DataError(f"is not a Datum: {len(value)} bytes of another kind") from error
    if sum(map(len, floats)):
        datum.float_data = np.concatenate(floats)
    if not datum.data and datum.float_data is None:
        raise DataError("holds no data: it is an empty Datum, or a message of another kind")
    return datum, start


class DatumParser:
    """parse_datum for the entries of one database, most of which differ in their pixels alone.

    What stood before and behind the pixels is remembered with the Datum that it told, and not parsed again where the
    same bytes stand there. Several threads may use it.
    """

    def __init__(self) -> None:
        # What stood before the pixels, where these end, and Datums by what stood behind; one tuple, for the threads.
        self._last: tuple[bytes, int, dict[bytes, Datum]] = (b"", 0, {})

    def __call__(self, value: bytes | bytearray | memoryview) -> Datum:
        """The Datum in a database's value. Raises DataError when it is none."""
        head, end, known = self._last
        start = len(head)
        if start and len(value) - end < _LONGEST and value[:start] == head:
            like = known.get(bytes(value[end:]))
            if like is not None:
                pixels = memoryview(value)[start:end]
                return Datum(like.channels, like.height, like.width, pixels, like.label, None, like.encoded)
        datum, start = _parse(memoryview(value))
        end = start + len(datum.data)
        if 0 < start < _LONGEST and len(value) - end < _LONGEST and datum.float_data is None:
            self._remember(bytes(value[:start]), end, bytes(value[end:]), datum)
        return datum

    def _remember(self, head: bytes, end: int, tail: bytes, datum: Datum) -> None:
        last_head, last_end, known = self._last
        if (head, end) != (last_head, last_end) or len(known) >= _MOST_KNOWN:
            known = {}
        known[tail] = Datum(datum.channels, datum.height, datum.width, label=datum.label, encoded=datum.encoded)
        self._last = (head, end, known)


def _fields(value: memoryview) -> Iterator[tuple[int, int, Any, int]]:
    """Number, wire type, content and end of each field: a number or bytes; floats one after the other come as one.

    Raises IndexError or ValueError where the value is no message.
    """
    position, end = 0, len(value)
    while position < end:
        key, position = _varint(value, position)
        number, kind = key >> 3, key & 7
        if not number:
            raise ValueError("there is no field 0")
        if kind == _VARINT:
            content, position = _varint(value, position)
            yield number, kind, content, position
            continue
        if kind == _BYTES:
            size, position = _varint(value, position)
        elif key == _FLOAT_KEY:
            floats = _floats(value[position - 1 :])
            position += 5 * (len(floats) // 4) - 1
            yield number, kind, floats, position
            continue
        elif kind in (_FOUR_BYTES, _EIGHT_BYTES):
            size = 4 if kind == _FOUR_BYTES else 8
        else:
            raise ValueError("groups are not read")
        if size > end - position:
            raise IndexError("the value ends within a field")
        position += size
        yield number, kind, value[position - size : position], position


def _varint(value: memoryview, position: int) -> tuple[int, int]:
    """The number there, 7 bits a byte with the lowest first, and the position behind it."""
    byte = value[position]
    number, shift = byte & 0x7F, 7
    while byte > 0x7F:
        position += 1
        byte = value[position]
        number |= (byte & 0x7F) << shift
        shift += 7
        if shift > 70:
            raise ValueError("a number has more than 10 bytes")
    return number & 0xFFFFFFFFFFFFFFFF, position + 1


def _int32(number: int) -> int:
    return (number & 0xFFFFFFFF) - ((number & 0x80000000) << 1)


def _floats(value: memoryview) -> bytes:
    """The bytes of the floats that a value begins with, each behind its key, without these keys."""
    rows = np.frombuffer(value[: len(value) // 5 * 5], np.uint8).reshape(-1, 5)
    others = rows[:, 0] != _FLOAT_KEY
    count = int(others.argmax()) if others.any() else len(rows)
    if not count:
        raise IndexError("the value ends within a float")
    return rows[:count, 1:].tobytes()


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
