"""Swish: x * sigmoid(beta * x) (Ramachandran et al. 2017)."""

from __future__ import annotations

from torch.nn import functional

from ..layer import Layer, Tensors, layer


@layer("Swish")
class Swish(Layer):
    def forward(self, bottoms: Tensors, params: Tensors) -> Tensors:
        x, beta = bottoms[0], self.param.swish_param.beta
        return [functional.silu(x) if beta == 1 else x * (beta * x).sigmoid()]
