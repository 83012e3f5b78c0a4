"""A Convolution with the BatchNorm and the Scale that work in place on its top, as one convolution.

Where a net only goes forward and BatchNorm has the statistics of past batches, all three are linear: the factor and
the offset of each channel go into copies of the weights and the bias, made anew when any of the layers' blobs has
changed.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import torch

from .layers.batch_norm import BatchNorm
from .layers.convolution import Convolution
from .layers.scale import Scale

if TYPE_CHECKING:
    from .net import Net

Stamps = list[tuple[int, int]]


class Fold:
    """Layers first..last of a net."""

    def __init__(self, first: int, convolution: Convolution, norm: BatchNorm, scale: Scale | None) -> None:
        self.first, self.last = first, first + (1 if scale is None else 2)
        self._convolution, self._norm, self._scale = convolution, norm, scale
        layers = [convolution, norm] if scale is None else [convolution, norm, scale]
        self._blobs = [blob for layer in layers for blob in layer.blobs]
        self._stamps: Stamps | None = None
        self._params: list[torch.Tensor] = []

    def forward(self, bottom: torch.Tensor) -> torch.Tensor | None:
        """The top of the last layer; None while a script may be writing into a blob of any of them."""
        stamps = self._current()
        if stamps is None:
            self._params = []
            return None
        if stamps != self._stamps or not self._params or self._params[0].device != bottom.device:
            self._params = self._folded()
            self._stamps = self._current()  # reading may have moved the numbers
        with torch.no_grad():
            (top,) = self._convolution.forward([bottom], self._params)
        return top

    def _current(self) -> Stamps | None:
        stamps = [blob.stamp for blob in self._blobs]
        return None if None in stamps else stamps

    @torch.no_grad()
    def _folded(self) -> list[torch.Tensor]:
        """Weights and bias of the one convolution."""
        weight, *biases = (blob.tensor for blob in self._convolution.blobs)
        mean, variance = (numbers.double() for numbers in self._norm.global_stats([b.tensor for b in self._norm.blobs]))
        factor = (variance + self._norm.param.batch_norm_param.eps).rsqrt()
        offset = (biases[0] - mean if biases else -mean) * factor
        if self._scale is not None:
            by, *plus = (blob.tensor.double() for blob in self._scale.blobs)
            factor, offset = factor * by, offset * by + (plus[0] if plus else 0)
        per_output = factor.to(weight.dtype).reshape(-1, *[1] * (weight.dim() - 1))
        return [weight * per_output, offset.to(weight.dtype)]


def folds(net: Net) -> list[Fold]:
    """All of a net, in order."""
    found = (_fold(net, i) for i in range(len(net.layers) - 1))
    return [fold for fold in found if fold is not None]


def _fold(net: Net, first: int) -> Fold | None:
    convolution, norm, *behind = net.layers[first : first + 3]
    tops = net._tops[first]
    if not isinstance(convolution, Convolution) or not isinstance(norm, BatchNorm) or len(tops) != 1:
        return None
    has_same_channels = convolution.param.convolution_param.axis == 1
    if not (has_same_channels and norm.uses_global_stats and _is_in_place(net, first + 1, tops)):
        return None
    scale = behind[0] if behind and isinstance(behind[0], Scale) and _is_in_place(net, first + 2, tops) else None
    if scale is not None and not scale.is_per_channel(tops[0].shape):
        scale = None
    return Fold(first, convolution, norm, scale)


def _is_in_place(net: Net, i: int, tops: Sequence[object]) -> bool:
    return net._tops[i] == net._bottoms[i] == tops
