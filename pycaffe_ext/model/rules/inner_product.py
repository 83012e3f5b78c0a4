"""InnerProduct, Embed and Parameter: matrices."""

from __future__ import annotations

from collections.abc import Sequence
from math import prod
from typing import Any

from ...errors import NetError, ShapeError
from .base import Param, Rule, Shape, axis_of, exactly, rule


@rule("InnerProduct")
class InnerProduct(Rule):
    def params(self, layer: Any, bottoms: Sequence[Shape]) -> list[Param]:
        message = layer.inner_product_param
        if message.num_output < 1:
            raise NetError(layer.name, f"num_output must be at least 1, got {message.num_output}")
        inputs = prod(bottoms[0][axis_of(layer, message.axis, bottoms[0]) :])
        weight = (inputs, message.num_output) if message.transpose else (message.num_output, inputs)
        found = [Param("weight", weight, message.weight_filler)]
        if message.bias_term:
            found.append(Param("bias", (message.num_output,), message.bias_filler))
        return found

    def shapes(self, layer: Any, bottoms: Sequence[Shape]) -> list[Shape]:
        message = layer.inner_product_param
        return [(*bottoms[0][: axis_of(layer, message.axis, bottoms[0])], message.num_output)]


@rule("Embed")
class Embed(Rule):
    no_backward_to = (0,)

    def params(self, layer: Any, bottoms: Sequence[Shape]) -> list[Param]:
        message = layer.embed_param
        if message.num_output < 1 or message.input_dim < 1:
            raise NetError(layer.name, "Embed needs num_output and input_dim of at least 1")
        found = [Param("weight", (message.input_dim, message.num_output), message.weight_filler)]
        if message.bias_term:
            found.append(Param("bias", (message.num_output,), message.bias_filler))
        return found

    def shapes(self, layer: Any, bottoms: Sequence[Shape]) -> list[Shape]:
        return [(*bottoms[0], layer.embed_param.num_output)]


@rule("Parameter")
class Parameter(Rule):
    bottoms = exactly(0)

    def params(self, layer: Any, bottoms: Sequence[Shape]) -> list[Param]:
        return [Param("value", self.shapes(layer, bottoms)[0])]

    def shapes(self, layer: Any, bottoms: Sequence[Shape]) -> list[Shape]:
        shape = tuple(layer.parameter_param.shape.dim)
        if any(size < 0 for size in shape):
            raise ShapeError(layer.name, f"shape {shape} has a negative size")
        return [shape]
