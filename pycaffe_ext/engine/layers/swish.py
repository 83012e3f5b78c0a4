"""Swish: x * sigmoid(beta * x) (Ramachandran et al. 2017)."""

from __future__ import annotations

import torch

from ..layer import Layer, Tensors, layer


@layer("Swish")
class Swish(Layer):
    _sigmoid: torch.Tensor | None = None

    def forward(self, bottoms: Tensors, params: Tensors) -> Tensors:
        x, beta = bottoms[0], self.param.swish_param.beta
        sigmoid = (beta * x).sigmoid()
        self._sigmoid = sigmoid.detach()
        return [x * sigmoid]

    def forget(self) -> None:
        self._sigmoid = None

    def gradient(self, bottom: torch.Tensor, top: torch.Tensor, diff: torch.Tensor) -> torch.Tensor:
        scaled = self.param.swish_param.beta * top
        slope: torch.Tensor = scaled + self._sigmoid * (1 - scaled)
        return diff * slope
