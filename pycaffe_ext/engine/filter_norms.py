"""Filters kept small while they learn, as Zeiler and Fergus (2013, section 3) do against a few that dominate.

After each update every filter of a convolution whose weights' root mean square exceeds a limit (0.1 there) is scaled
down to it. Biases, momentum and everything else stay as they are.
"""

from __future__ import annotations

from collections.abc import Mapping

import torch

from .events import Event, Stepped
from .net import Net


class FilterNorms:
    """A listener of a solver. `limits`: the largest root mean square by layer name."""

    def __init__(self, net: Net, limits: Mapping[str, float]) -> None:
        self._blobs = [(net.params[name][0], limit) for name, limit in limits.items()]

    def __call__(self, event: Event) -> None:
        if isinstance(event, Stepped):
            for blob, limit in self._blobs:
                scale_down(blob.tensor, limit)


def scale_down(weights: torch.Tensor, limit: float) -> None:
    """Scales filters (num_output x ...) in place so that no root mean square is above the limit."""
    with torch.no_grad():
        rms = weights.double().square().flatten(1).mean(dim=1).sqrt()
        over = rms > limit
        factors = (limit / rms[over]).to(weights.dtype)
        weights[over] *= factors.reshape(-1, *[1] * (weights.dim() - 1))
