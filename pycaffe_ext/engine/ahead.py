"""Layers whose batches of images and labels a thread of its own makes ahead of need."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any, Protocol

import torch

from ..datasets.batches import Batch
from ..datasets.prefetch import Prefetcher
from ..datasets.transform import Transformer
from ..errors import CaffeError, DataError, NetError, OptionError
from ..model.rules import Shape
from . import device, memory
from .layer import Layer, Tensors

_MOST_AHEAD = 1000  # batches


class Batches(Protocol):
    """What such a layer reads: batches one after the other, the first of them of this shape."""

    @property
    def shape(self) -> Shape: ...

    def load(self, used: Batch | None) -> Batch: ...


class Reader(Protocol):
    """What makes the batches ahead."""

    def next(self) -> Batch: ...

    def close(self) -> None: ...


@contextmanager
def naming(layer: str) -> Iterator[None]:
    """Puts the layer's name before the message of an error in its data."""
    try:
        yield
    except OptionError as error:
        raise NetError(layer, str(error)) from error
    except CaffeError as error:
        raise DataError(f"layer '{layer}': {error}") from error


class ReadsAhead(Layer):
    """Its tops are the data and the labels of a batch."""

    def open(self, transformer: Transformer) -> Batches:
        """What the layer reads, transformed. Called once; raises CaffeError without the layer's name."""
        raise NotImplementedError(f"{type(self).__name__}.open")

    def begin(self, batches: Any, depth: int) -> Reader:
        """Begins to read; what `open` gave, at most `depth` batches ahead."""
        return Prefetcher(batches.load, depth)

    def set_up(self, bottoms: Sequence[Shape]) -> None:
        depth = self.param.data_param.prefetch  # Caffe has this field in data_param for all of them
        with naming(self.name):
            if not 1 <= depth <= _MOST_AHEAD:
                raise OptionError(f"data_param {{ prefetch }} is 1 to {_MOST_AHEAD}, not {depth}")
            transformer = Transformer(self.param.transform_param, self.param.phase)
            if transformer.needs_random:
                device.new_seed()  # Caffe seeds it before and after the layer's own numbers
            batches = self.open(transformer)
            if transformer.needs_random:
                transformer.seed(device.new_seed())
            device.new_seed()  # that of Caffe's reading thread, which draws nothing
        self._shape = batches.shape
        memory.check_batches(self.name, self._shape, depth)
        self._prefetcher = self.begin(batches, depth)

    def shapes(self, bottoms: Sequence[Shape]) -> list[Shape]:
        return [self._shape, self._shape[:1]][: len(self.param.top)]

    def forward(self, bottoms: Tensors, params: Tensors) -> Tensors:
        target = device.current()
        with naming(self.name):
            return [torch.from_numpy(array).to(target) for array in self._prefetcher.next()][: len(self.param.top)]

    def close(self) -> None:
        self._prefetcher.close()
