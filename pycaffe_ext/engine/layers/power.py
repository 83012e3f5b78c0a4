"""Power: (shift + scale * x) ^ power."""

from __future__ import annotations

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
        return [x.pow(power)]

    def gradient(self, bottom: torch.Tensor, top: torch.Tensor, diff: torch.Tensor) -> torch.Tensor:
        message = self.param.power_param
        power, scale, shift = message.power, message.scale, message.shift
        if power in (0, 1) or scale == 0:
            factor = torch.full_like(bottom, power * scale)
        elif power == 2:
            factor = 2 * scale * (scale * bottom + shift)
        else:
            factor = power * scale * top / (scale * bottom + shift)  # NaN at 0, as in Caffe
        # in place Caffe writes the factor over the diff before it multiplies by it
        return factor * (factor if top is bottom else diff)
