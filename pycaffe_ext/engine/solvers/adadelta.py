"""AdaDelta (Zeiler 2012)."""

from __future__ import annotations

import torch

from ..solver import Solver


class AdaDeltaSolver(Solver):
    """G <- m G + (1 - m) grad^2; step = grad sqrt((U + delta) / (G + delta)); U <- m U + (1 - m) step^2;
    W <- W - rate step."""

    type = "AdaDelta"
    n_history = 2

    def update(self, grad: torch.Tensor, history: list[torch.Tensor], rate: float) -> torch.Tensor:
        momentum, delta = self.param.momentum, self.param.delta
        grads, updates = history
        grads.mul_(momentum).addcmul_(grad, grad, value=1 - momentum)
        grad.mul_(updates.add(delta).div_(grads.add(delta)).sqrt_())
        updates.mul_(momentum).addcmul_(grad, grad, value=1 - momentum)
        return grad.mul_(rate)
