"""Scale: times a factor that is learned or the second bottom, broadcast from `axis` on; plus a bias."""

from __future__ import annotations

import torch

from ...model.rules.normalization import affine_axis
from ..layer import Layer, Tensors, layer


@layer("Scale")
class Scale(Layer):
    def forward(self, bottoms: Tensors, params: Tensors) -> Tensors:
        message = self.param.scale_param
        factor = bottoms[1] if len(bottoms) > 1 else params[0]
        axis = affine_axis(self.param, message, tuple(bottoms[0].shape), tuple(factor.shape))
        top = bottoms[0] * broadcast(factor, axis, bottoms[0])
        return [top + broadcast(params[-1], axis, top) if message.bias_term else top]


def broadcast(factor: torch.Tensor, axis: int, like: torch.Tensor) -> torch.Tensor:
    """`factor` viewed so that its first axis meets `axis` of `like`."""
    return factor.reshape(*factor.shape, *[1] * (like.dim() - axis - factor.dim()))
