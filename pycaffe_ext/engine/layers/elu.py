"""ELU: x above zero, alpha * (exp(x) - 1) below (Clevert et al. 2015)."""

from __future__ import annotations

import torch
from torch.nn import functional

from ..layer import Layer, Tensors, layer


@layer("ELU")
class ELU(Layer):
    def forward(self, bottoms: Tensors, params: Tensors) -> Tensors:
        return [functional.elu(bottoms[0], self.param.elu_param.alpha)]

    def gradient(self, bottom: torch.Tensor, top: torch.Tensor, diff: torch.Tensor) -> torch.Tensor:
        return torch.where(bottom > 0, diff, diff * (top + self.param.elu_param.alpha))
