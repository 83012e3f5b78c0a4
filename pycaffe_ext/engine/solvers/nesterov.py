"""Nesterov's accelerated gradient."""

from __future__ import annotations

import torch

from ..solver import Solver


class NesterovSolver(Solver):
    """V' = momentum V + rate grad; W <- W - ((1 + momentum) V' - momentum V)."""

    type = "Nesterov"
    frozen_is_still = True

    def update(self, grad: torch.Tensor, history: list[torch.Tensor], rate: float) -> torch.Tensor:
        momentum = self.param.momentum
        before = torch.mul(history[0], -momentum)
        history[0].mul_(momentum).add_(grad, alpha=rate)
        return before.add_(history[0], alpha=1 + momentum)
