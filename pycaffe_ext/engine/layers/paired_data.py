"""PairedData, the Python layer of pycaffe_ext.layers, without the way through Python layers."""

from __future__ import annotations

from collections.abc import Sequence

import torch

from ...datasets.pairs.batches import PairBatches
from ...datasets.pairs.settings import PairSettings
from ...datasets.prefetch import Prefetcher
from ...errors import OptionError
from ...model.rules import Shape
from .. import device, memory
from ..ahead import naming
from ..layer import Layer, Tensors, python_layer


@python_layer("pycaffe_ext.layers", "PairedData")
class PairedData(Layer):
    def set_up(self, bottoms: Sequence[Shape]) -> None:
        with naming(self.name):
            tops = len(self.param.top)
            if bottoms or tops != 2:
                raise OptionError(f"PairedData has no bottom and two tops, not {len(bottoms)} and {tops}")
            settings = PairSettings.parse(self.param.python_param.param_str)
            seed = device.new_seed() if settings.seed is None else settings.seed
            batches = PairBatches(settings, training=self.is_training, seed=seed)
        self._shapes = batches.shapes
        memory.check_batches(self.name, self._shapes[0], settings.prefetch)
        self._ahead = Prefetcher(batches.load, settings.prefetch)

    def shapes(self, bottoms: Sequence[Shape]) -> list[Shape]:
        return list(self._shapes)

    def forward(self, bottoms: Tensors, params: Tensors) -> Tensors:
        with naming(self.name):
            return [torch.from_numpy(array).to(device.current()) for array in self._ahead.next()]

    def close(self) -> None:
        self._ahead.close()
