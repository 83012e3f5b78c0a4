"""Stochastic gradient descent with momentum."""

from __future__ import annotations

import torch

from ..solver import Solver


class SGDSolver(Solver):
    """V <- momentum V + rate grad; W <- W - V."""

    type = "SGD"
    frozen_is_still = True

    def update(self, grad: torch.Tensor, history: list[torch.Tensor], rate: float) -> torch.Tensor:
        return history[0].mul_(self.param.momentum).add_(grad, alpha=rate)
