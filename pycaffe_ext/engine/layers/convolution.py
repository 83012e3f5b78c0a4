"""Convolution and Deconvolution over any number of spatial axes."""

from __future__ import annotations

from collections.abc import Sequence
from math import prod

import torch
from torch.nn import functional

from ...model.rules import Shape
from ...model.rules.convolution import Windows, windows_of
from ..layer import Layer, Tensors, layer
from ..layouts import channels_last
from .im2col import columns, long_enough

_convolve = {1: functional.conv1d, 2: functional.conv2d, 3: functional.conv3d}
_transpose = {1: functional.conv_transpose1d, 2: functional.conv_transpose2d, 3: functional.conv_transpose3d}
# Weights. The gradient of more, such as those of a 7x7 convolution that was fully connected, takes longer to bring into
# that order than the convolution gains.
_MOST_CHANNELS_LAST = 1 << 22


class _Convolving(Layer):
    rereads = True

    _known: tuple[Shape, Windows] | None = None  # the windows over bottoms of the shape that came last

    def set_up(self, bottoms: Sequence[Shape]) -> None:
        super().set_up(bottoms)
        if self.blobs[0].count <= _MOST_CHANNELS_LAST:
            self.blobs[0].prefer_channels_last()

    @property
    def top_is_free(self) -> bool:
        return len(self.param.top) == 1

    def forward(self, bottoms: Tensors, params: Tensors) -> Tensors:
        weight, bias = params[0], params[1] if len(params) > 1 else None
        return [self._one(bottom, weight, bias) for bottom in bottoms]

    def _one(self, bottom: torch.Tensor, weight: torch.Tensor, bias: torch.Tensor | None) -> torch.Tensor:
        """Brings any leading axes into one, convolves, and brings them back."""
        shape = tuple(bottom.shape)
        if self._known is None or self._known[0] != shape:
            self._known = shape, windows_of(self.param, shape)
        windows = self._known[1]
        leading = bottom.shape[: windows.channel_axis]
        items = bottom if len(leading) == 1 else bottom.reshape(prod(leading), *bottom.shape[windows.channel_axis :])
        if weight.numel() <= _MOST_CHANNELS_LAST:
            items, weight = channels_last(items), channels_last(weight)
        else:
            items = items.contiguous()
        top = self.convolve(items, weight, bias, windows, self.param.convolution_param.group)
        return top if len(leading) == 1 else top.reshape(*leading, *top.shape[1:])

    def convolve(
        self, x: torch.Tensor, weight: torch.Tensor, bias: torch.Tensor | None, windows: Windows, group: int
    ) -> torch.Tensor:
        raise NotImplementedError


@layer("Convolution")
class Convolution(_Convolving):
    def convolve(
        self, x: torch.Tensor, weight: torch.Tensor, bias: torch.Tensor | None, windows: Windows, group: int
    ) -> torch.Tensor:
        n_spatial = len(windows.kernel)
        if n_spatial in _convolve:
            x = long_enough(x, windows)
            # a longer stride makes no difference, but torch's way back counts up to it
            stride = [
                min(s, max(1, n + 2 * p)) for s, n, p in zip(windows.stride, x.shape[2:], windows.pad, strict=True)
            ]
            return _convolve[n_spatial](x, weight, bias, stride, windows.pad, windows.dilation, group)
        return _convolve_columns(x, weight, bias, windows, group)


def _convolve_columns(
    x: torch.Tensor, weight: torch.Tensor, bias: torch.Tensor | None, windows: Windows, group: int
) -> torch.Tensor:
    """Convolution as Caffe defines it, a matrix product over im2col's columns: for 0, 4 and more axes."""
    outputs = windows.outputs(x.shape[2:])
    patches = columns(x, windows).reshape(x.shape[0], group, -1, prod(outputs))
    top = torch.matmul(weight.reshape(group, weight.shape[0] // group, -1), patches)
    top = top.reshape(x.shape[0], weight.shape[0], *outputs)
    return top if bias is None else top + bias.view(-1, *[1] * len(outputs))


@layer("Deconvolution")
class Deconvolution(_Convolving):
    def convolve(
        self, x: torch.Tensor, weight: torch.Tensor, bias: torch.Tensor | None, windows: Windows, group: int
    ) -> torch.Tensor:
        n_spatial = len(windows.kernel)
        if n_spatial in _transpose:
            stride = [s if n > 1 else 1 for s, n in zip(windows.stride, x.shape[2:], strict=True)]  # no difference
            return _transpose[n_spatial](x, weight, bias, stride, windows.pad, 0, group, windows.dilation)
        return _transpose_columns(x, weight, bias, windows, group)


def _transpose_columns(
    x: torch.Tensor, weight: torch.Tensor, bias: torch.Tensor | None, windows: Windows, group: int
) -> torch.Tensor:
    """The transpose by definition: x with stride - 1 zeros between its numbers, convolved with the turned kernel."""
    axes = range(2, x.dim())
    for axis, stride in zip(axes, windows.stride, strict=True):
        shape = list(x.shape)
        shape[axis] = (shape[axis] - 1) * stride + 1
        at = torch.arange(0, shape[axis], stride, device=x.device)
        x = x.new_zeros(shape).index_copy(axis, at, x)
    channels, outputs = weight.shape[:2]
    turned = weight.flip(list(axes)) if axes else weight
    turned = turned.reshape(group, channels // group, outputs, *windows.kernel).transpose(1, 2)
    turned = turned.reshape(group * outputs, channels // group, *windows.kernel)
    ones = (1,) * len(windows.kernel)
    edge = tuple(d * (k - 1) for k, d in zip(windows.kernel, windows.dilation, strict=True))
    full = _convolve_columns(x, turned, bias, windows._replace(stride=ones, pad=edge), group)
    for axis, pad in zip(axes, windows.pad, strict=True):
        full = full.narrow(axis, pad, full.shape[axis] - 2 * pad)
    return full
