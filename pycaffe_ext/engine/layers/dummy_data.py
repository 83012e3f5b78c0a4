"""DummyData: tops from fillers; constant ones are filled when the net is built, others in every pass."""

from __future__ import annotations

from collections.abc import Sequence

import torch

from ...errors import NetError
from ...model.rules import Shape
from ...proto import caffe_pb2
from .. import device
from ..blob import Blob
from ..fillers import check, fill
from ..layer import Layer, Tensors, layer


@layer("DummyData")
class DummyData(Layer):
    def connect(self, bottoms: Sequence[Blob], tops: Sequence[Blob]) -> None:
        self._tops = list(tops)

    def set_up(self, bottoms: Sequence[Shape]) -> None:
        n_tops, fillers = len(self.param.top), list(self.param.dummy_data_param.data_filler)
        if len(fillers) not in (0, 1, n_tops):
            raise NetError(self.name, f"gives {len(fillers)} data_fillers; 0, 1 or one per top ({n_tops}) are needed")
        if len(fillers) <= 1:
            fillers = (fillers or [caffe_pb2.FillerParameter(type="constant", value=0)]) * n_tops
        for filler in fillers:
            check(filler, where=self.name)
        self._fillers = fillers
        for top, shape in zip(self._tops, self.rule.shapes(self.param, []), strict=True):
            top.reshape(*shape)

    @property
    def filled(self) -> Sequence[Blob]:
        return [top for top, filler in zip(self._tops, self._fillers, strict=True) if filler.type == "constant"]

    def fill(self) -> None:
        for top, filler in zip(self._tops, self._fillers, strict=True):
            if filler.type == "constant":
                top.tensor = fill(filler, top.shape, where=self.name)

    def forward(self, bottoms: Tensors, params: Tensors) -> Sequence[torch.Tensor | None]:
        return [
            None if filler.type == "constant" else fill(filler, top.shape, where=self.name).to(device.current())
            for top, filler in zip(self._tops, self._fillers, strict=True)
        ]
