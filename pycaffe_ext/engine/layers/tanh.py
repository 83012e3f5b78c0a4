"""TanH: the hyperbolic tangent."""

from __future__ import annotations

import torch

from ..layer import Layer, Tensors, layer


@layer("TanH")
class TanH(Layer):
    def forward(self, bottoms: Tensors, params: Tensors) -> Tensors:
        return [bottoms[0].tanh()]

    def gradient(self, bottom: torch.Tensor, top: torch.Tensor, diff: torch.Tensor) -> torch.Tensor:
        return diff * (1 - top * top)
