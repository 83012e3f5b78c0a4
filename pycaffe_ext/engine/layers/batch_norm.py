"""BatchNorm: (x - mean) / sqrt(variance + eps) per channel (Ioffe and Szegedy 2015); Scale adds what is learned.

The blobs hold sums over past batches, each batch weighing moving_average_fraction less than the next, and
the sum of those weights: mean and variance are the first two divided by the third.
"""

from __future__ import annotations

import torch
from torch.nn import functional

from ...errors import NetError
from ..layer import Layer, Tensors, layer
from .scale import broadcast


@layer("BatchNorm")
class BatchNorm(Layer):
    def set_up(self, bottoms: object) -> None:
        if any(spec.lr_mult for spec in self.param.param):
            raise NetError(self.name, "BatchNorm's three blobs are statistics: their lr_mult must be 0")
        super().set_up(bottoms)  # type: ignore[arg-type]
        for _ in range(len(self.param.param), len(self.blobs)):
            self.param.param.add(lr_mult=0)

    @property
    def uses_global_stats(self) -> bool:
        message = self.param.batch_norm_param
        return bool(message.use_global_stats if message.HasField("use_global_stats") else not self.is_training)

    def global_stats(self, params: Tensors) -> tuple[torch.Tensor, torch.Tensor]:
        """Mean and variance of each channel over all past batches."""
        mean, variance, weight = (param.detach() for param in params)
        scale = 0 if weight.item() == 0 else 1 / weight.item()
        return (mean, variance) if scale == 1 else (mean * scale, variance * scale)

    @property
    def top_is_free(self) -> bool:
        return True

    def forward(self, bottoms: Tensors, params: Tensors) -> Tensors:
        return [self.normalized(bottoms[0], params)]

    def normalized(
        self, x: torch.Tensor, params: Tensors, factor: torch.Tensor | None = None, bias: torch.Tensor | None = None
    ) -> torch.Tensor:
        """The top; times `factor` plus `bias` per channel where a Scale follows."""
        message = self.param.batch_norm_param
        if self.uses_global_stats:
            return functional.batch_norm(x, *self.global_stats(params), factor, bias, eps=message.eps)
        mean, variance, weight = (param.detach() for param in params)
        batch_mean, batch_variance = torch.zeros_like(mean), torch.ones_like(variance)
        if x.numel() == len(mean):  # torch refuses; each number is its own mean
            top = x - x
            top = top if factor is None else top * broadcast(factor, 1, x)
            top = top if bias is None else top + broadcast(bias, 1, x)
            batch_mean, batch_variance = x.detach().reshape(-1), torch.zeros_like(variance)
        else:  # with momentum 1 torch's running statistics are this batch's mean and unbiased variance
            top = functional.batch_norm(
                x, batch_mean, batch_variance, factor, bias, training=True, momentum=1, eps=message.eps
            )
        fraction = message.moving_average_fraction
        with torch.no_grad():
            mean.mul_(fraction).add_(batch_mean)
            variance.mul_(fraction).add_(batch_variance)
            weight.mul_(fraction).add_(1)
        return top
