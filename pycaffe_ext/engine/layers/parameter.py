"""Parameter: a top that learns."""

from __future__ import annotations

from collections.abc import Sequence

from ...model.rules import Shape
from ..layer import Layer, Tensors, layer


@layer("Parameter")
class Parameter(Layer):
    def forward(self, bottoms: Tensors, params: Tensors) -> Tensors:
        return [params[0].view_as(params[0])]

    def accumulates(self, param: int, bottoms: Sequence[Shape]) -> bool:
        return False  # in Caffe top and parameter are one blob: the layer above overwrites its diff
