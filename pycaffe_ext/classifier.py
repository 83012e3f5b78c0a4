"""pycaffe's Classifier: images in, class probabilities out."""

from __future__ import annotations

from collections.abc import Sequence
from os import PathLike
from typing import Any

import numpy as np
import numpy.typing as npt

from . import io
from .engine.net import Net
from .errors import DataError
from .proto import caffe_pb2

Array = npt.NDArray[Any]


class Classifier(Net):
    """A net in its TEST phase, with weights, that classifies images of any size.

    `image_dims`: (height, width) to which images are resized before they are cropped to the net's input; the
    input's own size unless given. The others are set on `transformer`; see io.Transformer. Images are H x W x K.
    """

    def __init__(
        self,
        model_file: str | PathLike[str],
        pretrained_file: str | PathLike[str],
        image_dims: Sequence[int] | None = None,
        mean: Array | None = None,
        input_scale: float | None = None,
        raw_scale: float | None = None,
        channel_swap: Sequence[int] | None = None,
    ) -> None:
        super().__init__(model_file, caffe_pb2.TEST, weights=pretrained_file)
        self.transformer = image_transformer(self, mean, input_scale, raw_scale, channel_swap)
        self.crop_dims = np.array(self.blobs[self.inputs[0]].shape[2:])
        self.image_dims = self.crop_dims if image_dims is None or not len(image_dims) else image_dims

    def predict(self, inputs: Sequence[Array], oversample: bool = True) -> Array:
        """Probabilities, images x classes. All images become as many channels as the first one has.

        `oversample`: the mean over ten crops (corners, centre, mirrored), else the centre crop alone.
        """
        height, width = (int(size) for size in self.image_dims)
        if not len(inputs):
            raise DataError("predict needs at least one image")
        images = np.empty((len(inputs), height, width, inputs[0].shape[2]), np.float32)
        for place, image in zip(images, inputs, strict=True):
            place[...] = io.resize_image(image, (height, width))
        if oversample:
            crops = io.oversample(images, self.crop_dims)
        else:
            top, left = (int((size - crop) / 2) for size, crop in zip((height, width), self.crop_dims, strict=True))
            if height < self.crop_dims[0] or width < self.crop_dims[1]:
                raise DataError(f"image_dims {height} x {width} are smaller than the net's input: {self.crop_dims}")
            crops = images[:, top : top + self.crop_dims[0], left : left + self.crop_dims[1]]
        source = self.inputs[0]
        batch = np.stack([self.transformer.preprocess(source, crop) for crop in crops])
        predictions = self.forward_all(None, **{source: batch})[self.outputs[0]]
        return predictions.reshape(len(inputs), 10, -1).mean(1) if oversample else predictions


def image_transformer(
    net: Net,
    mean: Array | None,
    input_scale: float | None,
    raw_scale: float | None,
    channel_swap: Sequence[int] | None,
) -> io.Transformer:
    """A Transformer of H x W x K images for the net's first input, with what is given."""
    source = net.inputs[0]
    transformer = io.Transformer({source: net.blobs[source].shape})
    transformer.set_transpose(source, (2, 0, 1))
    if mean is not None:
        transformer.set_mean(source, mean)
    if input_scale is not None:
        transformer.set_input_scale(source, input_scale)
    if raw_scale is not None:
        transformer.set_raw_scale(source, raw_scale)
    if channel_swap is not None:
        transformer.set_channel_swap(source, channel_swap)
    return transformer
