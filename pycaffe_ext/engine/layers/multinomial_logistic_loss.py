"""MultinomialLogisticLoss: -log of the true class's probability, which the bottom holds."""

from __future__ import annotations

from math import prod
from typing import Any

import torch

from ..labels import class_labels
from ..layer import Layer, Tensors, layer

_LEAST = 1e-20  # what a probability counts as at least


@layer("MultinomialLogisticLoss")
class MultinomialLogisticLoss(Layer):
    rereads = True

    def forward(self, bottoms: Tensors, params: Tensors) -> Tensors:
        items, classes = len(bottoms[0]), prod(bottoms[0].shape[1:])
        labels = class_labels(self, bottoms[1].reshape(items, 1), classes, None)
        return [_MinusLog.apply(bottoms[0].reshape(items, classes).gather(1, labels)).mean()]


class _MinusLog(torch.autograd.Function):
    """-log(x); Caffe propagates to a probability that it took for 1e-20 too."""

    @staticmethod
    def forward(ctx: Any, x: torch.Tensor) -> torch.Tensor:
        x = x.clamp(min=_LEAST)
        ctx.save_for_backward(x)
        return -x.log()

    @staticmethod
    def backward(ctx: Any, *grads: Any) -> Any:
        return -grads[0] / ctx.saved_tensors[0]
