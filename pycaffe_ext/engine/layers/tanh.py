"""TanH: the hyperbolic tangent."""

from __future__ import annotations

from ..layer import Layer, Tensors, layer


@layer("TanH")
class TanH(Layer):
    def forward(self, bottoms: Tensors, params: Tensors) -> Tensors:
        return [bottoms[0].tanh()]
