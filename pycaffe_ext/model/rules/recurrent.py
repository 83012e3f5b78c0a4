"""RNN, LSTM and the LSTMUnit inside: T time steps of N independent streams."""

from __future__ import annotations

from collections.abc import Sequence
from math import prod
from typing import Any, ClassVar

from ...errors import NetError, ShapeError
from .base import Count, Param, Rule, Shape, exactly, rule


class Recurrent(Rule):
    """Bottoms: x (T x N x ...), cont (T x N), optionally x_static (N x ...), then with expose_hidden the states."""

    bottoms = Count(2, None)
    tops = Count(1, None)
    no_backward_to = (1,)
    states: ClassVar[int]  # hidden states that pass from step to step: h, and c of an LSTM

    def check_counts(self, layer: Any) -> None:
        exposed = self.states * layer.recurrent_param.expose_hidden
        if len(layer.bottom) not in (2 + exposed, 3 + exposed) or len(layer.top) != 1 + exposed:
            raise NetError(
                layer.name,
                f"{layer.type} takes {2 + exposed} bottoms (x, cont{', states' * bool(exposed)}; one more for a static"
                f" input) and {1 + exposed} top(s), this one has {len(layer.bottom)} and {len(layer.top)}",
            )

    def has_static(self, layer: Any) -> bool:
        return bool(len(layer.bottom) == 3 + self.states * layer.recurrent_param.expose_hidden)

    def shapes(self, layer: Any, bottoms: Sequence[Shape]) -> list[Shape]:
        x, cont = bottoms[:2]
        if len(x) < 3 or cont != x[:2]:
            raise ShapeError(layer.name, f"needs x (T x N x ...) and cont (T x N), got {x} and {cont}")
        steps, streams = x[:2]
        outputs = layer.recurrent_param.num_output
        if outputs < 1:
            raise NetError(layer.name, "num_output must be at least 1")
        static = self.has_static(layer)
        if static and (len(bottoms[2]) < 2 or bottoms[2][0] != streams):
            raise ShapeError(layer.name, f"the static input must be N x ... with N = {streams}, got {bottoms[2]}")
        exposed = [(1, streams, outputs)] * (self.states * layer.recurrent_param.expose_hidden)
        for given, expected in zip(bottoms[2 + static :], exposed, strict=True):
            if given != expected:
                raise ShapeError(layer.name, f"a hidden state must be {expected}, got {given}")
        return [(steps, streams, outputs), *exposed]


@rule("LSTM")
class LSTM(Recurrent):
    states = 2

    def params(self, layer: Any, bottoms: Sequence[Shape]) -> list[Param]:
        message = layer.recurrent_param
        gates = 4 * message.num_output
        found = [
            Param("W_xc", (gates, prod(bottoms[0][2:])), message.weight_filler),
            Param("b_c", (gates,), message.bias_filler),
        ]
        if self.has_static(layer):
            found.append(Param("W_xc_static", (gates, prod(bottoms[2][1:])), message.weight_filler))
        return [*found, Param("W_hc", (gates, message.num_output), message.weight_filler)]


@rule("RNN")
class RNN(Recurrent):
    states = 1

    def params(self, layer: Any, bottoms: Sequence[Shape]) -> list[Param]:
        message = layer.recurrent_param
        outputs = message.num_output
        found = [
            Param("W_xh", (outputs, prod(bottoms[0][2:])), message.weight_filler),
            Param("b_h", (outputs,), message.bias_filler),
        ]
        if self.has_static(layer):
            found.append(Param("W_xh_static", (outputs, prod(bottoms[2][1:])), message.weight_filler))
        return [
            *found,
            Param("W_hh", (outputs, outputs), message.weight_filler),
            Param("W_ho", (outputs, outputs), message.weight_filler),
            Param("b_o", (outputs,), message.bias_filler),
        ]


@rule("LSTMUnit")
class LSTMUnit(Rule):
    """Bottoms: c (1 x N x D), gates (1 x N x 4D), cont (1 x N); tops: c, h (1 x N x D)."""

    bottoms = exactly(3)
    tops = exactly(2)
    no_backward_to = (2,)

    def shapes(self, layer: Any, bottoms: Sequence[Shape]) -> list[Shape]:
        c, gates, cont = bottoms
        if len(c) != 3 or c[0] != 1 or gates != (1, c[1], 4 * c[2]) or cont != (1, c[1]):
            raise ShapeError(layer.name, f"needs c 1 x N x D, gates 1 x N x 4D and cont 1 x N, got {list(bottoms)}")
        return [c, c]
