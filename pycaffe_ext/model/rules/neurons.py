"""Layers that work number by number: the top has the bottom's shape."""

from __future__ import annotations

from collections.abc import Sequence
from math import log
from typing import Any

from ...errors import NetError, ShapeError
from .base import Param, Rule, Shape, rule


@rule("BNLL", "Clip", "Dropout", "ELU", "Power", "ReLU", "Sigmoid", "Swish", "TanH")
class Neuron(Rule):
    pass


@rule("Threshold")
class Threshold(Rule):
    no_backward_to = (0,)


@rule("AbsVal")
class AbsVal(Rule):
    in_place = False


def log_base(layer: Any, message: Any) -> float:
    """The natural logarithm of the `base` of an Exp or Log layer (-1 stands for e). Raises NetError."""
    if message.base == -1:
        return 1.0
    if not 0 < message.base < float("inf"):
        raise NetError(layer.name, f"base must be above 0, or -1 for e; got {message.base:g}")
    return log(message.base)


@rule("Exp")
class Exp(Rule):
    def shapes(self, layer: Any, bottoms: Sequence[Shape]) -> list[Shape]:
        log_base(layer, layer.exp_param)
        return [bottoms[0]]


@rule("Log")
class Log(Rule):
    def shapes(self, layer: Any, bottoms: Sequence[Shape]) -> list[Shape]:
        if log_base(layer, layer.log_param) == 0:
            raise NetError(layer.name, "there is no logarithm to base 1")
        return [bottoms[0]]


@rule("PReLU")
class PReLU(Rule):
    def params(self, layer: Any, bottoms: Sequence[Shape]) -> list[Param]:
        message = layer.prelu_param
        if len(bottoms[0]) < 2:
            raise ShapeError(layer.name, f"PReLU needs a bottom of at least 2 axes (N x C ...), got {bottoms[0]}")
        channels = () if message.channel_shared else (bottoms[0][1],)
        filler = message.filler if message.HasField("filler") else type(message.filler)(type="constant", value=0.25)
        return [Param("slope", channels, filler)]
