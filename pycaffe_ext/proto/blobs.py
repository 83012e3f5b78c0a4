"""Blobs as messages and as arrays.

Numbers go in and out as packed bytes, not element by element (37.7 million floats: 0.3 s instead of 13 s).
"""

from __future__ import annotations

from math import prod
from typing import Any

import numpy as np
import numpy.typing as npt

from ..errors import DataError
from . import caffe_pb2

Array = npt.NDArray[np.float32]

_PACKED_DATA, _PACKED_DIFF = b"\x2a", b"\x32"  # keys of fields 5 and 6, wire type 2


def is_legacy(blob: Any) -> bool:
    """Whether a BlobProto gives its shape as num, channels, height and width. Where it has both, these count."""
    return any(blob.HasField(name) for name in ("num", "channels", "height", "width"))


def blob_shape(blob: Any) -> tuple[int, ...]:
    """The shape of a BlobProto with its numbers; see stored_shape."""
    return stored_shape(blob, len(blob.data) or len(blob.double_data))


def stored_shape(blob: Any, count: int) -> tuple[int, ...]:
    """The shape of a BlobProto of so many numbers: `shape`, or the legacy num x channels x height x width.

    Where there is neither, it has no axes: so Caffe writes a blob of one number, such as a PReLU's slope for all
    channels. Of one that holds more than that, the count.
    """
    if is_legacy(blob):
        return (blob.num, blob.channels, blob.height, blob.width)
    return tuple(blob.shape.dim) if blob.HasField("shape") or count == 1 else (count,)


def shapes_fit(target: tuple[int, ...], shape: tuple[int, ...], *, legacy: bool) -> bool:
    """Whether a blob of a file goes into one of a net: equal shapes, as Caffe demands.

    Legacy ones (num x channels x height x width) count axes from the end, filled up with 1.
    """
    return len(target) <= 4 and (1,) * (4 - len(target)) + target == shape if legacy else target == shape


def check_blob(blob: Any, *, diff: bool = False) -> None:
    """Raises DataError when the numbers of a BlobProto's data (or diff) do not fit its shape."""
    shape, count = blob_shape(blob), len(_values(blob, diff))
    if min(shape, default=0) < 0 or prod(shape) != count:
        raise DataError(f"a blob of shape {shape} holds {count} numbers")


def blob_to_array(blob: Any, *, diff: bool = False) -> Array:
    """The data (or diff) of a BlobProto as a float32 array of its shape.

    float and double data (fields 5 to 9) are read, and the raw half/float/double bytes that NVIDIA's fork
    writes (fields 10 to 13). A diff that is not there is zeros. Raises DataError when the count does not fit the
    shape.
    """
    if diff and not len(_values(blob, diff)):
        return np.zeros_like(blob_to_array(blob))
    check_blob(blob, diff=diff)
    with np.errstate(over="ignore"):  # a double beyond float32 is infinite, as in Caffe
        return np.array(_values(blob, diff), np.float32).reshape(blob_shape(blob))


def _values(blob: Any, diff: bool) -> Any:
    single, double = (blob.diff, blob.double_diff) if diff else (blob.data, blob.double_data)
    raw, kind = (blob.raw_diff, blob.raw_diff_type) if diff else (blob.raw_data, blob.raw_data_type)
    if len(double) or len(single) or not raw:
        return double if len(double) else single
    dtype = np.dtype({0: "<f8", 1: "<f4", 2: "<f2"}[kind])
    if len(raw) % dtype.itemsize:
        raise DataError(f"a blob holds {len(raw)} bytes of {dtype.name}")
    return np.frombuffer(raw, dtype)


def array_to_blob(
    array: npt.ArrayLike, *, diff: npt.ArrayLike | None = None, legacy: bool = False, into: Any = None
) -> Any:
    """A BlobProto (`into`, or a new one) with the array's shape and data, and `diff` where given.

    `legacy` writes num/channels/height/width (the array must have 4 axes), as mean files do.
    """
    blob = caffe_pb2.BlobProto() if into is None else into
    values = np.asarray(array, dtype="<f4")
    blob.MergeFromString(_packed(_PACKED_DATA, values))
    if diff is not None:
        blob.MergeFromString(_packed(_PACKED_DIFF, np.asarray(diff, dtype="<f4")))
    if legacy:
        blob.num, blob.channels, blob.height, blob.width = values.shape
    elif values.shape:  # no `shape` at all where there are no axes, as in Caffe's files
        blob.shape.dim.extend(values.shape)
    return blob


def _packed(key: bytes, values: npt.NDArray[Any]) -> bytes:
    return key + encode_varint(values.nbytes) + values.tobytes()


def encode_varint(number: int) -> bytes:
    """A number from 0 on in protobuf's wire format."""
    out = bytearray()
    while number > 0x7F:
        out.append(number & 0x7F | 0x80)
        number >>= 7
    out.append(number)
    return bytes(out)
