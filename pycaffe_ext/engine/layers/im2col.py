"""Im2col: the windows of a convolution laid out as columns."""

from __future__ import annotations

from math import prod

import torch
from torch.nn import functional

from ...model.rules.convolution import Windows, windows_of
from ..layer import Layer, Tensors, layer


def long_enough(x: torch.Tensor, windows: Windows) -> torch.Tensor:
    """The items with zeros past the end of axes that are too short for one window (see Windows.outputs)."""
    rooms = windows.rooms(x.shape[2:])
    if min(rooms, default=0) >= 0:
        return x
    return functional.pad(x, [p for room in reversed(rooms) for p in (0, max(0, -room))])


def columns(x: torch.Tensor, windows: Windows) -> torch.Tensor:
    """N x C x spatial... to N x (C * kernel...) x positions..., the channel slowest, then the kernel's axes."""
    n_spatial = len(windows.kernel)
    x = long_enough(x, windows)
    if any(windows.pad):
        x = functional.pad(x, [p for pad in reversed(windows.pad) for p in (pad, pad)])
    for axis in range(n_spatial):
        kernel, dilation = windows.kernel[axis], windows.dilation[axis]
        x = x.unfold(2 + axis, dilation * (kernel - 1) + 1, windows.stride[axis])[..., ::dilation]
    positions = x.shape[2 : 2 + n_spatial]
    order = [0, 1, *range(2 + n_spatial, 2 + 2 * n_spatial), *range(2, 2 + n_spatial)]
    return x.permute(order).reshape(x.shape[0], x.shape[1] * prod(windows.kernel), *positions)


@layer("Im2col")
class Im2col(Layer):
    def forward(self, bottoms: Tensors, params: Tensors) -> Tensors:
        windows = windows_of(self.param, tuple(bottoms[0].shape))
        leading = bottoms[0].shape[: windows.channel_axis]
        top = columns(bottoms[0].reshape(prod(leading), *bottoms[0].shape[windows.channel_axis :]), windows)
        return [top.reshape(*leading, *top.shape[1:])]
