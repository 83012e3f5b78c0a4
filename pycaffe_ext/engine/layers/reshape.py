"""Reshape and Flatten: the same numbers in another shape."""

from __future__ import annotations

from ..layer import Layer, Tensors, layer


@layer("Reshape", "Flatten")
class Reshape(Layer):
    def forward(self, bottoms: Tensors, params: Tensors) -> Tensors:
        return [bottoms[0].reshape(self.rule.shapes(self.param, [tuple(bottoms[0].shape)])[0])]
