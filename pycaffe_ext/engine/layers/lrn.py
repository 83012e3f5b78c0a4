"""Local response normalisation: x / (k + alpha / n * sum of squares nearby) ^ beta (Krizhevsky et al. 2012)."""

from __future__ import annotations

import torch
from torch.nn import functional

from ...proto import caffe_pb2
from ..layer import Layer, Tensors, layer


@layer("LRN")
class LRN(Layer):
    _scale: torch.Tensor | None = None

    @property
    def top_is_free(self) -> bool:
        return True

    def forward(self, bottoms: Tensors, params: Tensors) -> Tensors:
        message, x = self.param.lrn_param, bottoms[0]
        size, alpha, beta = message.local_size, message.alpha, message.beta
        if message.norm_region == caffe_pb2.LRNParameter.ACROSS_CHANNELS:
            self._scale = _window_sums(x * x, size).mul_(alpha / size).add_(message.k)
            return [x * _power(self._scale, beta)]
        # within a channel Caffe averages over size x size numbers (padding counts), and k is always 1
        mean = functional.avg_pool2d(x * x, size, stride=1, padding=size // 2)
        return [x * _power(1 + alpha * mean, beta)]

    @property
    def reads_blobs(self) -> bool:
        return bool(self.param.lrn_param.norm_region == caffe_pb2.LRNParameter.ACROSS_CHANNELS)

    def forget(self) -> None:
        self._scale = None

    def gradient(self, bottom: torch.Tensor, top: torch.Tensor, diff: torch.Tensor) -> torch.Tensor:
        """dx = dy scale^-beta - 2 alpha beta / n * x * sum over the window of (dy y / scale)."""
        message = self.param.lrn_param
        assert self._scale is not None
        sums = _window_sums((diff * top).div_(self._scale), message.local_size)
        weight = 2 * message.alpha * message.beta / message.local_size
        return (diff * _power(self._scale, message.beta)).sub_(sums.mul_(bottom), alpha=weight)


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
