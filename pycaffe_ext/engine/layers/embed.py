"""Embed: for each index in the bottom that row of a matrix, plus a bias."""

from __future__ import annotations

from torch.nn import functional

from ..indices import indices
from ..layer import Layer, Tensors, layer


@layer("Embed")
class Embed(Layer):
    rereads = True

    def forward(self, bottoms: Tensors, params: Tensors) -> Tensors:
        rows = indices(self, bottoms[0], len(params[0]), "index")
        top = functional.embedding(rows, params[0])
        return [top + params[1] if len(params) > 1 else top]
