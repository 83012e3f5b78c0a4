"""ArgMax: where the top_k largest numbers lie, along an axis or within each item; or how large they are."""

from __future__ import annotations

from math import prod

import torch

from ...model.rules.base import axis_of
from ..layer import Layer, Tensors, layer


@layer("ArgMax")
class ArgMax(Layer):
    def forward(self, bottoms: Tensors, params: Tensors) -> Tensors:
        message, x = self.param.argmax_param, bottoms[0].detach()
        if message.HasField("axis"):
            axis = axis_of(self.param, message.axis, tuple(x.shape))
            values, index = _largest(x, axis, message.top_k)
            return [values if message.out_max_val else index.to(x.dtype)]
        values, index = _largest(x.reshape(len(x), prod(x.shape[1:])), 1, message.top_k)
        found = [index.to(x.dtype), values] if message.out_max_val else [index.to(x.dtype)]
        return [torch.stack(found, 1).reshape(self.rule.shapes(self.param, [tuple(x.shape)])[0])]


def _largest(x: torch.Tensor, axis: int, count: int) -> tuple[torch.Tensor, torch.Tensor]:
    """The largest values first, and their indices; of equal ones the last comes first, as in Caffe."""
    turned = x.flip(axis)
    if count == 1:
        values, index = turned.max(axis, keepdim=True)
    else:
        ordered = turned.sort(dim=axis, descending=True, stable=True)
        values, index = (part.narrow(axis, 0, count) for part in ordered)
    return values, x.shape[axis] - 1 - index
