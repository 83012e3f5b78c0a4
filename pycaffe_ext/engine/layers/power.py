"""Power: (shift + scale * x) ^ power."""

from __future__ import annotations

from typing import Any

import torch

from ..layer import Layer, Tensors, layer


@layer("Power")
class Power(Layer):
    def forward(self, bottoms: Tensors, params: Tensors) -> Tensors:
        message, x = self.param.power_param, bottoms[0]
        power, scale, shift = message.power, message.scale, message.shift
        if power * scale == 0:  # x does not count, not even where it is infinite
            return [x.clone().fill_(shift).pow(power)]
        x = x * scale + shift
        if power in (1, 2):
            return [x if power == 1 else x.square()]
        return [_Power.apply(x, power)]

    def gradient_in_place(self, now: torch.Tensor, diff: torch.Tensor) -> torch.Tensor:
        message = self.param.power_param
        power, scale, shift = message.power, message.scale, message.shift
        if power in (0, 1) or scale == 0:
            factor = torch.full_like(now, power * scale)
        elif power == 2:
            factor = 2 * scale * (scale * now + shift)
        else:
            factor = power * scale * now / (scale * now + shift)
        return factor * factor  # Caffe writes the factor over the diff before it multiplies by it


class _Power(torch.autograd.Function):
    """x ^ power, with the gradient power * y / x: NaN at 0, as in Caffe."""

    @staticmethod
    def forward(ctx: Any, x: torch.Tensor, power: float) -> torch.Tensor:
        top = x.pow(power)
        ctx.save_for_backward(x, top)
        ctx.power = power
        return top

    @staticmethod
    def backward(ctx: Any, *grads: Any) -> Any:
        x, top = ctx.saved_tensors
        return grads[0] * top / x * ctx.power, None
