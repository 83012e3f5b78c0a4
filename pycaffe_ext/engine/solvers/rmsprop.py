"""RMSProp (Tieleman and Hinton 2012)."""

from __future__ import annotations

import torch

from ...errors import NetError
from ..solver import Solver


class RMSPropSolver(Solver):
    """H <- rms_decay H + (1 - rms_decay) grad^2; W <- W - rate grad / (sqrt(H) + delta)."""

    type = "RMSProp"
    needs_no_momentum = True

    def _check(self) -> None:
        super()._check()
        if not 0 <= self.param.rms_decay < 1:
            raise NetError("", f"RMSProp needs rms_decay from 0 to below 1, got {self.param.rms_decay}")

    def update(self, grad: torch.Tensor, history: list[torch.Tensor], rate: float) -> torch.Tensor:
        decay = self.param.rms_decay
        history[0].mul_(decay).addcmul_(grad, grad, value=1 - decay)
        return grad.div_(history[0].sqrt().add_(self.param.delta)).mul_(rate)
