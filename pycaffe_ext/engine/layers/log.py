"""Log: the logarithm of shift + scale * x, to any base."""

from __future__ import annotations

import torch

from ...model.rules.neurons import log_base
from ..layer import Layer, Tensors, layer


@layer("Log")
class Log(Layer):
    def forward(self, bottoms: Tensors, params: Tensors) -> Tensors:
        message, x = self.param.log_param, bottoms[0]
        if message.scale != 1 or message.shift != 0:
            x = x * message.scale + message.shift
        log = log_base(self.param, message)
        return [x.log() if log == 1 else x.log() / log]

    def gradient(self, bottom: torch.Tensor, top: torch.Tensor, diff: torch.Tensor) -> torch.Tensor:
        message = self.param.log_param
        factor: torch.Tensor = message.scale / log_base(self.param, message) / (bottom * message.scale + message.shift)
        # in place Caffe writes the factor over the diff before it multiplies by it
        return factor * (factor if top is bottom else diff)
