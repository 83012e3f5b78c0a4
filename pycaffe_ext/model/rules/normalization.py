"""LRN, MVN, BatchNorm, and Scale and Bias that go with it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ...errors import NetError, ShapeError
from .base import Count, Param, Rule, Shape, axis_of, rule


def _four_axes(layer: Any, shape: Shape) -> None:
    if len(shape) != 4:
        raise ShapeError(layer.name, f"{layer.type} needs a bottom of 4 axes (N x C x H x W), got shape {shape}")


@rule("LRN")
class LRN(Rule):
    def shapes(self, layer: Any, bottoms: Sequence[Shape]) -> list[Shape]:
        _four_axes(layer, bottoms[0])
        if layer.lrn_param.local_size % 2 == 0:
            raise NetError(layer.name, f"LRN needs an odd local_size, got {layer.lrn_param.local_size}")
        return [bottoms[0]]


@rule("MVN")
class MVN(Rule):
    def shapes(self, layer: Any, bottoms: Sequence[Shape]) -> list[Shape]:
        if len(bottoms[0]) > 4:
            raise ShapeError(layer.name, f"MVN takes bottoms of at most 4 axes, got shape {bottoms[0]}")
        return [bottoms[0] + (1,) * (4 - len(bottoms[0]))]


@rule("BatchNorm")
class BatchNorm(Rule):
    can_learn = False

    def params(self, layer: Any, bottoms: Sequence[Shape]) -> list[Param]:
        if len(bottoms[0]) < 2:
            raise ShapeError(layer.name, f"BatchNorm needs a bottom of at least 2 axes (N x C ...), got {bottoms[0]}")
        channels = bottoms[0][1]
        return [Param("mean", (channels,)), Param("variance", (channels,)), Param("factor", (1,))]


def _affine_shape(layer: Any, message: Any, bottom: Shape) -> Shape:
    """The axes of `bottom` that a scale or bias covers: num_axes from `axis` on (-1: all the rest)."""
    axis = axis_of(layer, message.axis, bottom)
    end = len(bottom) if message.num_axes == -1 else axis + message.num_axes
    if message.num_axes < -1 or end > len(bottom):
        raise ShapeError(layer.name, f"num_axes {message.num_axes} from axis {axis} on does not fit bottom {bottom}")
    return bottom[axis:end]


def affine_axis(layer: Any, message: Any, bottom: Shape, factor: Shape) -> int:
    """The axis of `bottom` at which `factor` starts. Raises ShapeError where their sizes differ."""
    axis = 0 if not factor else axis_of(layer, message.axis, bottom)
    if bottom[axis : axis + len(factor)] != factor:
        raise ShapeError(layer.name, f"a factor of shape {factor} does not fit bottom {bottom} from axis {axis} on")
    return axis


@rule("Scale")
class Scale(Rule):
    bottoms = Count(1, 2)

    def params(self, layer: Any, bottoms: Sequence[Shape]) -> list[Param]:
        message = layer.scale_param
        found = []
        if len(bottoms) == 1:
            shape = _affine_shape(layer, message, bottoms[0])
            one = type(message.filler)(type="constant", value=1)
            found.append(Param("scale", shape, message.filler if message.HasField("filler") else one))
        else:
            shape = bottoms[1]
        if message.bias_term:
            found.append(Param("bias", shape, message.bias_filler))
        return found

    def shapes(self, layer: Any, bottoms: Sequence[Shape]) -> list[Shape]:
        if len(bottoms) > 1:
            affine_axis(layer, layer.scale_param, bottoms[0], bottoms[1])
        return [bottoms[0]]


@rule("Bias")
class Bias(Rule):
    bottoms = Count(1, 2)

    def params(self, layer: Any, bottoms: Sequence[Shape]) -> list[Param]:
        message = layer.bias_param
        if len(bottoms) == 2:
            return []
        return [Param("bias", _affine_shape(layer, message, bottoms[0]), message.filler)]

    def shapes(self, layer: Any, bottoms: Sequence[Shape]) -> list[Shape]:
        if len(bottoms) > 1:
            affine_axis(layer, layer.bias_param, bottoms[0], bottoms[1])
        return [bottoms[0]]
