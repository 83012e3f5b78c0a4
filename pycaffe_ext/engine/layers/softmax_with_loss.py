"""SoftmaxWithLoss: -log of the probability that softmax gives the true class; the second top is the probabilities."""

from __future__ import annotations

from math import prod
from typing import Any

import torch

from ...model.rules.base import axis_of
from ...proto import caffe_pb2
from ..labels import class_labels, ignore_label, normalization, normalizer
from ..layer import Layer, Tensors, layer

_FLT_MIN = torch.finfo(torch.float32).tiny


@layer("SoftmaxWithLoss")
class SoftmaxWithLoss(Layer):
    def forward(self, bottoms: Tensors, params: Tensors) -> Tensors:
        scores, axis = bottoms[0], axis_of(self.param, self.param.softmax_param.axis, tuple(bottoms[0].shape))
        outer, classes, inner = prod(scores.shape[:axis]), scores.shape[axis], prod(scores.shape[axis + 1 :])
        ignore = ignore_label(self.param.loss_param)
        labels = class_labels(self, bottoms[1], classes, ignore).reshape(outer, 1, inner)
        counted = None if ignore is None else labels != ignore
        mode = normalization(self.param.loss_param, caffe_pb2.LossParameter.VALID)
        valid = outer * inner if counted is None else counted.sum()
        divisor = normalizer(mode, outer=outer, inner=inner, valid=valid)
        loss, prob = _SoftmaxLoss.apply(scores.reshape(outer, classes, inner), labels, counted, divisor)
        return [loss, prob.reshape(scores.shape)][: max(1, len(self.param.top))]


class _SoftmaxLoss(torch.autograd.Function):
    """Caffe clips a probability at FLT_MIN in the loss (87.3365 at most), not in the gradient: prob - one-hot."""

    @staticmethod
    def forward(
        ctx: Any, scores: torch.Tensor, labels: torch.Tensor, counted: torch.Tensor | None, divisor: Any
    ) -> tuple[torch.Tensor, torch.Tensor]:
        prob = torch.softmax(scores, 1)
        index = labels if counted is None else labels.where(counted, torch.zeros_like(labels))
        losses = -prob.gather(1, index).clamp(min=_FLT_MIN).log()
        if counted is not None:
            losses = losses * counted
        ctx.save_for_backward(prob, index, *([] if counted is None else [counted]))
        ctx.divisor = divisor
        ctx.mark_non_differentiable(prob)
        return losses.sum() / divisor, prob

    @staticmethod
    def backward(ctx: Any, *grads: Any) -> Any:
        prob, index, *counted = ctx.saved_tensors
        grad = prob.scatter_add(1, index, torch.full_like(index, -1, dtype=prob.dtype))
        if counted:
            grad *= counted[0]
        return grad.mul_(grads[0] / ctx.divisor), None, None, None
