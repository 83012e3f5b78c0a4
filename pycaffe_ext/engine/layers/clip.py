"""Clip: x kept between min and max; the gradient passes at both bounds."""

from __future__ import annotations

from ..layer import Layer, Tensors, layer


@layer("Clip")
class Clip(Layer):
    def forward(self, bottoms: Tensors, params: Tensors) -> Tensors:
        message = self.param.clip_param
        return [bottoms[0].clamp(message.min, max(message.min, message.max))]  # of bounds in disorder min counts
