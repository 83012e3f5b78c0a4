"""Data: batches of a database (LMDB or LevelDB), transformed, read ahead by threads of their own."""

from __future__ import annotations

from collections.abc import Sequence

import torch

from ...datasets.batches import BatchReader
from ...datasets.databases import open_database
from ...datasets.transform import Transformer
from ...errors import NetError
from ...model.rules import Shape
from .. import device
from ..layer import Layer, Tensors, layer


@layer("Data")
class Data(Layer):
    def set_up(self, bottoms: Sequence[Shape]) -> None:
        message = self.param.data_param
        if not message.source:
            raise NetError(self.name, "data_param names no source")
        database = open_database(message.source, message.backend)
        transformer = Transformer(self.param.transform_param, self.param.phase, device.new_seed())
        self._reader = BatchReader(database, message.batch_size, transformer, prefetch=message.prefetch)

    def shapes(self, bottoms: Sequence[Shape]) -> list[Shape]:
        return [self._reader.shape, self._reader.shape[:1]][: len(self.param.top)]

    def forward(self, bottoms: Tensors, params: Tensors) -> Tensors:
        target = device.current()
        return [torch.from_numpy(array).to(target) for array in self._reader.next()][: len(self.param.top)]

    def close(self) -> None:
        self._reader.close()
