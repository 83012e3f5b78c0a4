"""Layers and blobs of a caffemodel as spans of its bytes: found without reading a number, copied as they are."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from math import prod
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
from google.protobuf.message import DecodeError

from ..errors import DataError
from ..proto.blobs import blob_shape, blob_to_array, is_legacy, stored_shape
from ..proto.caffe_pb2 import BlobProto
from . import wire

Array = npt.NDArray[np.float32]
Shape = tuple[int, ...]

V1_LAYERS, LAYERS = 2, 100  # numbers of NetParameter's fields of layers
_INNER = 1  # V1LayerParameter's field that holds a V0 layer


class _Numbers(NamedTuple):
    """Where a layer message of some age has its name and its blobs."""

    name: int
    blobs: int


_NUMBERS = {LAYERS: _Numbers(1, 7), V1_LAYERS: _Numbers(4, 6)}
_V0_NUMBERS = _Numbers(1, 50)
_DATA, _SHAPE = 5, 7  # of BlobProto


class Span(NamedTuple):
    """Some of the bytes of a file (or other buffer)."""

    data: wire.Buffer
    start: int
    end: int


Piece = bytes | memoryview | Span


def size_of(pieces: Iterable[Piece]) -> int:
    return sum(piece.end - piece.start if isinstance(piece, Span) else len(piece) for piece in pieces)


class StoredBlob:
    """A blob in a file. `legacy`: its shape is num x channels x height x width, leading ones may be left out."""

    def __init__(self, span: Span) -> None:
        """Raises WireError."""
        self.span = span
        found = list(wire.fields(*span))
        plain = [one for one in found if one.number == _DATA and one.wire == wire.LENGTH]
        numbers = [one for one in found if one.number in (5, 6, 8, 9, 12, 13)]
        self._numbers = plain[0] if plain and plain == numbers else None  # the usual blob: packed floats, no diff
        rest = b"".join(span.data[one.start : one.end] for one in found if one.number in (1, 2, 3, 4, _SHAPE))
        self._small = _parsed(rest) if self._numbers else None

    @property
    def message(self) -> Any:
        """The whole blob. Raises DataError."""
        return _parsed(self.span.data[self.span.start : self.span.end])

    @property
    def shape(self) -> Shape:
        """Raises DataError where the blob holds another number of numbers."""
        if self._numbers is None or self._small is None:
            message = self.message
            return _fitting(blob_shape(message), blob_to_array(message).size)
        count = (self._numbers.end - self._numbers.value) // 4
        return _fitting(stored_shape(self._small, count), count)

    @property
    def legacy(self) -> bool:
        message = self.message if self._small is None else self._small
        return is_legacy(message)

    def array(self) -> Array:
        if self._numbers is None:
            return blob_to_array(self.message)
        count = (self._numbers.end - self._numbers.value) // 4
        values: Array = np.array(np.frombuffer(self.span.data, "<f4", count, self._numbers.value), np.float32)
        return values.reshape(self.shape)

    def pieces(self) -> list[Piece]:
        return [self.span]


class NewBlob:
    """A blob of numbers that an operation made."""

    legacy = False

    def __init__(self, numbers: npt.ArrayLike) -> None:
        self._array = np.ascontiguousarray(numbers, np.float32)
        self.shape: Shape = np.shape(numbers)

    def array(self) -> Array:
        copied: Array = self._array.reshape(self.shape).copy()
        return copied

    def pieces(self) -> list[Piece]:
        blob = BlobProto()
        blob.shape.dim.extend(self.shape)
        blob.shape.SetInParent()
        numbers = self._array.astype("<f4", copy=False).reshape(-1).view(np.uint8).data
        return [blob.SerializeToString() + wire.heading(_DATA, len(numbers)), numbers]


Blob = StoredBlob | NewBlob


@dataclass(eq=False)
class Layer:
    """A layer of weights. `span`: its message in the file; nothing for one that an operation made.

    `number` is the field of NetParameter that it is in; `was` the layer as it was read. `is_rewritten`: the span
    is a message made anew, without blobs.
    """

    name: str
    blobs: list[Blob]
    type: str = ""
    number: int = LAYERS
    span: Span | None = None
    was: Layer | None = field(default=None, repr=False)
    is_rewritten: bool = False

    def copy(self) -> Layer:
        return Layer(self.name, list(self.blobs), self.type, self.number, self.span, self.was, self.is_rewritten)

    @property
    def is_changed(self) -> bool:
        """Whether `span` is not what has to be written."""
        return self.is_rewritten or self.was is None or (self.name, self.blobs) != (self.was.name, self.was.blobs)

    def pieces(self) -> list[Piece]:
        """The field as it goes into a file; a layer that nothing changed to the byte."""
        if self.span is None:
            new: list[Piece] = [_string(1, self.name), _string(2, self.type), *_blob_pieces(7, self.blobs)]
            return _message(self.number, new)
        content = [self.span] if not self.is_changed else list(_changed(self, self.span, _NUMBERS[self.number]))
        return _message(self.number, content)


def read_layer(data: wire.Buffer, found: wire.Field) -> Layer:
    """The layer in a field of a NetParameter. Raises WireError."""
    span = Span(data, found.value, found.end)
    inner = _inner(found.number, list(wire.fields(*span)))
    numbers, inside = _NUMBERS[found.number], span
    if inner is not None:
        numbers, inside = _V0_NUMBERS, Span(data, inner.value, inner.end)
    name, blobs = "", []
    for one in wire.fields(*inside):
        if one.wire == wire.LENGTH and one.number == numbers.name:
            name = data[one.value : one.end].decode("utf-8", "surrogateescape")
        elif one.wire == wire.LENGTH and one.number == numbers.blobs:
            blobs.append(StoredBlob(Span(data, one.value, one.end)))
    layer = Layer(name, list(blobs), number=found.number, span=span)
    layer.was = layer.copy()
    return layer


def _changed(layer: Layer, span: Span, numbers: _Numbers) -> Iterator[Piece]:
    """A message's fields with the layer's name and blobs in the place of those that it has."""
    found = list(wire.fields(*span))
    inner = _inner(layer.number, found) if numbers is not _V0_NUMBERS else None
    places = (numbers.name, numbers.blobs) if inner is None else (_INNER,)
    done: set[int] = set()
    for one in [*found, *(wire.Field(number, wire.LENGTH, -1, -1, -1) for number in places)]:
        if one.number not in places:
            yield Span(span.data, one.start, one.end)
        elif one.number not in done:
            done.add(one.number)
            if inner is not None:
                yield from _message(_INNER, list(_changed(layer, Span(span.data, inner.value, inner.end), _V0_NUMBERS)))
            elif one.number == numbers.name:
                yield _string(numbers.name, layer.name)
            else:
                yield from _blob_pieces(numbers.blobs, layer.blobs)


def _inner(number: int, found: Sequence[wire.Field]) -> wire.Field | None:
    """The V0 layer in the fields of a V1 layer."""
    inner = [one for one in found if one.number == _INNER and one.wire == wire.LENGTH]
    return inner[-1] if inner and number == V1_LAYERS else None


def _message(number: int, content: Sequence[Piece]) -> list[Piece]:
    return [wire.heading(number, size_of(content)), *content]


def _string(number: int, text: str) -> bytes:
    content = text.encode("utf-8", "surrogateescape")
    return wire.heading(number, len(content)) + content


def _blob_pieces(number: int, blobs: Sequence[Blob]) -> list[Piece]:
    return [piece for blob in blobs for piece in _message(number, blob.pieces())]


def _parsed(content: bytes) -> Any:
    try:
        return BlobProto.FromString(content)
    except DecodeError as error:
        raise DataError("a blob is damaged") from error


def _fitting(shape: Shape, count: int) -> Shape:
    if min(shape, default=0) < 0 or prod(shape) != count:
        raise DataError(f"a blob of shape {shape} holds {count} numbers")
    return shape
