"""Convolution, Deconvolution and Im2col: windows that slide over the spatial axes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from ...errors import NetError, ShapeError
from .base import Count, Param, Rule, Shape, axis_of, rule


class Windows(NamedTuple):
    """How a ConvolutionParameter slides: one number per spatial axis, and the axis of the channels."""

    channel_axis: int
    kernel: tuple[int, ...]
    stride: tuple[int, ...]
    pad: tuple[int, ...]
    dilation: tuple[int, ...]

    def rooms(self, spatial: Sequence[int]) -> tuple[int, ...]:
        """How far a window can move in each axis; below 0 where the axis is too short for one."""
        return tuple(
            size + 2 * p - (d * (k - 1) + 1)
            for size, k, p, d in zip(spatial, self.kernel, self.pad, self.dilation, strict=True)
        )

    def outputs(self, spatial: Sequence[int]) -> tuple[int, ...]:
        """Positions of a window in each axis: room / stride + 1, divided as in C, towards 0.

        So an axis that lacks less than a stride has a window, which looks at zeros past the end.
        """
        return tuple(int(room / s) + 1 for room, s in zip(self.rooms(spatial), self.stride, strict=True))

    def inputs(self, spatial: Sequence[int]) -> tuple[int, ...]:
        """What a transposed convolution makes of each axis: stride (size - 1) + extent - 2 pad."""
        return tuple(
            s * (size - 1) + (d * (k - 1) + 1) - 2 * p
            for size, k, s, p, d in zip(spatial, self.kernel, self.stride, self.pad, self.dilation, strict=True)
        )


def windows_of(layer: Any, bottom: Shape) -> Windows:
    """The windows of a layer with a convolution_param over a bottom. Raises NetError, ShapeError."""
    message = layer.convolution_param
    axis = axis_of(layer, message.axis, bottom)
    n_spatial = len(bottom) - axis - 1

    def per_axis(name: str, default: int | None, least: int, legacy: str = "") -> tuple[int, ...]:
        values = list(getattr(message, name))
        two = [f"{legacy}_h", f"{legacy}_w"]
        if legacy and (message.HasField(two[0]) or message.HasField(two[1])):
            if values:
                raise NetError(layer.name, f"gives both {name} and {two[0]}/{two[1]}; keep one of them")
            if n_spatial != 2:
                raise ShapeError(layer.name, f"{two[0]}/{two[1]} need 2 spatial axes, bottom has shape {bottom}")
            values = [getattr(message, field) for field in two]
        elif not values and default is not None:
            values = [default]
        if len(values) == 1:
            values *= n_spatial
        if len(values) != n_spatial:
            raise ShapeError(
                layer.name, f"{name} is given {len(values)} times for {n_spatial} spatial axes of bottom {bottom}"
            )
        if any(value < least for value in values):
            raise NetError(layer.name, f"{name} must be at least {least}, got {min(values)}")
        return tuple(values)

    return Windows(
        axis,
        per_axis("kernel_size", None, 1, legacy="kernel"),
        per_axis("stride", 1, 1, legacy="stride"),
        per_axis("pad", 0, 0, legacy="pad"),
        per_axis("dilation", 1, 1),
    )


class _Convolving(Rule):
    bottoms = Count(1, None)
    tops = Count(1, None)
    same_number = True
    transposed = False

    def params(self, layer: Any, bottoms: Sequence[Shape]) -> list[Param]:
        message = layer.convolution_param
        windows = windows_of(layer, bottoms[0])
        channels, outputs, group = bottoms[0][windows.channel_axis], message.num_output, message.group
        if outputs < 1:
            raise NetError(layer.name, f"num_output must be at least 1, got {outputs}")
        if group < 1 or channels % group or outputs % group:
            raise ShapeError(
                layer.name,
                f"group {group} must divide both {channels} channels of bottom {bottoms[0]} and num_output {outputs}",
            )
        first, second = (channels, outputs // group) if self.transposed else (outputs, channels // group)
        found = [Param("weight", (first, second, *windows.kernel), message.weight_filler)]
        if message.bias_term:
            found.append(Param("bias", (outputs,), message.bias_filler))
        return found

    def shapes(self, layer: Any, bottoms: Sequence[Shape]) -> list[Shape]:
        windows = windows_of(layer, bottoms[0])
        axis = windows.channel_axis
        for index, other in enumerate(bottoms[1:], 1):
            if other != bottoms[0]:
                raise ShapeError(layer.name, f"bottoms 0 and {index} must have one shape: {bottoms[0]} and {other}")
        spatial = bottoms[0][axis + 1 :]
        sizes = windows.inputs(spatial) if self.transposed else windows.outputs(spatial)
        if any(size < 1 for size in sizes):
            raise ShapeError(layer.name, f"bottom {bottoms[0]} is too small for kernel {windows.kernel}")
        return [(*bottoms[0][:axis], layer.convolution_param.num_output, *sizes)] * len(bottoms)


@rule("Convolution")
class Convolution(_Convolving):
    pass


@rule("Deconvolution")
class Deconvolution(_Convolving):
    transposed = True


@rule("Im2col")
class Im2col(Rule):
    def shapes(self, layer: Any, bottoms: Sequence[Shape]) -> list[Shape]:
        windows = windows_of(layer, bottoms[0])
        axis = windows.channel_axis
        sizes = windows.outputs(bottoms[0][axis + 1 :])
        if any(size < 1 for size in sizes):
            raise ShapeError(layer.name, f"bottom {bottoms[0]} is too small for kernel {windows.kernel}")
        channels = bottoms[0][axis]
        for k in windows.kernel:
            channels *= k
        return [(*bottoms[0][:axis], channels, *sizes)]
