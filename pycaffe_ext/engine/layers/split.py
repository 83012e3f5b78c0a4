"""Split: one bottom seen by several layers; their gradients add up."""

from __future__ import annotations

from ..layer import Layer, Tensors, layer


@layer("Split")
class Split(Layer):
    def forward(self, bottoms: Tensors, params: Tensors) -> Tensors:
        return [bottoms[0].view_as(bottoms[0]) for _ in self.param.top]
