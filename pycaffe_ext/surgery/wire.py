"""Protobuf's wire format as spans: where the fields of a message lie, without reading their values.

Format: https://protobuf.dev/programming-guides/encoding
"""

from __future__ import annotations

from collections.abc import Iterator
from mmap import mmap
from typing import NamedTuple

from ..proto.blobs import encode_varint

Buffer = bytes | mmap

VARINT, FIXED64, LENGTH, GROUP, END_GROUP, FIXED32 = range(6)


class WireError(Exception):
    """Bytes that are no message. `at`: where; `needs`: where the field should end, if that is past the end."""

    def __init__(self, problem: str, at: int, needs: int = 0) -> None:
        super().__init__(problem)
        self.at, self.needs = at, needs


class Field(NamedTuple):
    """One field: `start` is at its key, `value` behind key and length, `end` past it."""

    number: int
    wire: int
    start: int
    value: int
    end: int


def fields(data: Buffer, start: int, end: int) -> Iterator[Field]:
    """The fields of the message in data[start:end], in order. Raises WireError."""
    at = start
    while at < end:
        field = _field(data, at, end)
        if field.wire == GROUP:
            field = field._replace(end=_group_end(data, field, end))
        elif field.wire == END_GROUP:
            raise WireError("a group ends that never began", at)
        yield field
        at = field.end


def varint(data: Buffer, at: int, end: int) -> tuple[int, int]:
    """The number at `at`, and where it ends. Raises WireError."""
    number = shift = 0
    for place in range(at, min(end, at + 10)):
        byte = data[place]
        number |= (byte & 0x7F) << shift
        if byte < 0x80:
            return number, place + 1
        shift += 7
    if at + 10 <= end:
        raise WireError("a number has more than 10 bytes", at)
    raise WireError("it ends within a number", at, needs=end + 1)


def heading(number: int, size: int) -> bytes:
    """Key and length of a field of bytes (string, message, packed numbers)."""
    return encode_varint(number << 3 | LENGTH) + encode_varint(size)


def _field(data: Buffer, at: int, end: int) -> Field:
    key, value = varint(data, at, end)
    number, wire = key >> 3, key & 7
    if not 0 < number < 1 << 29 or wire > FIXED32:
        raise WireError("no field begins so", at)
    if wire == LENGTH:
        size, value = varint(data, value, end)
        stop = value + size
    elif wire == VARINT:
        _, stop = varint(data, value, end)
    else:
        stop = value + {FIXED64: 8, FIXED32: 4}.get(wire, 0)
    if stop > end:
        raise WireError(f"field {number} is longer than what holds it", at, needs=stop)
    return Field(number, wire, at, value, stop)


def _group_end(data: Buffer, group: Field, end: int) -> int:
    depth, at = 1, group.value
    while depth:
        if at >= end:
            raise WireError(f"group {group.number} never ends", group.start, needs=end + 1)
        field = _field(data, at, end)
        depth += {GROUP: 1, END_GROUP: -1}.get(field.wire, 0)
        at = field.end
    return at
