"""ReLU: max(x, 0), or negative_slope * x below zero."""

from __future__ import annotations

from torch.nn import functional

from ..layer import Layer, Tensors, layer


@layer("ReLU")
class ReLU(Layer):
    def forward(self, bottoms: Tensors, params: Tensors) -> Tensors:
        slope = self.param.relu_param.negative_slope
        return [functional.leaky_relu(bottoms[0], slope) if slope else functional.relu(bottoms[0])]
