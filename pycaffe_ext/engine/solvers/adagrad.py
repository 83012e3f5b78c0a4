"""AdaGrad (Duchi et al. 2011)."""

from __future__ import annotations

import torch

from ..solver import Solver


class AdaGradSolver(Solver):
    """H <- H + grad^2; W <- W - rate grad / (sqrt(H) + delta)."""

    type = "AdaGrad"
    needs_no_momentum = True

    def update(self, grad: torch.Tensor, history: list[torch.Tensor], rate: float) -> torch.Tensor:
        history[0].addcmul_(grad, grad)
        return grad.div_(history[0].sqrt().add_(self.param.delta)).mul_(rate)
