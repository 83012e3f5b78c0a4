"""transform_param: pixels of a Datum to what the net sees, with Caffe's numbers to the last bit."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from ..errors import DataError, OptionError
from ..proto import caffe_pb2
from ..proto.blobs import blob_shape, blob_to_array
from ..proto.files import read_binary

Floats = npt.NDArray[np.float32]
Draw = npt.NDArray[np.uint32]
Shape = tuple[int, int, int]
Window = tuple[int, int, int, int]  # top, left, height, width


class Transformer:
    """Crop, mirror, mean and scale of a TransformationParameter: (pixel - mean) * scale, in float32.

    Crops are random in phase TRAIN and centred in TEST; `mirror` is random in both. As in Caffe each Transformer
    has its own Mersenne Twister: with the seed that Caffe drew for a layer, crops and mirrors are Caffe's.
    """

    def __init__(self, param: Any, phase: int, seed: int | None = None) -> None:
        """Raises OptionError (mean_file and mean_value, force_color and force_gray), FileError, DataError."""
        self.param, self.phase = param, phase
        if param.HasField("mean_file") and len(param.mean_value):
            raise OptionError("transform_param has both mean_file and mean_value; keep one")
        if param.force_color and param.force_gray:
            raise OptionError("transform_param has both force_color and force_gray; keep one")
        self.force_color, self.force_gray = bool(param.force_color), bool(param.force_gray)
        self._mean = read_mean_file(param.mean_file) if param.HasField("mean_file") else None
        self._values = np.array(param.mean_value, np.float32).reshape(-1, 1, 1)
        self._scale = np.float32(param.scale)
        self._is_tame = self._stays_finite()
        self._crop = int(param.crop_size)
        self._mirror = bool(param.mirror)
        self._random_crop = bool(self._crop) and phase == caffe_pb2.TRAIN
        self.needs_random = self._mirror or self._random_crop
        self.seed(seed)

    def seed(self, seed: int | None) -> None:
        """Begins the random numbers anew; None: others in each run."""
        self.seed_used = int.from_bytes(os.urandom(4), "little") if seed is None else seed
        self._random = np.random.RandomState(self.seed_used)

    def shape(self, image: Sequence[int]) -> Shape:
        """The shape C x H x W after the transformation of an image C x H x W.

        Raises DataError when the image is smaller than crop_size, or the mean is of another shape.
        """
        channels, height, width = image
        if self._crop > min(height, width):
            raise DataError(f"crop_size {self._crop} is larger than the image, {channels}x{height}x{width}")
        if self._mean is not None and self._mean.shape != (channels, height, width):
            mean = "x".join(map(str, self._mean.shape))
            raise DataError(f"the mean file is {mean}, but the image is {channels}x{height}x{width}")
        if len(self._values) not in (0, 1, channels):
            raise DataError(f"there are {len(self._values)} mean_values for {channels} channels; give 1 or {channels}")
        return (channels, self._crop, self._crop) if self._crop else (channels, height, width)

    def draws(self, count: int) -> Draw:
        """The random numbers for the next `count` images (count x numbers per image), in Caffe's order."""
        numbers = int(self._mirror) + 2 * int(self._random_crop)
        drawn: Draw = self._random.randint(0, 1 << 32, (count, numbers), np.uint32)
        return drawn

    def __call__(self, image: npt.NDArray[Any]) -> Floats:
        """Transforms the next image, C x H x W of uint8 or float32. Raises DataError."""
        out = np.empty(self.shape(image.shape), np.float32)
        self.into(out, image, self.draws(1)[0])
        return out

    def into(self, out: Floats, image: npt.NDArray[Any], draw: Draw) -> None:
        """Transforms an image into `out`, contiguous and of shape `shape(image.shape)`, with one row of `draws`."""
        window, flip = self._window(out, image, draw)
        top, left, new_height, new_width = window
        pixels = cut(image, window, flip)
        out[...] = pixels
        if self._mean is not None:
            mean = self._mean
            if flip:  # Caffe subtracts before it mirrors
                mean, left = mean[..., ::-1], mean.shape[2] - new_width - left
            mean = mean[:, top : top + new_height, left : left + new_width]
        else:
            mean = self._values
        if self._is_tame and image.dtype == np.uint8:
            self._finish(out, mean)
        else:
            with np.errstate(all="ignore"):  # infinite and no numbers are the net's business
                self._finish(out, mean)

    def _window(self, out: Floats, image: npt.NDArray[Any], draw: Draw) -> tuple[Window, bool]:
        """What becomes of the image, and whether it is mirrored."""
        height, width = image.shape[1:]
        new_height, new_width = out.shape[1:]
        numbers = draw.tolist()
        flip = self._mirror and numbers.pop(0) % 2 == 1
        if self._random_crop:
            top, left = numbers[0] % (height - new_height + 1), numbers[1] % (width - new_width + 1)
        else:
            top, left = (height - new_height) // 2, (width - new_width) // 2
        return (top, left, new_height, new_width), flip

    def _finish(self, out: Floats, mean: Floats) -> None:
        if mean.size:
            out -= mean
        if self._scale != 1:
            out *= self._scale

    def _stays_finite(self) -> bool:
        """Whether no byte becomes an infinite number or none, so that numpy has nothing to warn of."""
        means = self._values if self._mean is None else self._mean
        with np.errstate(all="ignore"):
            return bool(np.isfinite((np.abs(means).max(initial=0) + 255) * np.abs(self._scale)))


def cut(image: npt.NDArray[Any], window: Window, flip: bool) -> npt.NDArray[Any]:
    """A window of an image C x H x W, mirrored left to right if `flip`; it may be a view.

    Bytes are mirrored, and their planes parted, before they are made floats of four times their size.
    """
    top, left, height, width = window
    rows = image.transpose(1, 2, 0)
    if image.dtype == np.uint8 and len(image) == 3 and rows.flags.c_contiguous:  # pixels side by side, as decoded
        part = rows[top : top + height, left : left + width]
        planes = np.empty((3, height, width), np.uint8)
        cv2.split(cv2.flip(part, 1) if flip else part, list(planes))
        return planes
    if flip and image.dtype == np.uint8 and image.flags.c_contiguous:  # planes: one call, with the rows beside as well
        columns = image.reshape(-1, image.shape[2])[:, left : left + width]
        return np.asarray(cv2.flip(columns, 1)).reshape(len(image), -1, width)[:, top : top + height]
    part = image[:, top : top + height, left : left + width]
    return part[..., ::-1] if flip else part


def read_mean_file(path: str) -> Floats:
    """The mean image C x H x W of a binaryproto. Raises FileError, DataError."""
    blob = read_binary(path, caffe_pb2.BlobProto())
    shape = blob_shape(blob)
    if len(shape) != 4 or shape[0] != 1:
        raise DataError(f"{path}: a mean file holds 1 x channels x height x width, and this one {shape}")
    mean: Floats = blob_to_array(blob)[0]
    return mean
