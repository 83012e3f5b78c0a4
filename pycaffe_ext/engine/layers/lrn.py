"""Local response normalisation: x / (k + alpha / n * sum of squares nearby) ^ beta (Krizhevsky et al. 2012)."""

from __future__ import annotations

from typing import Any

import torch
from torch.nn import functional

from ...proto import caffe_pb2
from ..layer import Layer, Tensors, layer


@layer("LRN")
class LRN(Layer):
    @property
    def top_is_free(self) -> bool:
        return True

    def forward(self, bottoms: Tensors, params: Tensors) -> Tensors:
        message, x = self.param.lrn_param, bottoms[0]
        size, alpha, beta = message.local_size, message.alpha, message.beta
        if message.norm_region == caffe_pb2.LRNParameter.ACROSS_CHANNELS:
            return [_AcrossChannels.apply(x, size, alpha / size, beta, message.k)]
        # within a channel Caffe averages over size x size numbers (padding counts), and k is always 1
        mean = functional.avg_pool2d(x * x, size, stride=1, padding=size // 2)
        return [x * _power(1 + alpha * mean, beta)]


def _power(scale: torch.Tensor, beta: float) -> torch.Tensor:
    """scale ^ -beta; AlexNet's 0.75 by square roots, which are several times as fast as a power."""
    return (scale * scale.sqrt()).rsqrt() if beta == 0.75 else scale.pow(-beta)


def _window_sums(x: torch.Tensor, size: int) -> torch.Tensor:
    """Sums over `size` neighbouring channels, fewer at both ends."""
    total, channels = x.clone(), x.shape[1]
    for shift in range(1, min(size // 2, channels - 1) + 1):
        total[:, shift:] += x[:, : channels - shift]
        total[:, : channels - shift] += x[:, shift:]
    return total


class _AcrossChannels(torch.autograd.Function):
    """dx = dy scale^-beta - 2 alpha beta / n * x * sum over the window of (dy y / scale)."""

    @staticmethod
    def forward(ctx: Any, x: torch.Tensor, size: int, alpha: float, beta: float, k: float) -> torch.Tensor:
        scale = _window_sums(x * x, size).mul_(alpha).add_(k)
        ctx.save_for_backward(x, scale)
        ctx.size, ctx.beta, ctx.weight = size, beta, 2 * alpha * beta
        return x * _power(scale, beta)

    @staticmethod
    def backward(ctx: Any, *grads: Any) -> Any:
        x, scale = ctx.saved_tensors
        direct = grads[0] * _power(scale, ctx.beta)
        sums = _window_sums((direct * x).div_(scale), ctx.size)
        return direct.sub_(sums.mul_(x), alpha=ctx.weight), None, None, None, None
