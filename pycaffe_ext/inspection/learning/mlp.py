"""A classifier with one hidden layer."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from .linear import Doubles, Floats, Labels

_ROUNDS, _LEAST_STEPS, _BATCH, _RATE = 60, 600, 64, 1e-3


@dataclass(frozen=True)
class Mlp:
    """Scores of K classes through one layer of ReLUs; features are multiplied by `factor` first."""

    layers: Any
    factor: float

    def scores(self, features: Floats) -> Doubles:
        """N x K, of features N x D."""
        import torch

        with torch.no_grad():
            x = torch.from_numpy(np.asarray(features * self.factor, np.float32))
            return np.asarray(self.layers(x).numpy(), np.float64)


def fit_mlp(
    features: Floats, labels: Labels, classes: int, *, hidden: int = 128, decay: float = 1e-2, seed: int = 0
) -> Mlp:
    """Trained on N x D features with Adam (AdamW's decay, rate 0.001 falling to 0 along half a cosine, batches of 64,
    60 rounds, more of few samples).

    Features are scaled to a mean square of 1 each, which is what the first weights are drawn for.
    """
    import torch
    from torch import nn

    generator = torch.Generator().manual_seed(seed)
    linear = nn.Linear(features.shape[1], hidden), nn.Linear(hidden, classes)
    for layer in linear:
        nn.init.kaiming_uniform_(layer.weight, nonlinearity="relu", generator=generator)
        nn.init.zeros_(layer.bias)
    layers = nn.Sequential(linear[0], nn.ReLU(), linear[1])
    factor = float(1 / np.sqrt(np.mean(np.square(features, dtype=np.float64)) or 1.0))
    x = torch.from_numpy(np.asarray(features * factor, np.float32))
    y = torch.from_numpy(np.asarray(labels, np.int64))
    rounds = max(_ROUNDS, -(-_LEAST_STEPS * _BATCH // len(x)))
    steps = rounds * -(-len(x) // _BATCH)
    optimiser = torch.optim.AdamW(layers.parameters(), lr=_RATE, weight_decay=decay)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimiser, steps)
    for _ in range(rounds):
        for chosen in torch.randperm(len(x), generator=generator).split(_BATCH):
            optimiser.zero_grad()
            nn.functional.cross_entropy(layers(x[chosen]), y[chosen]).backward()
            optimiser.step()
            schedule.step()
    return Mlp(layers, factor)
