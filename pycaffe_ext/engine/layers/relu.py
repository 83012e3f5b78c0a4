"""ReLU: max(x, 0), or negative_slope * x below zero."""

from __future__ import annotations

import torch
from torch.nn import functional

from ..layer import Layer, Tensors, layer


@layer("ReLU")
class ReLU(Layer):
    @property
    def _slope(self) -> float:
        return float(self.param.relu_param.negative_slope)

    def forward(self, bottoms: Tensors, params: Tensors) -> Tensors:
        slope = self._slope
        return [functional.leaky_relu(bottoms[0], slope) if slope else functional.relu(bottoms[0])]

    def overwrite(self, numbers: torch.Tensor) -> bool:
        if self._slope:
            functional.leaky_relu_(numbers, self._slope)
        else:
            numbers.relu_()
        return True

    def gradient(self, bottom: torch.Tensor, top: torch.Tensor, diff: torch.Tensor) -> torch.Tensor:
        if self._slope:
            return torch.where(bottom > 0, diff, diff * self._slope)
        return torch.ops.aten.threshold_backward(diff, bottom, 0)  # type: ignore[no-any-return]
