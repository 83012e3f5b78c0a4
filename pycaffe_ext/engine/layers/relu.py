"""ReLU: max(x, 0), or negative_slope * x below zero."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch.nn import functional

from ..blob import Blob
from ..layer import Layer, Tensors, layer


@layer("ReLU")
class ReLU(Layer):
    """In place, its result stands in for its input on the way back, as in Caffe: both have the same sign."""

    def connect(self, bottoms: Sequence[Blob], tops: Sequence[Blob]) -> None:
        self._blob = tops[0]
        self._result: torch.Tensor | None = None

    @property
    def _slope(self) -> float:
        return float(self.param.relu_param.negative_slope)

    def forward(self, bottoms: Tensors, params: Tensors) -> Tensors:
        self._result = None
        slope = self._slope
        return [functional.leaky_relu(bottoms[0], slope) if slope else functional.relu(bottoms[0])]

    def overwrite(self) -> bool:
        if self._slope < 0:
            return False
        result = self._blob.tensor
        if self._slope:
            functional.leaky_relu_(result, self._slope)
        else:
            result.relu_()
        self._result = result
        return True

    def backward(self, propagate_down: Sequence[bool]) -> bool:
        if self._result is None:
            return False
        if propagate_down[0]:
            diff = self._blob.grad
            if self._slope:
                diff = torch.ops.aten.leaky_relu_backward(diff, self._result, self._slope, True)
            else:
                diff = torch.ops.aten.threshold_backward(diff, self._result, 0)
            self._blob.grad = diff
        return True
