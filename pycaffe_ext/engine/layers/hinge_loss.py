"""HingeLoss: one against all, max(0, 1 - score) of the true class and max(0, 1 + score) of each other one.

L1 adds these up per item of the batch, L2 their squares.
"""

from __future__ import annotations

from math import prod

import torch

from ...proto import caffe_pb2
from ..labels import class_labels
from ..layer import Layer, Tensors, layer


@layer("HingeLoss")
class HingeLoss(Layer):
    def forward(self, bottoms: Tensors, params: Tensors) -> Tensors:
        items, classes = len(bottoms[0]), prod(bottoms[0].shape[1:])
        scores = bottoms[0].reshape(items, classes)
        labels = class_labels(self, bottoms[1].flatten()[:items], classes, None)
        sign = torch.ones_like(scores).scatter_(1, labels[:, None], -1)
        margins = torch.relu(1 + sign * scores)
        if self.param.hinge_loss_param.norm == caffe_pb2.HingeLossParameter.L2:
            margins = margins.square()
        return [margins.sum() / items]
