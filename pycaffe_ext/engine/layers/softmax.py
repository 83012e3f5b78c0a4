"""Softmax over one axis."""

from __future__ import annotations

import torch

from ..layer import Layer, Tensors, layer


@layer("Softmax")
class Softmax(Layer):
    def forward(self, bottoms: Tensors, params: Tensors) -> Tensors:
        return [torch.softmax(bottoms[0], self.param.softmax_param.axis)]
