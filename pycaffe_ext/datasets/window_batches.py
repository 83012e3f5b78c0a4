"""Batches of windows of images, drawn at random, as the WindowData layer gives them."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
import numpy.typing as npt

from ..errors import DataError, FileError, OptionError
from ..proto import caffe_pb2
from ..proto.blobs import blob_shape, blob_to_array
from ..proto.files import read_binary, read_bytes
from .batches import Batch
from .images import read_image, resize
from .random_numbers import twister
from .windows import Window, WindowFile, place

Floats = npt.NDArray[np.float32]


class WindowBatches:
    """Draws background windows, then foreground windows, for each batch; the windows are Caffe's where `seed` is.

    Pixels are (pixel - mean) * window_data_param.scale; around an image they are zero. The scale of transform_param
    means nothing here, and a mean is not mirrored, as in Caffe.
    """

    def __init__(self, param: Any, transform: Any, seed: int, workers: int = 4) -> None:
        """`param`: a WindowDataParameter; `transform`: the layer's TransformationParameter.

        Raises OptionError, FileError, DataError.
        """
        crop = int(transform.crop_size)
        if param.batch_size < 1 or crop < 1:
            raise OptionError("window_data_param { batch_size } and transform_param { crop_size } are at least 1")
        if 2 * param.context_pad >= crop:
            raise OptionError(f"context_pad {param.context_pad} leaves nothing of crop_size {crop}")
        if not 0 <= param.fg_fraction <= 1:
            raise OptionError(f"fg_fraction is a part of 1, not {param.fg_fraction:g}")
        self._param, self._crop, self._mirror = param, crop, bool(transform.mirror)
        self.shape = (int(param.batch_size), 3, crop, crop)
        """Shape N x 3 x crop_size x crop_size of every batch."""
        self._mean = _mean(transform, crop)
        self._windows = WindowFile(param.source, param.fg_threshold, param.bg_threshold)
        foreground = int(np.float32(param.batch_size) * np.float32(param.fg_fraction))
        self._parts = [
            (self._windows.background, int(param.batch_size) - foreground),
            (self._windows.foreground, foreground),
        ]
        for (windows, count), what in zip(self._parts, ("background", "foreground"), strict=True):
            if count and not len(windows):
                raise DataError(f"{param.source}: has no {what} window; see fg_threshold, bg_threshold and fg_fraction")
        self._paths = [param.root_folder + name for name in self._windows.images]
        self._cache = [read_bytes(path) for path in self._paths] if param.cache_images else []
        self._numbers = twister(seed)
        self._pool = ThreadPoolExecutor(workers)

    def load(self, used: Batch | None) -> Batch:
        """The next batch, written into `used` where it is given. Raises DataError (with the window's line)."""
        batch = used or Batch(np.empty(self.shape, np.float32), np.empty(self.shape[0], np.float32))
        drawn = [self._draw(windows) for windows, count in self._parts for _ in range(count)]

        def put(item: int) -> None:
            window, mirror = drawn[item]
            try:
                self._crop_into(batch.data[item], window, mirror)
            except (DataError, FileError) as error:
                raise DataError(f"{self._param.source}:{window.line}: {error}") from error
            batch.labels[item] = window.label

        for _ in self._pool.map(put, range(len(drawn))):
            pass
        return batch

    def _draw(self, windows: Any) -> tuple[Window, bool]:
        window = windows[next(self._numbers) % len(windows)]
        return window, self._mirror and next(self._numbers) % 2 == 1

    def _crop_into(self, out: Floats, window: Window, mirror: bool) -> None:
        path = self._paths[window.image]
        image = read_image(path, self._cache[window.image] if self._cache else read_bytes(path))
        placement = place(
            window.box,
            image.shape[:2],
            self._crop,
            context=self._param.context_pad,
            square=self._param.crop_mode == "square",
            mirror=mirror,
        )
        (x1, y1, x2, y2), height, width, top, left = placement
        pixels = resize(image[y1 : y2 + 1, x1 : x2 + 1], (height, width))
        if mirror:
            pixels = pixels[:, ::-1]
        region = np.s_[:, top : top + height, left : left + width]
        out[...] = 0
        out[region] = pixels.transpose(2, 0, 1)
        out[region] -= self._mean[region]
        out[region] *= np.float32(self._param.scale)


def _mean(transform: Any, crop: int) -> Floats:
    """What is taken from a crop, 3 x crop x crop."""
    values = np.array(transform.mean_value, np.float32)
    if not transform.HasField("mean_file"):
        if len(values) not in (0, 1, 3):
            raise OptionError(f"there are {len(values)} mean_values for 3 channels; give 1 or 3")
        return np.broadcast_to(values[:, None, None] if len(values) else np.float32(0), (3, crop, crop))
    if len(values):
        raise OptionError("transform_param has both mean_file and mean_value; keep one")
    blob = read_binary(transform.mean_file, caffe_pb2.BlobProto())
    shape = blob_shape(blob)
    offset = (shape[-1] - crop) // 2  # Caffe takes it from the width for the rows too
    if len(shape) != 4 or shape[:2] != (1, 3) or offset < 0 or shape[2] < offset + crop:
        raise DataError(f"{transform.mean_file}: is {shape}; a crop of {crop} needs 1 x 3 x that much in the middle")
    mean: Floats = blob_to_array(blob)[0, :, offset : offset + crop, offset : offset + crop]
    return mean
