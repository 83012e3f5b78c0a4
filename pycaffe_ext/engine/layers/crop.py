"""Crop: the first bottom cut to the size of the second, from `axis` on, at `offset`."""

from __future__ import annotations

from ...model.rules.reshaping import crop_offsets
from ..layer import Layer, Tensors, layer


@layer("Crop")
class Crop(Layer):
    def forward(self, bottoms: Tensors, params: Tensors) -> Tensors:
        top, reference = bottoms
        axis, offsets = crop_offsets(self.param, [tuple(bottom.shape) for bottom in bottoms])
        for i, offset in enumerate(offsets, axis):
            top = top.narrow(i, offset, reference.shape[i])
        return [top.clone()]  # a script may write into it
