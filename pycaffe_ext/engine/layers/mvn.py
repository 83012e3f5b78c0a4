"""MVN: minus the mean, divided by the standard deviation + eps, per channel or over all channels of an item."""

from __future__ import annotations

from math import prod

import torch

from ..layer import Layer, Tensors, layer


@layer("MVN")
class MVN(Layer):
    _spread: torch.Tensor | None = None

    def forward(self, bottoms: Tensors, params: Tensors) -> Tensors:
        rows = self._rows(bottoms[0])
        top = rows - rows.mean(1, keepdim=True)
        if self.param.mvn_param.normalize_variance:
            self._spread = top.square().mean(1, keepdim=True).sqrt() + self.param.mvn_param.eps
            top = top / self._spread
        return [top.reshape(self.rule.shapes(self.param, [tuple(bottoms[0].shape)])[0])]

    def forget(self) -> None:
        self._spread = None

    def gradient(self, bottom: torch.Tensor, top: torch.Tensor, diff: torch.Tensor) -> torch.Tensor:
        """dx = (dy - mean(dy) - y mean(y dy)) / (deviation + eps): the derivative where eps is small."""
        rows, diffs = self._rows(top), self._rows(diff)
        found = diffs - diffs.mean(1, keepdim=True)
        if self._spread is not None:
            found = (found - rows * (rows * diffs).mean(1, keepdim=True)) / self._spread
        return found.reshape(bottom.shape)

    def _rows(self, x: torch.Tensor) -> torch.Tensor:
        """A row for each mean."""
        return x.reshape(prod(x.shape[: 1 if self.param.mvn_param.across_channels else 2]), -1)
