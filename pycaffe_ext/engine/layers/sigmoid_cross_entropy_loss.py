"""SigmoidCrossEntropyLoss: -(t log(s) + (1 - t) log(1 - s)) of targets t and s = sigmoid(x), number by number."""

from __future__ import annotations

from math import prod
from typing import Any

import torch

from ...proto import caffe_pb2
from ..labels import ignore_label, normalization, normalizer
from ..layer import Layer, Tensors, layer


@layer("SigmoidCrossEntropyLoss")
class SigmoidCrossEntropyLoss(Layer):
    def forward(self, bottoms: Tensors, params: Tensors) -> Tensors:
        scores, targets = bottoms[0], bottoms[1].detach().reshape(bottoms[0].shape)
        losses = _CrossEntropy.apply(scores, targets)
        valid: torch.Tensor | int = scores.numel()
        ignore = ignore_label(self.param.loss_param)
        if ignore is not None:
            counted = targets.trunc() != ignore  # Caffe cuts a target to a whole number to compare it
            losses, valid = losses.where(counted, torch.zeros_like(losses)), counted.sum()
        mode = normalization(self.param.loss_param, caffe_pb2.LossParameter.BATCH_SIZE)
        divisor = normalizer(mode, outer=len(scores), inner=prod(scores.shape[1:]), valid=valid)
        return [losses.sum() / divisor]


class _CrossEntropy(torch.autograd.Function):
    """Per number, rounded as Caffe does: log(1 + exp(-|x|)) is 0 where exp(-|x|) is lost beside 1, and the sigmoid
    is the number next to the true one, also near 1."""

    @staticmethod
    def forward(ctx: Any, scores: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
        ctx.save_for_backward(scores, targets)
        return (1 + scores.abs().neg_().exp_()).log_() - scores * (targets - (scores >= 0).to(scores.dtype))

    @staticmethod
    def backward(ctx: Any, *grads: Any) -> Any:
        scores, targets = ctx.saved_tensors
        small = scores.abs().neg_().sigmoid_()
        return grads[0] * (torch.where(scores > 0, 1 - small, small) - targets), None
