"""Adam (Kingma and Ba 2015)."""

from __future__ import annotations

import numpy as np
import torch

from ..solver import Solver


class AdamSolver(Solver):
    """M <- b1 M + (1 - b1) grad; V <- b2 V + (1 - b2) grad^2;
    W <- W - rate sqrt(1 - b2^t) / (1 - b1^t) M / (sqrt(V) + delta), with b1 momentum, b2 momentum2."""

    type = "Adam"
    n_history = 2

    def update(self, grad: torch.Tensor, history: list[torch.Tensor], rate: float) -> torch.Tensor:
        beta1, beta2, time = self.param.momentum, self.param.momentum2, self.iter + 1
        mean, square = history
        mean.mul_(beta1).add_(grad, alpha=1 - beta1)
        square.mul_(beta2).addcmul_(grad, grad, value=1 - beta2)
        with np.errstate(all="ignore"):  # momenta of 1 and more give what they give in C: infinite, or no number
            correction = float(np.sqrt(1 - np.float64(beta2) ** time) / (1 - np.float64(beta1) ** time))
        return torch.div(mean, square.sqrt().add_(self.param.delta), out=grad).mul_(rate * correction)
