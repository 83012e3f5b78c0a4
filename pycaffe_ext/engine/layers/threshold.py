"""Threshold: 1 where x lies above the threshold, else 0."""

from __future__ import annotations

from ..layer import Layer, Tensors, layer


@layer("Threshold")
class Threshold(Layer):
    def forward(self, bottoms: Tensors, params: Tensors) -> Tensors:
        return [(bottoms[0] > self.param.threshold_param.threshold).to(bottoms[0].dtype)]
