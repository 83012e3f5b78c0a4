"""Eltwise: product, weighted sum or maximum of bottoms of one shape."""

from __future__ import annotations

from collections.abc import Sequence
from functools import reduce

import torch

from ...proto import caffe_pb2
from ..blob import Blob
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
        return [reduce(torch.mul, bottoms)]

    def connect(self, bottoms: Sequence[Blob], tops: Sequence[Blob]) -> None:
        self._bottoms, self._top = list(bottoms), tops[0]

    def backward(self, propagate_down: Sequence[bool]) -> bool:
        """Of a product: from what the blobs hold by then, as in Caffe."""
        message = self.param.eltwise_param
        if message.operation != caffe_pb2.EltwiseParameter.PROD:
            return False
        numbers, top, diff = [blob.tensor for blob in self._bottoms], self._top.tensor, self._top.grad
        for i, (blob, wanted) in enumerate(zip(self._bottoms, propagate_down, strict=True)):
            if not wanted:
                continue
            if message.stable_prod_grad:
                others = reduce(torch.mul, numbers[:i] + numbers[i + 1 :])
            else:
                others = top / numbers[i]  # no number where a bottom is 0
            blob.grad = diff * others
        return True
