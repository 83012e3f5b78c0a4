"""LSTM and RNN: T time steps of N independent streams, each step fed with what the last one left.

cont (T x N) is 0 where a sequence begins: what came before is then forgotten. Unless it is exposed as bottoms and
tops, the state after the last step is where the next forward pass begins, though no gradient crosses that border.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

import torch
from torch.nn.functional import linear

from ...model.rules import Shape
from ...model.rules.recurrent import Recurrent
from .. import device
from ..fillers import fill
from ..layer import Layer, Tensors, layer
from .lstm_unit import step


class _Recurrent(Layer):
    rule: Recurrent
    n_step_params: ClassVar[int]  # how many of the parameters, the last ones, are of the layers of one time step

    def set_up(self, bottoms: Sequence[Shape]) -> None:
        super().set_up(bottoms)
        self._steps = bottoms[0][0]
        self.reset()

    def fill(self) -> None:
        """In Caffe the layers of every time step fill theirs, and then look at the first step's."""
        super().fill()
        if device.seeded():
            for param in self._params[-self.n_step_params :] * (self._steps - 1):
                fill(param.filler, param.shape, where=self.name)  # what others draw comes after it

    def reset(self) -> None:
        self._states: list[torch.Tensor] = []

    def forward(self, bottoms: Tensors, params: Tensors) -> Tensors:
        x, cont = bottoms[0], bottoms[1].detach().unsqueeze(-1)
        weights = list(params)
        inputs = linear(x.flatten(2), weights.pop(0), weights.pop(0))
        if self.rule.has_static(self.param):
            inputs = inputs + linear(bottoms[2].flatten(1), weights.pop(0))
        states = self._begin(bottoms, x)
        tops = []
        for t in range(len(x)):
            states, top = self.advance(states, inputs[t], cont[t], weights)
            tops.append(top)
        states = [state.detach() for state in states]
        if self.param.recurrent_param.expose_hidden:
            return [torch.stack(tops), *(state.unsqueeze(0) for state in states)]
        self._keep(states)
        return [torch.stack(tops)]

    def _begin(self, bottoms: Tensors, x: torch.Tensor) -> list[torch.Tensor]:
        """The states before the first step, N x D each: the bottoms that hold them, else where the last pass ended."""
        count, shape = self.rule.states, (x.shape[1], self.param.recurrent_param.num_output)
        if self.param.recurrent_param.expose_hidden:
            return [bottom.detach().reshape(shape) for bottom in bottoms[-count:]]
        if not self._states or len(self._states[0]) < shape[0]:
            return [x.new_zeros(shape) for _ in range(count)]
        return [state[: shape[0]].to(x) for state in self._states]

    def _keep(self, states: list[torch.Tensor]) -> None:
        """For the next pass. Streams that a smaller batch leaves out wait for the next larger one."""
        rest = [state[len(states[0]) :].to(states[0]) for state in self._states] or [state[:0] for state in states]
        self._states = [torch.cat(parts) for parts in zip(states, rest, strict=True)]

    def advance(
        self, states: list[torch.Tensor], inputs: torch.Tensor, cont: torch.Tensor, weights: list[torch.Tensor]
    ) -> tuple[list[torch.Tensor], torch.Tensor]:
        """The states after a step and its output, N x D each, from the input N x ..., already weighed."""
        raise NotImplementedError


@layer("LSTM")
class LSTM(_Recurrent):
    n_step_params = 1

    def advance(
        self, states: list[torch.Tensor], inputs: torch.Tensor, cont: torch.Tensor, weights: list[torch.Tensor]
    ) -> tuple[list[torch.Tensor], torch.Tensor]:
        hidden, cell = states
        cell, hidden = step(cell, inputs + linear(cont * hidden, weights[0]), cont)
        return [hidden, cell], hidden


@layer("RNN")
class RNN(_Recurrent):
    n_step_params = 3

    def advance(
        self, states: list[torch.Tensor], inputs: torch.Tensor, cont: torch.Tensor, weights: list[torch.Tensor]
    ) -> tuple[list[torch.Tensor], torch.Tensor]:
        to_hidden, to_output, bias = weights
        hidden = (inputs + linear(cont * states[0], to_hidden)).tanh()
        return [hidden], linear(hidden, to_output, bias).tanh()
