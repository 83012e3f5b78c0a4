"""Filter: of each bottom the items whose number in the last bottom is not 0."""

from __future__ import annotations

from ..layer import Layer, Tensors, layer


@layer("Filter")
class Filter(Layer):
    def forward(self, bottoms: Tensors, params: Tensors) -> Tensors:
        *data, selector = bottoms
        chosen = selector.flatten().nonzero().flatten()
        return [bottom.index_select(0, chosen) for bottom in data]
