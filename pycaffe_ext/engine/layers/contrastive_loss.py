"""ContrastiveLoss: similar pairs come together, others move apart up to a margin (Hadsell et al. 2006).

Over N pairs with distances d: 1 / 2N * sum of d^2 where similar, else max(margin - d, 0)^2
(legacy_version: max(margin - d^2, 0)).
"""

from __future__ import annotations

from math import prod
from typing import Any

import torch

from ..layer import Layer, Tensors, layer


@layer("ContrastiveLoss")
class ContrastiveLoss(Layer):
    def forward(self, bottoms: Tensors, params: Tensors) -> Tensors:
        a, b, similar = bottoms
        message = self.param.contrastive_loss_param
        a, b = (features.reshape(len(features), prod(features.shape[1:])) for features in (a, b))
        similar = similar.reshape(-1, 1)[: len(a)].trunc() != 0  # Caffe cuts the label to a whole number
        return [_Contrastive.apply(a, b, similar, message.margin, message.legacy_version)]


class _Contrastive(torch.autograd.Function):
    """The gradient of a dissimilar pair divides by d + 1e-4, so that a distance of 0 does no harm."""

    @staticmethod
    def forward(
        ctx: Any, a: torch.Tensor, b: torch.Tensor, similar: torch.Tensor, margin: float, legacy: bool
    ) -> torch.Tensor:
        difference = a - b
        squared = difference.square().sum(1, keepdim=True)
        if legacy:
            short = (margin - squared).clamp(min=0)
            apart, pull = short, (short > 0).to(a.dtype)
        else:
            distance = squared.sqrt()
            short = (margin - distance).clamp(min=0)
            apart, pull = short.square(), short / (distance + 1e-4)
        ctx.save_for_backward(difference * torch.where(similar, 1, -pull) / len(a))
        return torch.where(similar, squared, apart).sum() / len(a) / 2

    @staticmethod
    def backward(ctx: Any, *grads: Any) -> Any:
        grad = ctx.saved_tensors[0] * grads[0]
        return grad, -grad, None, None, None
