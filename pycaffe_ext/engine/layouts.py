"""How the numbers of a tensor N x C x H x W lie in memory.

torch's convolutions and pooling on the CPU take about a fifth and four fifths less time with the channels innermost:
no reordering before and after each of them, and whole vectors of channels at each place of a window. The tensors
between layers therefore stay so, from the first convolution on; whoever asks a blob for its array gets the usual order.
"""

from __future__ import annotations

import torch


def channels_last(x: torch.Tensor) -> torch.Tensor:
    """The same numbers with channels innermost, where that is faster: four axes of floats on the CPU; else as it is."""
    if x.dim() != 4 or x.device.type != "cpu" or x.dtype != torch.float32 or x.numel() == 0:
        return x
    x = x.contiguous(memory_format=torch.channels_last)
    count, channels, height, width = x.shape
    if x.stride() == (height * width * channels, 1, width * channels, channels):
        return x
    # An axis of size 1 may have any stride, and torch then takes the tensor for one in the usual order.
    rows = x.permute(0, 2, 3, 1).reshape(count * height * width, channels)
    return rows.view(count, height, width, channels).permute(0, 3, 1, 2)
