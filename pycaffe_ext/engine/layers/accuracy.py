"""Accuracy: the share of predictions whose true class is among the top_k scores; per class as a second top."""

from __future__ import annotations

from math import prod

import torch

from ...model.rules.base import axis_of
from ..labels import class_labels, ignore_label
from ..layer import Layer, Tensors, layer


@layer("Accuracy")
class Accuracy(Layer):
    def forward(self, bottoms: Tensors, params: Tensors) -> Tensors:
        message, scores = self.param.accuracy_param, bottoms[0].detach()
        axis = axis_of(self.param, message.axis, tuple(scores.shape))
        outer, classes, inner = prod(scores.shape[:axis]), scores.shape[axis], prod(scores.shape[axis + 1 :])
        ignore = ignore_label(message)
        labels = class_labels(self, bottoms[1], classes, ignore).reshape(outer, 1, inner)
        counted = torch.ones_like(labels, dtype=torch.bool) if ignore is None else labels != ignore
        index = labels.where(counted, torch.zeros_like(labels))
        scores = scores.reshape(outer, classes, inner)
        # a class that scores as high as the true one counts as better, as in Caffe
        better = (scores >= scores.gather(1, index)).sum(1, keepdim=True) - 1
        right = ((better < message.top_k) & counted).to(scores.dtype)
        tops = [right.sum() / counted.sum().clamp(min=1)]
        if len(self.param.top) > 1:
            per_class = scores.new_zeros(2, classes)
            for row, amount in enumerate((right, counted.to(scores.dtype))):
                per_class[row].scatter_add_(0, index.reshape(-1), amount.reshape(-1))
            tops.append(per_class[0] / per_class[1].clamp(min=1))
        return tops
