"""AbsVal: |x|."""

from __future__ import annotations

from ..layer import Layer, Tensors, layer


@layer("AbsVal")
class AbsVal(Layer):
    def forward(self, bottoms: Tensors, params: Tensors) -> Tensors:
        return [bottoms[0].abs()]
