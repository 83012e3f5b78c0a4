"""Eltwise: product, weighted sum or maximum of bottoms of one shape."""

from __future__ import annotations

from functools import reduce
from typing import Any

import torch

from ...proto import caffe_pb2
from ..layer import Layer, Tensors, layer


@layer("Eltwise")
class Eltwise(Layer):
    @property
    def top_is_free(self) -> bool:
        return bool(self.param.eltwise_param.operation == caffe_pb2.EltwiseParameter.SUM)

    def forward(self, bottoms: Tensors, params: Tensors) -> Tensors:
        message, kinds = self.param.eltwise_param, caffe_pb2.EltwiseParameter
        if message.operation == kinds.SUM:
            coeff = list(message.coeff) or [1.0] * len(bottoms)
            first = bottoms[0] if coeff[0] == 1 else coeff[0] * bottoms[0]
            return [
                reduce(
                    lambda top, pair: torch.add(top, pair[1], alpha=pair[0]),
                    zip(coeff[1:], bottoms[1:], strict=True),
                    first,
                )
            ]
        if message.operation == kinds.MAX:
            # of equal numbers the second bottom's is taken over the first's, then only larger ones
            top = torch.where(bottoms[0] > bottoms[1], bottoms[0], bottoms[1])
            return [reduce(lambda top, bottom: torch.where(bottom > top, bottom, top), bottoms[2:], top)]
        if message.stable_prod_grad:
            return [reduce(torch.mul, bottoms)]
        return [_UnstableProduct.apply(*bottoms)]


class _UnstableProduct(torch.autograd.Function):
    """A product whose gradient is top / bottom, as stable_prod_grad: false asks for (NaN where a bottom is 0)."""

    @staticmethod
    def forward(ctx: Any, *bottoms: torch.Tensor) -> torch.Tensor:
        top = reduce(torch.mul, bottoms)
        ctx.save_for_backward(top, *bottoms)
        return top

    @staticmethod
    def backward(ctx: Any, *grads: Any) -> Any:
        top, *bottoms = ctx.saved_tensors
        return tuple(grads[0] * (top / bottom) for bottom in bottoms)
