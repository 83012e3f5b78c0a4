"""Clip: x kept between min and max; the gradient passes at both bounds."""

from __future__ import annotations

import torch

from ..layer import Layer, Tensors, layer


@layer("Clip")
class Clip(Layer):
    def forward(self, bottoms: Tensors, params: Tensors) -> Tensors:
        low, high = self.param.clip_param.min, self.param.clip_param.max
        if low > high:  # everything is the lower bound then
            return [bottoms[0].clone().fill_(low)]
        return [bottoms[0].clamp(low, high)]

    def gradient(self, bottom: torch.Tensor, top: torch.Tensor, diff: torch.Tensor) -> torch.Tensor:
        low, high = self.param.clip_param.min, self.param.clip_param.max
        inside: torch.Tensor = (bottom >= low) & (bottom <= high)
        return diff * inside
