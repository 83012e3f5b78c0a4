"""Which place in one top lies over which place in another, so that a Crop layer can align them.

The map (axis, scale, shift) of a layer: place x of its bottom lies under place scale * x + shift of its top, on
every axis after `axis`. Scale and shift are numbers, or arrays with one number per axis; axis is None for layers
that move nothing.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt

from .net_spec import Function, Top, layers

Numbers = npt.NDArray[Any] | float
Map = tuple[int | None, Numbers, Numbers]

PASS_THROUGH_LAYERS = [
    "AbsVal",
    "BatchNorm",
    "Bias",
    "BNLL",
    "Dropout",
    "Eltwise",
    "ELU",
    "Log",
    "LRN",
    "Exp",
    "MVN",
    "Power",
    "ReLU",
    "PReLU",
    "Scale",
    "Sigmoid",
    "Split",
    "TanH",
    "Threshold",
]
_IDENTITY: Map = (None, 1, 0)
_LEGACY = {"pad_h", "pad_w", "kernel_h", "kernel_w", "stride_h", "stride_w"}


class UndefinedMapException(Exception):
    """A layer whose tops do not lie over its bottoms."""


class AxisMismatchException(Exception):
    """Maps that begin at different axes."""


def conv_params(fn: Function) -> tuple[int, Numbers, Numbers, Numbers]:
    """(axis, stride, kernel size with dilation, pad) of a layer with a window.

    Raises KeyError where there is no kernel_size, AssertionError for stride_h and the like beside it.
    """
    params = fn.params.get("convolution_param", fn.params)
    kernel, dilation = _numbers(params["kernel_size"]), _numbers(params.get("dilation", 1))
    if _LEGACY & set(fn.params):
        raise AssertionError("cropping does not support legacy _h/_w params")
    return (
        params.get("axis", 1),
        _numbers(params.get("stride", 1)),
        (kernel - 1) * dilation + 1,
        _numbers(params.get("pad", 0)),
    )


def crop_params(fn: Function) -> tuple[int, Numbers]:
    """(axis, offset) of a Crop layer."""
    params = fn.params.get("crop_param", fn.params)
    return params.get("axis", 2), _numbers(params.get("offset", 0))


def _numbers(value: Any) -> npt.NDArray[Any]:
    return np.array(value, ndmin=1)


def coord_map(fn: Function) -> Map:
    """The map of a layer. Raises UndefinedMapException."""
    if fn.type_name in ("Convolution", "Pooling", "Im2col"):
        axis, stride, kernel, pad = conv_params(fn)
        return axis, 1 / stride, (pad - (kernel - 1) / 2) / stride
    if fn.type_name == "Deconvolution":
        axis, stride, kernel, pad = conv_params(fn)
        return axis, stride, (kernel - 1) / 2 - pad
    if fn.type_name == "Crop":
        axis, offset = crop_params(fn)
        return axis - 1, 1, -offset
    if fn.type_name in PASS_THROUGH_LAYERS:
        return _IDENTITY
    raise UndefinedMapException(f"the tops of a {fn.type_name} layer do not lie over its bottoms")


def compose(base_map: Map, next_map: Map) -> Map:
    """The map of `next_map` followed by `base_map`. Raises AxisMismatchException."""
    base_axis, base_scale, base_shift = base_map
    next_axis, next_scale, next_shift = next_map
    if None not in (base_axis, next_axis) and base_axis != next_axis:
        raise AxisMismatchException(f"one map begins at axis {base_axis}, the other at axis {next_axis}")
    axis = next_axis if base_axis is None else base_axis
    return axis, base_scale * next_scale, base_scale * next_shift + base_shift


def inverse(coord_map: Map) -> Map:
    """The map the other way round."""
    axis, scale, shift = coord_map
    return axis, 1 / scale, -shift / scale


def coord_map_from_to(top_from: Top, top_to: Top) -> Map:
    """The map of places in `top_from` to places in `top_to`, by way of a blob that both come from.

    Raises RuntimeError where no spatial layers lead to such a blob.
    """
    from_maps = {top_from: _IDENTITY}
    _walk(top_from, from_maps, lambda top: False)
    to_maps = {top_to: _IDENTITY}
    common = _walk(top_to, to_maps, lambda top: top in from_maps)
    if common is None:
        raise RuntimeError("no map between these tops: no spatial layers connect both with one blob")
    return compose(to_maps[common], inverse(from_maps[common]))


def _walk(start: Top, maps: dict[Top, Map], is_goal: Callable[[Top], bool]) -> Top | None:
    """Walks up from a top, keeping the map of each blob on the way; returns the first that is a goal."""
    frontier = [start]
    while frontier:
        top = frontier.pop()
        if is_goal(top):
            return top
        bottoms = top.fn.inputs[:1] if top.fn.type_name == "Crop" else top.fn.inputs
        try:
            for bottom in bottoms:
                maps[bottom] = compose(maps[top], coord_map(top.fn))
                frontier.append(bottom)
        except UndefinedMapException:
            continue
    return None


def crop(top_from: Top, top_to: Top) -> Top:
    """A Crop layer that cuts `top_from` to lie over `top_to`.

    Raises AssertionError where their scales differ, or the offset is negative or no whole number.
    """
    axis, scale, shift = coord_map_from_to(top_from, top_to)
    if not np.all(scale == 1):
        raise AssertionError(f"scale mismatch on crop (a = {scale})")
    if not np.all(np.less_equal(shift, 0)):
        raise AssertionError(f"cannot crop negative offset (b = {shift})")
    if not np.all(np.round(shift) == shift):
        raise AssertionError(f"cannot crop noninteger offset (b = {shift})")
    if axis is None:
        raise AssertionError("nothing to crop: no layer between these tops moves coordinates")
    offset = [int(number) for number in -np.round(_numbers(shift))]
    made: Top = layers.Crop(top_from, top_to, crop_param={"axis": axis + 1, "offset": offset})
    return made
