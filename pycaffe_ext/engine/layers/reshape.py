"""Reshape and Flatten: the same numbers in another shape."""

from __future__ import annotations

from collections.abc import Sequence

from ..layer import Tensors, layer
from ..sharing import SharesMemory


@layer("Reshape")
class Reshape(SharesMemory):
    def forward(self, bottoms: Tensors, params: Tensors) -> list[None]:
        return self.share()


@layer("Flatten")
class Flatten(SharesMemory):
    """Its diffs become one on the way back only."""

    def forward(self, bottoms: Tensors, params: Tensors) -> list[None]:
        self._top.share_data(self._bottom)
        return [None]

    def backward(self, propagate_down: Sequence[bool]) -> bool:
        if propagate_down[0]:
            self._bottom.share_diff(self._top)
        return True
