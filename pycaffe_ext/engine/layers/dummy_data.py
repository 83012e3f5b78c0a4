"""DummyData: tops from fillers; constant ones are filled once, others anew in every pass."""

from __future__ import annotations

from collections.abc import Sequence

import torch

from ...errors import NetError
from ...model.rules import Shape
from ...proto import caffe_pb2
from .. import device
from ..fillers import fill
from ..layer import Layer, Tensors, layer


@layer("DummyData")
class DummyData(Layer):
    def set_up(self, bottoms: Sequence[Shape]) -> None:
        n_tops, fillers = len(self.param.top), list(self.param.dummy_data_param.data_filler)
        if len(fillers) not in (0, 1, n_tops):
            raise NetError(self.name, f"gives {len(fillers)} data_fillers; 0, 1 or one per top ({n_tops}) are needed")
        if len(fillers) <= 1:
            fillers = (fillers or [caffe_pb2.FillerParameter(type="constant", value=0)]) * n_tops
        self._fillers = fillers
        self._filled = False

    def forward(self, bottoms: Tensors, params: Tensors) -> Sequence[torch.Tensor | None]:
        tops = [
            None
            if self._filled and filler.type == "constant"
            else fill(filler, shape, where=self.name).to(device.current())
            for filler, shape in zip(self._fillers, self.rule.shapes(self.param, []), strict=True)
        ]
        self._filled = True
        return tops
