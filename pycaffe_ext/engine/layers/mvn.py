"""MVN: minus the mean, divided by the standard deviation + eps, per channel or over all channels of an item."""

from __future__ import annotations

from typing import Any

import torch

from ..layer import Layer, Tensors, layer


@layer("MVN")
class MVN(Layer):
    def forward(self, bottoms: Tensors, params: Tensors) -> Tensors:
        message, x = self.param.mvn_param, bottoms[0]
        shape = self.rule.shapes(self.param, [tuple(x.shape)])[0]
        groups = shape[0] if message.across_channels else shape[0] * shape[1]
        rows = x.reshape(groups, -1)
        if message.normalize_variance:
            top = _Normalized.apply(rows, message.eps)
        else:
            top = rows - rows.mean(1, keepdim=True)
        return [top.reshape(shape)]


class _Normalized(torch.autograd.Function):
    """dx = (dy - mean(dy) - y mean(y dy)) / (deviation + eps): the derivative where eps is small."""

    @staticmethod
    def forward(ctx: Any, x: torch.Tensor, eps: float) -> torch.Tensor:
        top = x - x.mean(1, keepdim=True)
        spread = top.square().mean(1, keepdim=True).sqrt() + eps
        top = top / spread
        ctx.save_for_backward(top, spread)
        return top

    @staticmethod
    def backward(ctx: Any, *grads: Any) -> Any:
        top, spread = ctx.saved_tensors
        mean = grads[0].mean(1, keepdim=True)
        return (grads[0] - mean - top * (top * grads[0]).mean(1, keepdim=True)) / spread, None
