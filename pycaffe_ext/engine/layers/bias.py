"""Bias: plus a summand that is learned or the second bottom, broadcast from `axis` on."""

from __future__ import annotations

from ...model.rules.normalization import affine_axis
from ..layer import Layer, Tensors, layer
from .scale import broadcast


@layer("Bias")
class Bias(Layer):
    def forward(self, bottoms: Tensors, params: Tensors) -> Tensors:
        summand = bottoms[1] if len(bottoms) > 1 else params[0]
        axis = affine_axis(self.param, self.param.bias_param, tuple(bottoms[0].shape), tuple(summand.shape))
        return [bottoms[0] + broadcast(summand, axis, bottoms[0])]
