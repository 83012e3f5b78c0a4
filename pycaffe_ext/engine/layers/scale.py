"""Scale: times a factor that is learned or the second bottom, broadcast from `axis` on; plus a bias."""

from __future__ import annotations

from collections.abc import Sequence
from math import prod

import torch

from ...model.rules import Shape
from ...model.rules.normalization import affine_axis
from ..layer import Layer, Tensors, layer


@layer("Scale")
class Scale(Layer):
    rereads = True

    @property
    def top_is_free(self) -> bool:
        return True

    def forward(self, bottoms: Tensors, params: Tensors) -> Tensors:
        message = self.param.scale_param
        factor = bottoms[1] if len(bottoms) > 1 else params[0]
        axis = affine_axis(self.param, message, tuple(bottoms[0].shape), tuple(factor.shape))
        top = bottoms[0] * broadcast(factor, axis, bottoms[0])
        return [top + broadcast(params[-1], axis, top) if message.bias_term else top]

    def is_per_channel(self, bottom: Shape) -> bool:
        """Whether it has one bottom, of this shape, and a factor for each of its channels (axis 1)."""
        if len(self.param.bottom) > 1 or len(bottom) < 2 or self.blobs[0].shape != bottom[1:2]:
            return False
        return affine_axis(self.param, self.param.scale_param, bottom, bottom[1:2]) == 1

    def accumulates(self, param: int, bottoms: Sequence[Shape]) -> bool:
        """Caffe computes the factor's gradient straight into its diff when no item axis is summed over."""
        if param > 0 or len(bottoms) > 1:
            return True
        factor = self.blobs[0].shape
        axis = affine_axis(self.param, self.param.scale_param, bottoms[0], factor)
        items, count = prod(bottoms[0][:axis]), prod(factor)
        return not (count == prod(bottoms[0]) or (items == 1 and count > 1))


def broadcast(factor: torch.Tensor, axis: int, like: torch.Tensor) -> torch.Tensor:
    """`factor` viewed so that its first axis meets `axis` of `like`."""
    return factor.reshape((*factor.shape, *[1] * (like.dim() - axis - factor.dim())))
