"""SPP: spatial pyramid pooling, 1, 2 x 2, 4 x 4 ... windows per image side by side (He et al. 2014)."""

from __future__ import annotations

import torch

from ...model.rules.pooling import spp_levels
from ..layer import Layer, Tensors, layer
from .pooling import pool


@layer("SPP")
class SPP(Layer):
    def forward(self, bottoms: Tensors, params: Tensors) -> Tensors:
        x = bottoms[0]
        tops = [pool(level, x, 1, self.is_training)[0] for level in spp_levels(self.param, tuple(x.shape))]
        return tops if len(tops) == 1 else [torch.cat([top.flatten(1) for top in tops], 1)]
