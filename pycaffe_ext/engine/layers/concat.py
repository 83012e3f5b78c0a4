"""Concat: bottoms side by side along one axis."""

from __future__ import annotations

import torch

from ...model.rules.reshaping import concat_axis
from ..layer import Layer, Tensors, layer


@layer("Concat")
class Concat(Layer):
    def forward(self, bottoms: Tensors, params: Tensors) -> Tensors:
        if len(bottoms) == 1:
            return [bottoms[0].view_as(bottoms[0])]
        return [torch.cat(list(bottoms), concat_axis(self.param, tuple(bottoms[0].shape)))]
