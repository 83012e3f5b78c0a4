"""Layers whose top is their bottom's memory, as in Caffe: what happens to the one, the other shows."""

from __future__ import annotations

from collections.abc import Sequence

from .blob import Blob
from .layer import Layer


class SharesMemory(Layer):
    """Its top is its bottom's where there is one of each."""

    @property
    def shares(self) -> bool:
        return len(self.param.bottom) == len(self.param.top) == 1

    def connect(self, bottoms: Sequence[Blob], tops: Sequence[Blob]) -> None:
        self._bottom, self._top = bottoms[0], tops[0]

    def share(self) -> list[None]:
        """What `forward` has to do: there is nothing to compute, either way."""
        self._top.share(self._bottom)
        return [None]

    def backward(self, propagate_down: Sequence[bool]) -> bool:
        return self.shares
