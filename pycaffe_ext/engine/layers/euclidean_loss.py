"""EuclideanLoss: half the squared distance between two bottoms, per item of the batch."""

from __future__ import annotations

from ..layer import Layer, Tensors, layer


@layer("EuclideanLoss")
class EuclideanLoss(Layer):
    def forward(self, bottoms: Tensors, params: Tensors) -> Tensors:
        difference = bottoms[0].flatten() - bottoms[1].flatten()
        return [difference.dot(difference) / (2 * len(bottoms[0]))]
