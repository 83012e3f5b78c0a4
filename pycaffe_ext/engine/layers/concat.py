"""Concat: bottoms side by side along one axis."""

from __future__ import annotations

import torch

from ...model.rules.reshaping import concat_axis
from ..layer import Tensors, layer
from ..sharing import SharesMemory


@layer("Concat")
class Concat(SharesMemory):
    def forward(self, bottoms: Tensors, params: Tensors) -> Tensors | list[None]:
        if self.shares:
            return self.share()
        return [torch.cat(list(bottoms), concat_axis(self.param, tuple(bottoms[0].shape)))]
