"""Pooling and SPP: windows that are summarised."""

from __future__ import annotations

from collections.abc import Sequence
from math import ceil, floor
from typing import Any, NamedTuple

from ...errors import NetError, ShapeError
from ...proto import caffe_pb2
from .base import Count, Rule, Shape, rule

Pair = tuple[int, int]


class PoolWindows(NamedTuple):
    """The windows of a pooling over height x width, and how many there are in each axis."""

    kernel: Pair
    stride: Pair
    pad: Pair
    outputs: Pair


def _pair(layer: Any, message: Any, name: str, default: int) -> Pair:
    """`NAME` (kernel: `kernel_size`) for both axes, or NAME_h and NAME_w together.

    As in Caffe one of the latter beside a kernel_size is passed over.
    """
    square = "kernel_size" if name == "kernel" else name
    h, w = message.HasField(f"{name}_h"), message.HasField(f"{name}_w")
    if h != w and name == "kernel" and message.HasField(square) and not message.global_pooling:
        h = w = False
    if h != w:
        raise NetError(layer.name, f"{name}_h and {name}_w come together; one of them is missing")
    if h and message.HasField(square):
        raise NetError(layer.name, f"gives both {square} and {name}_h/{name}_w; keep one of them")
    if h:
        return getattr(message, f"{name}_h"), getattr(message, f"{name}_w")
    value = getattr(message, square) if message.HasField(square) else default
    return value, value


def pool_windows(layer: Any, bottom: Shape) -> PoolWindows:
    """The windows of a layer with a pooling_param over a 4-axis bottom. Raises NetError, ShapeError.

    As in Caffe the number of windows rounds up (or down by round_mode), and with padding the last window
    must start inside the padded image's near side, else it is dropped.
    """
    message = layer.pooling_param
    if len(bottom) != 4:
        raise ShapeError(layer.name, f"Pooling needs a bottom of 4 axes (N x C x H x W), got shape {bottom}")
    size = bottom[2], bottom[3]
    kernel, stride, pad = (_pair(layer, message, n, d) for n, d in (("kernel", 0), ("stride", 1), ("pad", 0)))
    if message.global_pooling:
        if message.HasField("kernel_size") or kernel != (0, 0) or stride != (1, 1) or pad != (0, 0):
            raise NetError(layer.name, "global_pooling takes no kernel size, and only stride 1 and pad 0")
        kernel = size
    if min(kernel) < 1 or min(stride) < 1:
        raise NetError(layer.name, f"kernel and stride must be at least 1, got {kernel} and {stride}")
    if any(pad):
        if message.pool == caffe_pb2.PoolingParameter.STOCHASTIC:
            raise NetError(layer.name, "stochastic pooling takes no padding")
        if pad[0] >= kernel[0] or pad[1] >= kernel[1]:
            raise NetError(layer.name, f"pad {pad} must be smaller than the kernel {kernel}")
    rounding = floor if message.round_mode == caffe_pb2.PoolingParameter.FLOOR else ceil
    outputs = []
    for axis in (0, 1):
        count = rounding((size[axis] + 2 * pad[axis] - kernel[axis]) / stride[axis]) + 1
        if any(pad) and (count - 1) * stride[axis] >= size[axis] + pad[axis]:
            count -= 1
        outputs.append(count)
    if min(outputs) < 1:
        raise ShapeError(layer.name, f"bottom {bottom} is too small for kernel {kernel}")
    return PoolWindows(kernel, stride, pad, (outputs[0], outputs[1]))


@rule("Pooling")
class Pooling(Rule):
    tops = Count(1, 2)

    def shapes(self, layer: Any, bottoms: Sequence[Shape]) -> list[Shape]:
        if len(layer.top) > 1 and layer.pooling_param.pool != caffe_pb2.PoolingParameter.MAX:
            raise NetError(layer.name, "only MAX pooling has a second top (the mask)")
        outputs = pool_windows(layer, bottoms[0]).outputs
        return [(*bottoms[0][:2], *outputs)] * max(1, len(layer.top))


@rule("SPP")
class SPP(Rule):
    def shapes(self, layer: Any, bottoms: Sequence[Shape]) -> list[Shape]:
        if len(bottoms[0]) != 4:
            raise ShapeError(layer.name, f"SPP needs a bottom of 4 axes (N x C x H x W), got shape {bottoms[0]}")
        levels = [pool_windows(level, bottoms[0]).outputs for level in spp_levels(layer, bottoms[0])]
        if len(levels) == 1:
            return [(*bottoms[0][:2], *levels[0])]
        return [(bottoms[0][0], bottoms[0][1] * sum(h * w for h, w in levels))]


def spp_levels(layer: Any, bottom: Shape) -> list[Any]:
    """One Pooling layer per pyramid level: level L has 2^L x 2^L bins that cover the image, padded evenly."""
    levels = []
    for level in range(layer.spp_param.pyramid_height):
        bins = 2**level
        pooling = caffe_pb2.LayerParameter(name=layer.name, type="Pooling")
        message = pooling.pooling_param
        message.pool = layer.spp_param.pool  # the two enums have the same values
        for name, size in (("h", bottom[2]), ("w", bottom[3])):
            kernel = ceil(size / bins)
            pad = (kernel * bins - size + 1) // 2
            if pad >= kernel:
                raise ShapeError(
                    layer.name, f"bottom {bottom} does not divide into {bins} x {bins} windows; lower pyramid_height"
                )
            setattr(message, f"kernel_{name}", kernel)
            setattr(message, f"stride_{name}", kernel)
            setattr(message, f"pad_{name}", pad)
        levels.append(pooling)
    if not levels:
        raise NetError(layer.name, "SPP needs pyramid_height of at least 1")
    return levels
