"""Reduction: the sum, mean, sum of absolute values or of squares over all axes from `axis` on, times coeff."""

from __future__ import annotations

from ...model.rules.base import axis_of
from ...proto import caffe_pb2
from ..layer import Layer, Tensors, layer


@layer("Reduction")
class Reduction(Layer):
    rereads = True

    def forward(self, bottoms: Tensors, params: Tensors) -> Tensors:
        message, kinds = self.param.reduction_param, caffe_pb2.ReductionParameter
        x = bottoms[0].flatten(axis_of(self.param, message.axis, tuple(bottoms[0].shape)))
        if message.operation == kinds.MEAN:
            top = x.mean(-1)
        elif message.operation == kinds.ASUM:
            top = x.abs().sum(-1)
        elif message.operation == kinds.SUMSQ:
            top = x.square().sum(-1)
        else:
            top = x.sum(-1)
        return [top if message.coeff == 1 else top * message.coeff]
