"""Softmax over one axis."""

from __future__ import annotations

import torch

from ..layer import Layer, Tensors, layer


@layer("Softmax")
class Softmax(Layer):
    def forward(self, bottoms: Tensors, params: Tensors) -> Tensors:
        return [torch.softmax(bottoms[0], self.param.softmax_param.axis)]

    def gradient(self, bottom: torch.Tensor, top: torch.Tensor, diff: torch.Tensor) -> torch.Tensor:
        return top * (diff - (top * diff).sum(self.param.softmax_param.axis, keepdim=True))
