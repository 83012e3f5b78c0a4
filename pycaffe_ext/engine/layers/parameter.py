"""Parameter: a learned blob given out as a top; in Caffe the two are one, data and diff."""

from __future__ import annotations

from collections.abc import Sequence

from ..blob import Blob
from ..layer import Layer, Tensors, layer


@layer("Parameter")
class Parameter(Layer):
    def connect(self, bottoms: Sequence[Blob], tops: Sequence[Blob]) -> None:
        self._top = tops[0]

    def forward(self, bottoms: Tensors, params: Tensors) -> list[None]:
        self._top.share(self.blobs[0])
        return [None]

    def backward(self, propagate_down: Sequence[bool]) -> bool:
        return True  # the layer above has written the diff
