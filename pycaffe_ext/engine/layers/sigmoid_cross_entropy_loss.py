"""SigmoidCrossEntropyLoss: -(t log(s) + (1 - t) log(1 - s)) of targets t and s = sigmoid(x), number by number."""

from __future__ import annotations

from math import prod

import torch
from torch.nn import functional

from ...proto import caffe_pb2
from ..labels import ignore_label, normalization, normalizer
from ..layer import Layer, Tensors, layer


@layer("SigmoidCrossEntropyLoss")
class SigmoidCrossEntropyLoss(Layer):
    def forward(self, bottoms: Tensors, params: Tensors) -> Tensors:
        scores, targets = bottoms[0], bottoms[1].detach().reshape(bottoms[0].shape)
        losses = functional.binary_cross_entropy_with_logits(scores, targets, reduction="none")
        valid: torch.Tensor | int = scores.numel()
        ignore = ignore_label(self.param.loss_param)
        if ignore is not None:
            counted = targets.trunc() != ignore  # Caffe cuts a target to a whole number to compare it
            losses, valid = losses.where(counted, torch.zeros_like(losses)), counted.sum()
        mode = normalization(self.param.loss_param, caffe_pb2.LossParameter.BATCH_SIZE)
        divisor = normalizer(mode, outer=len(scores), inner=prod(scores.shape[1:]), valid=valid)
        return [losses.sum() / divisor]
