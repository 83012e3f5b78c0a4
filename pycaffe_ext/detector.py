"""pycaffe's Detector: windows of images in, class probabilities out (R-CNN, Girshick et al. 2014)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from importlib import import_module
from os import PathLike
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from . import io
from .classifier import image_transformer
from .engine.net import Net
from .errors import DataError, OptionError
from .proto import caffe_pb2

Array = npt.NDArray[Any]

_SELECTIVE_SEARCH = "selective_search_ijcv_with_python"


class Detector(Net):
    """A net in its TEST phase, with weights, that classifies windows of images, each warped to the net's input.

    `context_pad`: how many pixels at each border of the input show what surrounds the window; beyond the image's
    edges they show the mean. The others are set on `transformer`; see io.Transformer.
    """

    def __init__(
        self,
        model_file: str | PathLike[str],
        pretrained_file: str | PathLike[str],
        mean: Array | None = None,
        input_scale: float | None = None,
        raw_scale: float | None = None,
        channel_swap: Sequence[int] | None = None,
        context_pad: int | None = None,
    ) -> None:
        super().__init__(model_file, caffe_pb2.TEST, weights=pretrained_file)
        self.transformer = image_transformer(self, mean, input_scale, raw_scale, channel_swap)
        self.configure_crop(context_pad)

    def detect_windows(self, images_windows: Iterable[tuple[str, Iterable[Array]]]) -> list[dict[str, Any]]:
        """Classifies the windows (ymin, xmin, ymax, xmax) of each image file.

        Returns one {"window", "prediction", "filename"} per window. Raises DataError for a window without pixels.
        """
        source = self.inputs[0]
        places, inputs = [], []
        for filename, windows in images_windows:
            image = io.load_image(filename)
            for window in windows:
                places.append((filename, window))
                inputs.append(self.transformer.preprocess(source, self.crop(image, window)))
        if not places:
            return []
        predictions = self.forward_all(None, **{source: np.stack(inputs)})[self.outputs[0]]
        return [
            {"window": window, "prediction": prediction, "filename": filename}
            for (filename, window), prediction in zip(places, predictions, strict=True)
        ]

    def detect_selective_search(self, image_fnames: Iterable[str]) -> list[dict[str, Any]]:
        """Classifies the windows that selective search proposes; see detect_windows.

        Raises OptionError where its module, which is not part of Caffe and needs MATLAB, cannot be imported.
        """
        try:
            module = import_module(_SELECTIVE_SEARCH)
        except ImportError as error:
            raise OptionError(
                f"detect_selective_search needs the module {_SELECTIVE_SEARCH} (and MATLAB); with windows from"
                " elsewhere call detect_windows"
            ) from error
        files = [str(Path(name).absolute()) for name in image_fnames]
        windows = module.get_windows(files, cmd="selective_search_rcnn")
        return self.detect_windows(zip(files, windows, strict=True))

    def crop(self, im: Array, window: Array) -> Array:
        """The window (ymin, xmin, ymax, xmax) of an H x W x K image, with its context where context_pad asks.

        Raises DataError where that holds no pixel.
        """
        if self.context_pad:
            return self._with_context(im, np.array(window))
        return _part(im, window, window)

    def _with_context(self, im: Array, window: Array) -> Array:
        """A crop of the input's size (square): the window grown so that the context fills context_pad pixels."""
        size = self.blobs[self.inputs[0]].shape[3]
        assert self.context_pad
        growth = size / (size - 2.0 * self.context_pad)
        half = (window[2:] - window[:2] + 1) / 2.0
        centre = window[:2] + half
        start, end = np.round(centre - growth * half), np.round(centre + growth * half)
        scale = size / (end - start + 1)
        # where the grown window leaves the image, the crop keeps the mean
        pad = np.round(np.maximum(0, -start) * scale).astype(int)
        low, high = (np.clip(edge, 0, im.shape[:2]).astype(int) for edge in (start, end))
        shape = np.minimum(np.round((high - low + 1) * scale).astype(int), size - pad)
        crop: Array = np.ones(self.crop_dims, np.float32) * self.crop_mean
        inside = io.resize_image(_part(im, (*low, *high), window), shape)
        crop[pad[0] : pad[0] + shape[0], pad[1] : pad[1] + shape[1]] = inside
        return crop

    def configure_crop(self, context_pad: int | None) -> None:
        """Sets context_pad, the size of crops (H x W x K), and the mean as an image would show it."""
        source = self.inputs[0]
        transpose = self.transformer.transpose[source]
        back = [transpose[axis] for axis in transpose]
        self.context_pad = context_pad
        self.crop_dims = np.array(self.blobs[source].shape[1:])[back]
        mean = self.transformer.mean.get(source)
        if mean is None:
            self.crop_mean: Array = np.zeros(self.crop_dims, np.float32)
            return
        self.crop_mean = np.broadcast_to(mean, self.blobs[source].shape[1:]).transpose(back)
        if source in self.transformer.channel_swap:
            self.crop_mean = self.crop_mean[:, :, np.argsort(self.transformer.channel_swap[source])]
        if source in self.transformer.raw_scale:
            self.crop_mean = self.crop_mean / self.transformer.raw_scale[source]


def _part(im: Array, edges: Iterable[Any], window: Array) -> Array:
    """The pixels between edges (ymin, xmin, ymax, xmax), which are those of `window`."""
    top, left, bottom, right = (int(edge) for edge in edges)
    found = im[top:bottom, left:right]
    if not found.size:
        edges = tuple(int(edge) for edge in window)
        raise DataError(f"window {edges} holds no pixel of an image of {im.shape[0]} x {im.shape[1]}")
    return found
