"""LSTMUnit: one step of an LSTM from the last cell, the four gates before their functions, and cont.

With i, f, o = sigmoid, g = tanh of the gates: c = cont * f * c_before + i * g, h = o * tanh(c)
(Zaremba and Sutskever 2014). Where cont is 0 a sequence begins.
"""

from __future__ import annotations

from typing import Any

import torch

from ..layer import Layer, Tensors, layer


@layer("LSTMUnit")
class LSTMUnit(Layer):
    def forward(self, bottoms: Tensors, params: Tensors) -> Tensors:
        before, gates, cont = bottoms
        return step(before, gates, cont.unsqueeze(-1))


def step(before: torch.Tensor, gates: torch.Tensor, cont: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """The next cell and hidden state, ... x D, from a cell ... x D, gates ... x 4D and cont ... x 1."""
    cell, hidden = _Step.apply(before, gates, cont)
    return cell, hidden


class _Step(torch.autograd.Function):
    """The gradient takes cont * f for the forget gate: the derivative where cont is 0 or 1."""

    @staticmethod
    def forward(
        ctx: Any, before: torch.Tensor, gates: torch.Tensor, cont: torch.Tensor
    ) -> tuple[torch.Tensor, torch.Tensor]:
        size = before.shape[-1]
        i, f, o = gates[..., : 3 * size].sigmoid().split(size, -1)
        f = f * cont
        g = gates[..., 3 * size :].tanh()
        cell = f * before + i * g
        squashed = cell.tanh()
        ctx.save_for_backward(before, i, f, o, g, squashed)
        return cell, o * squashed

    @staticmethod
    def backward(ctx: Any, *grads: Any) -> Any:
        before, i, f, o, g, squashed = ctx.saved_tensors
        to_cell, to_hidden = grads
        to_cell = to_cell + to_hidden * o * (1 - squashed * squashed)
        to_gates = (
            to_cell * g * i * (1 - i),
            to_cell * before * f * (1 - f),
            to_hidden * squashed * o * (1 - o),
            to_cell * i * (1 - g * g),
        )
        return to_cell * f, torch.cat(to_gates, -1), None
