"""InnerProduct: everything from `axis` on, flattened, times a matrix, plus a bias."""

from __future__ import annotations

from math import prod

from torch.nn import functional

from ...model.rules.base import axis_of
from ..layer import Layer, Tensors, layer


@layer("InnerProduct")
class InnerProduct(Layer):
    rereads = True

    @property
    def top_is_free(self) -> bool:
        return True

    def forward(self, bottoms: Tensors, params: Tensors) -> Tensors:
        x, message = bottoms[0], self.param.inner_product_param
        axis = axis_of(self.param, message.axis, tuple(x.shape))
        leading = x.shape[:axis]
        rows = x.reshape(prod(leading), prod(x.shape[axis:]))
        weight = params[0].t() if message.transpose else params[0]
        top = functional.linear(rows, weight, params[1] if len(params) > 1 else None)
        return [top.reshape(*leading, weight.shape[0])]
