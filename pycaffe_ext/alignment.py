"""Where a blob of a net lies over the net's input: scale, shift and size, from the net's layers alone."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np

from .coord_map import AxisMismatchException, coord_map_from_to
from .errors import NetError, UnknownNameError
from .model.load import read_net
from .model.phases import filter_net
from .model.shapes import infer
from .net_spec import Function, Top
from .proto import caffe_pb2

Pair = tuple[float, float]  # along the height, along the width

_CHANNELS = 3  # of the image that shapes are inferred with; heights and widths do not depend on it


@dataclass(frozen=True)
class Alignment:
    """Place y of the blob lies over place scale * y + shift of the input; `size_of` gives its height and width."""

    blob: str
    scale: Pair
    shift: Pair
    size_of: Callable[[tuple[int, int]], tuple[int, int]]
    crop: int
    """crop_size of the layer that reads the images; 0 where there is none."""
    mirror: bool
    """Whether that layer mirrors images."""


def align(path: str, blob: str) -> Alignment:
    """How a blob of the net in a prototxt (as in phase TRAIN) lies over the top of its first layer without bottoms.

    Raises UnknownNameError for the blob, NetError where no spatial layers lead to it, and what reading nets raises.
    """
    net = filter_net(read_net(path), caffe_pb2.NetState(phase=caffe_pb2.TRAIN))
    layers = _layers_of(net, blob, path)
    source = next((layer for layer in layers if not layer.bottom), None)
    if source is None:
        raise NetError("", f"{path}: blob '{blob}' comes from no layer that reads images, and from no input")
    tops = _tops(layers)
    try:
        _, scale, shift = coord_map_from_to(tops[blob], tops[source.top[0]])
    except (RuntimeError, AxisMismatchException, AssertionError, KeyError, ValueError) as error:
        problem = f"{path}: where blob '{blob}' lies over '{source.top[0]}' cannot be told: {error}"
        raise NetError("", problem) from error
    scales, shifts = np.broadcast_to(scale, 2).tolist(), np.broadcast_to(shift, 2).tolist()
    size_of = _size_of(layers, source.name, blob)
    crop, mirror = source.transform_param.crop_size, source.transform_param.mirror
    return Alignment(blob, (scales[0], scales[1]), (shifts[0], shifts[1]), size_of, int(crop), bool(mirror))


def _layers_of(net: Any, blob: str, path: str) -> list[Any]:
    """The layers that a blob needs, in order. Raises UnknownNameError."""
    blobs = [top for layer in net.layer for top in layer.top]
    if blob not in blobs:
        raise UnknownNameError("blob", blob, blobs, where=path)
    needed, layers = {blob}, []
    for layer in reversed(net.layer):
        if needed & set(layer.top):
            layers.append(layer)
            needed |= set(layer.bottom)
    return layers[::-1]


def _tops(layers: list[Any]) -> dict[str, Top]:
    """The layers as functions of one another, which `coord_map_from_to` takes."""
    tops: dict[str, Top] = {}
    for layer in layers:
        inputs = tuple(tops[name] for name in layer.bottom)
        kind = "Eltwise" if _moves_nothing(layer) else layer.type
        made = Function(kind, inputs, {**_window(layer), "ntop": len(layer.top)})
        tops.update(zip(layer.top, made.tops, strict=True))
    return tops


def _moves_nothing(layer: Any) -> bool:
    """Whether a layer leaves places as they are, though `coord_map` does not know it."""
    if layer.type in ("Concat", "Slice"):
        return bool((layer.concat_param if layer.type == "Concat" else layer.slice_param).axis == 1)
    return layer.type in ("Softmax", "Swish")


def _window(layer: Any) -> dict[str, Any]:
    """What `coord_map` asks of a layer: axis, stride, kernel_size, pad, dilation, offset."""
    kinds = {"Pooling": layer.pooling_param, "Crop": layer.crop_param}
    message = kinds.get(layer.type, layer.convolution_param)
    if layer.type == "Pooling" and message.global_pooling:
        return {}  # without kernel_size it lies over nothing in particular
    found: dict[str, Any] = {}
    for field, value in message.ListFields():
        name, _, axis = field.name.rpartition("_")
        if axis == "h":  # height and width apart
            found["kernel_size" if name == "kernel" else name] = [value, getattr(message, f"{name}_w")]
        elif field.name in ("kernel_size", "stride", "pad", "dilation", "offset"):
            values = list(value) if field.is_repeated else [value]
            if values:
                found[field.name] = values
        elif field.name == "axis":
            found["axis"] = value
    return found


def _size_of(layers: list[Any], source: str, blob: str) -> Callable[[tuple[int, int]], tuple[int, int]]:
    net = caffe_pb2.NetParameter(layer=layers)
    for layer in net.layer:
        if layer.name == source and not layer.bottom:
            layer.type = "HDF5Data"  # one that has any number of tops, of shapes that its source tells

    @cache
    def size_of(size: tuple[int, int]) -> tuple[int, int]:
        shape = infer(net, lambda layer: [(1, _CHANNELS, *size)] * len(layer.top)).blobs[blob]
        if shape is None or len(shape) != 4:
            raise NetError("", f"blob '{blob}' is not N x C x H x W for an image of {size[0]}x{size[1]}: {shape}")
        return shape[2], shape[3]

    return size_of
