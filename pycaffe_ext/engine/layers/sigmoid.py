"""Sigmoid: 1 / (1 + exp(-x))."""

from __future__ import annotations

import torch

from ..layer import Layer, Tensors, layer


@layer("Sigmoid")
class Sigmoid(Layer):
    def forward(self, bottoms: Tensors, params: Tensors) -> Tensors:
        return [torch.sigmoid(bottoms[0])]

    def gradient(self, bottom: torch.Tensor, top: torch.Tensor, diff: torch.Tensor) -> torch.Tensor:
        return diff * top * (1 - top)
