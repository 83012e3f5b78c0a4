"""The order of a tensor's numbers in memory, where it decides how fast a layer is."""

from __future__ import annotations

import torch


def channels_last(x: torch.Tensor) -> torch.Tensor:
    """The same N x C x H x W numbers with the channels side by side in memory, on the CPU.

    oneDNN takes such tensors as they are, and otherwise reorders them around each convolution. What follows keeps
    the order by itself, and a script that asks for a blob's array gets it in Caffe's order.
    """
    return x.contiguous(memory_format=torch.channels_last) if x.device.type == "cpu" else x
