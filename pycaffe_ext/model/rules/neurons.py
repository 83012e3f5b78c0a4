"""Layers that work number by number: the top has the bottom's shape."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from .base import Param, Rule, Shape, rule


@rule(
    "AbsVal", "BNLL", "Clip", "Dropout", "ELU", "Exp", "Log", "Power", "ReLU", "Sigmoid", "Swish", "TanH", "Threshold"
)
class Neuron(Rule):
    pass


@rule("PReLU")
class PReLU(Rule):
    def params(self, layer: Any, bottoms: Sequence[Shape]) -> list[Param]:
        message = layer.prelu_param
        channels = () if message.channel_shared else (bottoms[0][1],)
        filler = message.filler if message.HasField("filler") else type(message.filler)(type="constant", value=0.25)
        return [Param("slope", channels, filler)]
