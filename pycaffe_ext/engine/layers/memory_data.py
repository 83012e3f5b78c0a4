"""MemoryData: gives out arrays that a script sets, batch by batch."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import torch

from ...errors import DataError, NetError
from ...model.rules import Shape
from .. import device
from ..blob import Blob
from ..layer import Layer, Tensors, layer

_log = logging.getLogger(__name__)

Array = npt.NDArray[Any]


@layer("MemoryData")
class MemoryData(Layer):
    def connect(self, bottoms: Sequence[Blob], tops: Sequence[Blob]) -> None:
        self._tops = list(tops)

    def set_up(self, bottoms: Sequence[Shape]) -> None:
        self._arrays: tuple[Array, Array] | None = None
        self._position = 0

    def set_arrays(self, data: Array, labels: Array) -> None:
        """Gives out these arrays from now on, from their start, round and round; they are not copied.

        `data`: K x C x H x W with K a multiple of batch_size; `labels`: K, or K x 1 x 1 x 1. Both float32 and C
        contiguous. Raises DataError.
        """
        (batch_size, *item), _ = self.rule.shapes(self.param, [])
        if labels.ndim == 1:
            labels = np.ascontiguousarray(labels[:, None, None, None])
        for what, array, expected in (("data", data, item), ("labels", labels, [1, 1, 1])):
            problem = ""
            if not array.flags.c_contiguous:
                problem = "is not C contiguous; use numpy.ascontiguousarray"
            elif array.dtype != np.float32:
                problem = f"is {array.dtype}; float32 is needed"
            elif array.ndim != 4 or list(array.shape[1:]) != expected:
                problem = f"has shape {array.shape}; N x {' x '.join(map(str, expected))} is needed"
            elif not len(array) or len(array) % batch_size:
                problem = f"has {len(array)} items; a multiple of batch_size {batch_size} is needed"
            if problem:
                raise DataError(f"layer '{self.name}': the {what} array {problem}")
        if len(data) != len(labels):
            raise DataError(f"layer '{self.name}': {len(data)} items of data, but {len(labels)} labels")
        if self.param.HasField("transform_param"):
            _log.warning("layer '%s': MemoryData does not transform arrays; transform_param is not used", self.name)
        self._arrays, self._position = (data, labels), 0

    def forward(self, bottoms: Tensors, params: Tensors) -> Tensors:
        if self._arrays is None:
            raise NetError(self.name, "has no data; call net.set_input_arrays(data, labels) first")
        target, batch_size = device.current(), self.param.memory_data_param.batch_size
        for top in self._tops:
            top.share_data(Blob(*top.shape))  # a script may hold the batch before, which is part of its own arrays
        batch = slice(self._position, self._position + batch_size)
        self._position = batch.stop % len(self._arrays[0])
        return [torch.from_numpy(array[batch]).to(target) for array in self._arrays]
