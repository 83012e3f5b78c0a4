"""pycaffe's io: images in and out of nets, and arrays in and out of Caffe's messages, with the same numbers."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from os import PathLike, fspath
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from . import interpolation
from .datasets.decoding import decode
from .datasets.images import read_file
from .errors import DataError, OptionError, UnknownNameError
from .proto import caffe_pb2
from .proto.blobs import array_to_blob

Array = npt.NDArray[Any]

# Messages


def blobproto_to_array(blob: Any, return_diff: bool = False) -> Array:
    """The data (or diff) of a BlobProto, float64. Raises ValueError when the count does not fit the shape."""
    values = np.array(blob.diff if return_diff else blob.data, np.float64)
    if any(blob.HasField(name) for name in ("num", "channels", "height", "width")):
        return values.reshape(blob.num, blob.channels, blob.height, blob.width)
    return values.reshape(tuple(blob.shape.dim))


def array_to_blobproto(arr: Array, diff: Array | None = None) -> Any:
    """A BlobProto with the array's shape and numbers, and `diff` of the same shape where given."""
    return array_to_blob(arr, diff=diff)


def arraylist_to_blobprotovector_str(arraylist: Iterable[Array]) -> bytes:
    """Arrays as the bytes of a BlobProtoVector."""
    vector = caffe_pb2.BlobProtoVector(blobs=[array_to_blobproto(array) for array in arraylist])
    content: bytes = vector.SerializeToString()
    return content


def blobprotovector_str_to_arraylist(str: bytes) -> list[Array]:
    """The arrays in the bytes of a BlobProtoVector, float64."""
    return [blobproto_to_array(blob) for blob in caffe_pb2.BlobProtoVector.FromString(str).blobs]


def array_to_datum(arr: Array, label: int | None = None) -> Any:
    """A Datum of a C x H x W array: bytes for uint8, else floats. Raises ValueError for any other number of axes."""
    if arr.ndim != 3:
        raise ValueError(f"a datum holds an array of 3 axes (channels, height, width), got shape {arr.shape}")
    channels, height, width = arr.shape
    datum = caffe_pb2.Datum(channels=channels, height=height, width=width)
    if arr.dtype == np.uint8:
        datum.data = arr.tobytes()
    else:
        datum.float_data.extend(arr.ravel().tolist())
    if label is not None:
        datum.label = label
    return datum


def datum_to_array(datum: Any) -> Array:
    """The C x H x W array of a Datum: uint8 where it holds bytes, else float64. The label is `datum.label`."""
    if datum.data:
        values: Array = np.frombuffer(datum.data, np.uint8).copy()
    else:
        values = np.array(datum.float_data, np.float64)
    return values.reshape(datum.channels, datum.height, datum.width)


# Images


class UnreadableImageError(DataError, OSError):
    """An image file that is absent or damaged; an OSError, as in pycaffe."""


def load_image(filename: str | PathLike[str], color: bool = True) -> Array:
    """An image file as float32 in [0, 1]: H x W x 3, RGB, or with `color` False H x W x 1, luma (ITU-R BT.709).

    Transparency is dropped. Raises UnreadableImageError for a file that is absent, cut short or no image.
    """
    path = fspath(filename)
    try:
        pixels: Array | None = decode(read_file(path), cv2.IMREAD_UNCHANGED)
    except DataError as error:
        raise UnreadableImageError(str(error)) from error
    if pixels is None:
        raise UnreadableImageError(f"{path}: is not an image that OpenCV can read, or is damaged")
    image: Array = pixels / (np.iinfo(pixels.dtype).max if pixels.dtype.kind in "iu" else 1)
    if image.ndim == 2:
        image = np.repeat(image[:, :, np.newaxis], 3 if color else 1, axis=2)
    else:
        image = image[:, :, 2::-1]  # BGR or BGRA
        if not color:
            image = (image @ np.array([0.2125, 0.7154, 0.0721]))[:, :, np.newaxis]
    return image.astype(np.float32)


def resize_image(im: Array, new_dims: Sequence[int], interp_order: int = 1) -> Array:
    """An H x W x K image at (height, width), float32.

    1 and 3 channels: as scikit-image resizes (`interpolation.resize`), which darkens the edges of an enlarged
    image; other numbers of channels: as scipy zooms, which keeps the corners in place.
    """
    size = (int(new_dims[0]), int(new_dims[1]))
    resized: Array
    if im.shape[-1] not in (1, 3):
        resized = interpolation.zoom(im, size, interp_order)
        return resized.astype(np.float32)
    low, high = im.min(), im.max()
    if not high > low:
        return np.full((*size, im.shape[-1]), low, np.float32)
    resized = interpolation.resize((im - low) / (high - low), size, interp_order) * (high - low) + low
    return resized.astype(np.float32)


def oversample(images: Sequence[Array] | Array, crop_dims: Sequence[int] | Array) -> Array:
    """Ten crops of each H x W x K image: four corners, centre, and these mirrored; 10N x height x width x K."""
    height, width = (int(size) for size in crop_dims)
    below, right = images[0].shape[0] - height, images[0].shape[1] - width  # the room that a crop leaves
    places = [(0, 0), (0, right), (below, 0), (below, right), (int(below / 2), int(right / 2))]
    crops = np.empty((10 * len(images), height, width, images[0].shape[2]), np.float32)
    for i, pixels in enumerate(images):
        for j, (y, x) in enumerate(places):
            crops[10 * i + j] = pixels[y : y + height, x : x + width]
        crops[10 * i + 5 : 10 * i + 10] = crops[10 * i : 10 * i + 5, :, ::-1]
    return crops


class Transformer:
    """Makes what a net's input needs out of an image, and back.

    `inputs`: {name of input blob: its shape, N x C x H x W}. Every method raises UnknownNameError for another name.
    """

    def __init__(self, inputs: Mapping[str, Sequence[int]]) -> None:
        self.inputs = {name: tuple(shape) for name, shape in inputs.items()}
        self.transpose: dict[str, Sequence[int]] = {}
        self.channel_swap: dict[str, Sequence[int]] = {}
        self.raw_scale: dict[str, float | None] = {}
        self.mean: dict[str, Array] = {}
        self.input_scale: dict[str, float | None] = {}

    def _check_input(self, in_: str) -> None:
        if in_ not in self.inputs:
            raise UnknownNameError("net input", in_, self.inputs, where=f"inputs are {', '.join(self.inputs)}")

    def preprocess(self, in_: str, data: Array) -> Array:
        """An H' x W' x K image as C x H x W float32 for input `in_`.

        In this order: resize to H x W, transpose, swap channels, times raw_scale, minus mean, times input_scale,
        each where it is set. `data` is left as it is.
        """
        self._check_input(in_)
        array: Array = data.astype(np.float32)
        size = self.inputs[in_][2:]
        if array.shape[:2] != size:
            array = resize_image(array, size)
        if (order := self.transpose.get(in_)) is not None:
            array = array.transpose(order)
        if (swap := self.channel_swap.get(in_)) is not None:
            array = array[list(swap)]
        if (scale := self.raw_scale.get(in_)) is not None:
            array *= _single(scale)
        if (mean := self.mean.get(in_)) is not None:
            array -= mean
        if (scale := self.input_scale.get(in_)) is not None:
            array *= _single(scale)
        return array

    def deprocess(self, in_: str, data: Array) -> Array:
        """The image that `preprocess` made this input of, but for its size."""
        self._check_input(in_)
        array: Array = data.copy().squeeze()
        if (scale := self.input_scale.get(in_)) is not None:
            array /= _single(scale)
        if (mean := self.mean.get(in_)) is not None:
            array += mean
        if (scale := self.raw_scale.get(in_)) is not None:
            array /= _single(scale)
        if (swap := self.channel_swap.get(in_)) is not None:
            array = array[np.argsort(swap)]
        if (order := self.transpose.get(in_)) is not None:
            array = array.transpose(np.argsort(order))
        return array

    def set_transpose(self, in_: str, order: Sequence[int]) -> None:
        """The order of axes: (2, 0, 1) makes C x H x W of H x W x C. Raises OptionError for another number of axes."""
        self._check_input(in_)
        if len(order) != len(self.inputs[in_]) - 1:
            raise OptionError(
                f"set_transpose: {tuple(order)} orders {len(order)} axes,"
                f" an item of input '{in_}' has {len(self.inputs[in_]) - 1}"
            )
        self.transpose[in_] = order

    def set_channel_swap(self, in_: str, order: Sequence[int]) -> None:
        """The order of channels after the transpose: (2, 1, 0) makes BGR of RGB. Raises OptionError."""
        self._check_input(in_)
        if len(order) != self.inputs[in_][1]:
            raise OptionError(
                f"set_channel_swap: {tuple(order)} orders {len(order)} channels,"
                f" input '{in_}' has {self.inputs[in_][1]}"
            )
        self.channel_swap[in_] = order

    def set_raw_scale(self, in_: str, scale: float | None) -> None:
        """What pixels are multiplied by before the mean is subtracted: 255 for nets of 0..255; None: nothing."""
        self._check_input(in_)
        self.raw_scale[in_] = scale

    def set_mean(self, in_: str, mean: Array) -> None:
        """What is subtracted: one number per channel, or C x H x W (H x W for one channel), resized where need be.

        Raises ValueError for any other shape.
        """
        self._check_input(in_)
        shape = self.inputs[in_][1:]
        if mean.ndim == 1:
            if len(mean) != shape[0]:
                raise ValueError(f"set_mean: {len(mean)} numbers for the {shape[0]} channels of input '{in_}'")
            mean = mean[:, np.newaxis, np.newaxis]
        elif mean.shape != shape and (1, *mean.shape) != shape:
            if mean.ndim != 3 or len(mean) not in (1, shape[0]):
                raise ValueError(f"set_mean: a mean of shape {mean.shape} for input '{in_}' of shape {shape}")
            mean = _resized_mean(mean, shape[1:])
        self.mean[in_] = mean

    def set_input_scale(self, in_: str, scale: float | None) -> None:
        """What everything is multiplied by at the end, after the mean is subtracted; None: nothing."""
        self._check_input(in_)
        self.input_scale[in_] = scale


def _single(scale: Any) -> Any:
    """A scale that keeps float32 arrays float32."""
    return np.float32(scale) if np.ndim(scale) == 0 else scale


def _resized_mean(mean: Array, size: Sequence[int]) -> Array:
    """A C x H x W mean at another size, float32."""
    low, high = mean.min(), mean.max()
    if not high > low:
        return np.full((len(mean), *size), low, np.float32)
    image = ((mean - low) / (high - low)).transpose(1, 2, 0)
    resized: Array = resize_image(image, size).transpose(2, 0, 1) * np.float32(high - low) + np.float32(low)
    return resized
