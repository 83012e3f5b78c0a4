"""From a photograph to a net's input and back: size, mean, scale, order of colours."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from ..errors import DataError, FileError, OptionError
from .photographs import Pixels

Array = npt.NDArray[np.float32]


@dataclass(frozen=True)
class Scaling:
    """(pixel - mean) * scale, of colours blue, green, red as Caffe's data layers give them.

    `mean`: empty, one number, one per channel, or C x H x W (its middle is taken where the input is smaller). `rgb`:
    the net wants red first. `side`: the picture's shorter side before the middle is cut out (0: the input's size).
    `stretch`: the picture takes the input's size, whatever its proportions.
    """

    mean: Array = field(default_factory=lambda: np.zeros(0, np.float32))
    scale: float = 1.0
    rgb: bool = False
    side: int = 0
    stretch: bool = False

    def fitted(self, pixels: Pixels, height: int, width: int) -> Pixels:
        """The part of the picture (H x W x 3) that a net with inputs of that size is shown, at that size."""
        from ..datasets.images import resize

        if not self.stretch:
            factor = max(height / pixels.shape[0], width / pixels.shape[1])
            if self.side:
                factor = max(factor, self.side / min(pixels.shape[:2]))
            size = (max(height, round(pixels.shape[0] * factor)), max(width, round(pixels.shape[1] * factor)))
            pixels = pixels if pixels.shape[:2] == size else np.asarray(resize(pixels, size), np.uint8)
            top, left = (size[0] - height) // 2, (size[1] - width) // 2
            return pixels[top : top + height, left : left + width]
        return np.asarray(resize(pixels, (height, width)), np.uint8)

    def apply(self, pixels: npt.NDArray[Any], channels: int) -> Array:
        """H x W x 3 (0 to 255) as channels x H x W. Raises DataError where the mean does not fit."""
        import cv2

        if channels == 1:
            image = cv2.cvtColor(np.asarray(pixels, np.float32), cv2.COLOR_BGR2GRAY)[None]
        else:
            image = np.asarray(pixels, np.float32).transpose(2, 0, 1)
        if self.rgb:
            image = image[::-1]
        image = (image - self._mean(image.shape)) * np.float32(self.scale)
        return np.ascontiguousarray(image, np.float32)

    def undo(self, image: Array) -> Array:
        """What `apply` was given, H x W x 3, 0 to 255 (clipped)."""
        return np.clip(self.colours(image / np.float32(self.scale) + self._mean(image.shape)), 0, 255)

    def colours(self, values: Array) -> Array:
        """Numbers C x H x W in the order of the input's channels as H x W x 3 (BGR); a single channel is repeated."""
        values = values[::-1] if self.rgb else values
        if len(values) == 1:
            values = np.repeat(values, 3, axis=0)
        return np.asarray(values.transpose(1, 2, 0), np.float32)

    def _mean(self, shape: tuple[int, ...]) -> Array:
        """The mean of an input C x H x W, in the order of its channels."""
        channels, height, width = shape
        mean = self.mean
        if mean.ndim == 3 and mean.shape[0] == channels and mean.shape[1] >= height and mean.shape[2] >= width:
            top, left = (mean.shape[1] - height) // 2, (mean.shape[2] - width) // 2
            mean = mean[:, top : top + height, left : left + width]
        elif mean.ndim == 1 and len(mean) in (0, 1, channels):
            mean = (mean if len(mean) else np.zeros(1, np.float32))[:, None, None]
        else:
            size = "x".join(map(str, self.mean.shape))
            raise DataError(f"the mean of shape {size} does not fit an input of {channels}x{height}x{width}")
        return mean[::-1] if self.rgb else mean


def read_mean(text: str) -> Array:
    """ "104,117,123" (blue, green, red), a binaryproto, or an .npy file. Raises OptionError, FileError, DataError."""
    parts = text.split(",")
    try:
        return np.array([float(part) for part in parts], np.float32)
    except ValueError:
        if not os.path.exists(text):
            raise OptionError(f"a mean is numbers such as 104,117,123, or a file; there is no file '{text}'") from None
    if text.endswith(".npy"):
        try:
            mean = np.asarray(np.load(text, allow_pickle=False), np.float32)
        except (OSError, ValueError) as error:
            raise FileError(text, f"is no readable .npy file: {error}") from error
    else:
        from ..datasets.transform import read_mean_file

        mean = read_mean_file(text)
    if mean.ndim not in (1, 3):
        raise DataError(f"{text}: a mean is C or C x H x W numbers, and this one's shape is {mean.shape}")
    return mean
