"""AbsVal: |x|."""

from __future__ import annotations

import torch

from ..layer import Layer, Tensors, layer


@layer("AbsVal")
class AbsVal(Layer):
    def forward(self, bottoms: Tensors, params: Tensors) -> Tensors:
        return [bottoms[0].abs()]

    def gradient(self, bottom: torch.Tensor, top: torch.Tensor, diff: torch.Tensor) -> torch.Tensor:
        return bottom.sign() * diff
