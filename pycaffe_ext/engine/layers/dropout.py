"""Dropout: in training each number is kept with probability 1 - dropout_ratio and scaled up; else untouched."""

from __future__ import annotations

import torch

from .. import device
from ..fillers import bernoulli
from ..layer import Layer, Tensors, layer


@layer("Dropout")
class Dropout(Layer):
    def forward(self, bottoms: Tensors, params: Tensors) -> Tensors:
        x, ratio = bottoms[0], self.param.dropout_param.dropout_ratio
        if not self.is_training:
            in_place = self.param.top[0] == self.param.bottom[0]
            return [x.view_as(x) if in_place else x.clone()]  # a script may write into it
        if x.device.type == "cpu":
            mask = bernoulli(1 - ratio, tuple(x.shape)).to(x)
        else:
            mask = torch.empty_like(x).bernoulli_(1 - ratio, generator=device.generator(x.device))
        return [x * mask.div_(1 - ratio)]
