"""Slice: one bottom cut along an axis into several tops."""

from __future__ import annotations

from ...model.rules.reshaping import slice_sizes
from ..layer import Tensors, layer
from ..sharing import SharesMemory


@layer("Slice")
class Slice(SharesMemory):
    def forward(self, bottoms: Tensors, params: Tensors) -> Tensors | list[None]:
        if self.shares:
            return self.share()
        axis, sizes = slice_sizes(self.param, tuple(bottoms[0].shape))
        return [part.clone() for part in bottoms[0].split(sizes, axis)]  # a script may write into a top
