"""Exp: base ^ (shift + scale * x)."""

from __future__ import annotations

import torch

from ...model.rules.neurons import log_base
from ..layer import Layer, Tensors, layer


@layer("Exp")
class Exp(Layer):
    def forward(self, bottoms: Tensors, params: Tensors) -> Tensors:
        message, x = self.param.exp_param, bottoms[0]
        log = log_base(self.param, message)
        top = (x if log * message.scale == 1 else x * (log * message.scale)).exp()
        return [top if message.shift == 0 else top * x.new_tensor(log * message.shift).exp()]

    def gradient(self, bottom: torch.Tensor, top: torch.Tensor, diff: torch.Tensor) -> torch.Tensor:
        inner: float = log_base(self.param, self.param.exp_param) * self.param.exp_param.scale
        return diff * top * inner
