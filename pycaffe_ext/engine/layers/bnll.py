"""BNLL: log(1 + exp(x)), the binomial normal log likelihood."""

from __future__ import annotations

import torch
from torch.nn import functional

from ..layer import Layer, Tensors, layer


@layer("BNLL")
class BNLL(Layer):
    def forward(self, bottoms: Tensors, params: Tensors) -> Tensors:
        return [functional.softplus(bottoms[0], threshold=50)]

    def gradient(self, bottom: torch.Tensor, top: torch.Tensor, diff: torch.Tensor) -> torch.Tensor:
        return diff * bottom.clamp(max=50).sigmoid()
