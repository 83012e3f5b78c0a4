"""Pooling: MAX, AVE and STOCHASTIC over windows of height x width."""

from __future__ import annotations

from typing import Any

import torch
from torch.nn import functional

from ...model.rules.pooling import Pair, PoolWindows, pool_windows
from ...proto import caffe_pb2
from .. import device
from ..layer import Layer, Tensors, layer
from ..layouts import channels_last

_LOWEST, _TINY = -3.4028234663852886e38, 1.1754943508222875e-38  # C's -FLT_MAX and FLT_MIN
_FEW_CHANNELS = 8


@layer("Pooling")
class Pooling(Layer):
    def forward(self, bottoms: Tensors, params: Tensors) -> Tensors:
        return pool(self.param, bottoms[0], len(self.param.top), self.is_training)


def pool(param: object, x: torch.Tensor, n_tops: int, is_training: bool) -> Tensors:
    """The tops of a Pooling layer: the pooled values and, with a second top, the mask of MAX pooling."""
    message = param.pooling_param  # type: ignore[attr-defined]
    windows = pool_windows(param, tuple(x.shape))
    if message.pool == caffe_pb2.PoolingParameter.MAX:
        values, mask = _max(x, windows, want_mask=n_tops > 1)
        return [values] if mask is None else [values, mask]
    if message.pool == caffe_pb2.PoolingParameter.AVE:
        return [_average(x, windows)]
    return [_stochastic(x, windows, is_training)]


def _torch_can(windows: PoolWindows, size: Pair) -> bool | None:
    """The ceil_mode with which torch has the same windows, or None: torch pads by half a kernel at most,
    and drops a last window that starts outside of the image even where there is no padding."""
    if any(2 * p > k for p, k in zip(windows.pad, windows.kernel, strict=True)):
        return None
    for ceil_mode in (False, True):
        counts = []
        for n, k, s, p in zip(size, windows.kernel, windows.stride, windows.pad, strict=True):
            count = (n + 2 * p - k + (s - 1 if ceil_mode else 0)) // s + 1
            counts.append(count - (ceil_mode and (count - 1) * s >= n + p))
        if tuple(counts) == windows.outputs:
            return ceil_mode
    return None


def _padded(x: torch.Tensor, windows: PoolWindows, value: float) -> torch.Tensor:
    """x with `value` around it, as far as the windows reach (and no less than the left and upper padding)."""
    pads = []
    for axis in (1, 0):
        reach = (windows.outputs[axis] - 1) * windows.stride[axis] + windows.kernel[axis]
        pads += [windows.pad[axis], max(0, reach - windows.pad[axis] - x.shape[2 + axis])]
    return functional.pad(x, pads, value=value)


def _max(x: torch.Tensor, windows: PoolWindows, *, want_mask: bool) -> tuple[torch.Tensor, torch.Tensor | None]:
    height, width = x.shape[2], x.shape[3]
    ceil_mode = _torch_can(windows, (height, width))
    if ceil_mode is not None:
        values, index = _max_and_index(x, windows, windows.pad, ceil_mode)
        return values, index.to(x.dtype) if want_mask else None
    around = _padded(x, windows, _LOWEST)
    values, index = _max_and_index(around, windows, (0, 0))
    values, index = (t[:, :, : windows.outputs[0], : windows.outputs[1]] for t in (values, index))
    row = index.div(around.shape[3], rounding_mode="floor") - windows.pad[0]
    column = index % around.shape[3] - windows.pad[1]
    inside = (row >= 0) & (row < height) & (column >= 0) & (column < width)
    return values, torch.where(inside, row * width + column, -1).to(x.dtype) if want_mask else None


def _max_and_index(
    x: torch.Tensor, windows: PoolWindows, pad: Pair, ceil_mode: bool = False
) -> tuple[torch.Tensor, torch.Tensor]:
    """The largest values and their places; of equal ones the first counts."""
    if x.device.type == "cpu" and x.shape[1] >= _FEW_CHANNELS and torch.is_grad_enabled():
        values, index = _MaxOnCpu.apply(x, windows.kernel, windows.stride, pad, ceil_mode)
        return values, index
    x = channels_last(x) if x.shape[1] >= _FEW_CHANNELS else x
    return functional.max_pool2d_with_indices(x, windows.kernel, windows.stride, pad, ceil_mode=ceil_mode)


class _MaxOnCpu(torch.autograd.Function):
    """torch's pooling with channels last; keeps the places in half of torch's memory."""

    @staticmethod
    def forward(
        ctx: Any, x: torch.Tensor, kernel: Pair, stride: Pair, pad: Pair, ceil_mode: bool
    ) -> tuple[torch.Tensor, torch.Tensor]:
        x = channels_last(x)
        values, index = functional.max_pool2d_with_indices(x, kernel, stride, pad, ceil_mode=ceil_mode)
        ctx.windows = kernel, stride, pad, (1, 1), ceil_mode
        ctx.save_for_backward(x, index.to(torch.int32))
        ctx.mark_non_differentiable(index)
        return values, index

    @staticmethod
    def backward(ctx: Any, diff: torch.Tensor, _: None) -> tuple[torch.Tensor, None, None, None, None]:
        x, index = ctx.saved_tensors
        gradient = torch.ops.aten.max_pool2d_with_indices_backward(
            channels_last(diff), x, *ctx.windows, index.to(torch.int64)
        )
        return gradient, None, None, None, None


def _average(x: torch.Tensor, windows: PoolWindows) -> torch.Tensor:
    ceil_mode = _torch_can(windows, (x.shape[2], x.shape[3]))
    if ceil_mode is not None:
        return functional.avg_pool2d(x, windows.kernel, windows.stride, windows.pad, ceil_mode=ceil_mode)
    sums = functional.avg_pool2d(_padded(x, windows, 0), windows.kernel, windows.stride, divisor_override=1)
    extents = []
    for axis in (0, 1):  # of each window, clipped to the padded image
        start = torch.arange(windows.outputs[axis], device=x.device) * windows.stride[axis] - windows.pad[axis]
        end = (start + windows.kernel[axis]).clamp(max=x.shape[2 + axis] + windows.pad[axis])
        extents.append((end - start).to(x.dtype))
    sums = sums[:, :, : windows.outputs[0], : windows.outputs[1]]
    return sums / (extents[0][:, None] * extents[1])


def _stochastic(x: torch.Tensor, windows: PoolWindows, is_training: bool) -> torch.Tensor:
    """Zeiler and Fergus 2013: in training one value of the window, with a probability in proportion to it;
    in testing their mean weighed by themselves."""
    patches = _padded(x, windows, 0)
    for axis in (0, 1):
        patches = patches.unfold(2 + axis, windows.kernel[axis], windows.stride[axis])
    flat = patches.flatten(4)
    if not is_training:
        return (flat * flat).sum(-1) / flat.sum(-1).clamp(min=_TINY)
    total = flat.detach().cumsum(-1)
    drawn = torch.rand(total.shape[:-1], generator=device.generator(x.device), device=x.device, dtype=x.dtype)
    index = (total < (drawn * total[..., -1]).unsqueeze(-1)).sum(-1, keepdim=True).clamp(max=flat.shape[-1] - 1)
    return flat.gather(-1, index).squeeze(-1)
