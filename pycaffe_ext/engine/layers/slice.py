"""Slice: one bottom cut along an axis into several tops."""

from __future__ import annotations

from ...model.rules.reshaping import slice_sizes
from ..layer import Layer, Tensors, layer


@layer("Slice")
class Slice(Layer):
    def forward(self, bottoms: Tensors, params: Tensors) -> Tensors:
        axis, sizes = slice_sizes(self.param, tuple(bottoms[0].shape))
        if len(sizes) == 1:
            return [bottoms[0].view_as(bottoms[0])]
        return [part.clone() for part in bottoms[0].split(sizes, axis)]  # a script may write into a top
