"""Split: one bottom seen by several layers; their gradients add up."""

from __future__ import annotations

from collections.abc import Sequence

from ..blob import Blob
from ..layer import Layer, Tensors, layer


@layer("Split")
class Split(Layer):
    """After the first pass its tops are its bottom's memory, as in Caffe: a pass that starts behind it sees what a
    script or another pass has put into the bottom."""

    @property
    def shares(self) -> bool:
        return True

    def connect(self, bottoms: Sequence[Blob], tops: Sequence[Blob]) -> None:
        self._bottom, self._tops = bottoms[0], list(tops)

    def forward(self, bottoms: Tensors, params: Tensors) -> Tensors:
        for top in self._tops:
            top.share_data(self._bottom)
        return [bottoms[0].view_as(bottoms[0]) for _ in self._tops]

    def backward(self, propagate_down: Sequence[bool]) -> bool:
        if propagate_down[0]:
            first, *others = (top.grad for top in self._tops)
            total = first + others[0] if others else first.clone()
            for other in others[1:]:
                total += other
            self._bottom.grad = total
        return True
