"""Layers that move, join, cut or select numbers, and element-wise combinations."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from math import prod
from typing import Any

from ...errors import NetError, ShapeError
from ...proto import caffe_pb2
from .base import Count, Rule, Shape, axis_of, exactly, rule, same_shape_except


@rule("Split")
class Split(Rule):
    tops = Count(1, None)
    in_place = False


@rule("Silence")
class Silence(Rule):
    bottoms = Count(1, None)
    tops = exactly(0)

    def shapes(self, layer: Any, bottoms: Sequence[Shape]) -> list[Shape]:
        return []


@rule("Softmax")
class Softmax(Rule):
    def shapes(self, layer: Any, bottoms: Sequence[Shape]) -> list[Shape]:
        axis_of(layer, layer.softmax_param.axis, bottoms[0])
        return [bottoms[0]]


@rule("Eltwise")
class Eltwise(Rule):
    bottoms = Count(2, None)

    def shapes(self, layer: Any, bottoms: Sequence[Shape]) -> list[Shape]:
        message = layer.eltwise_param
        if len(message.coeff) not in (0, len(bottoms)):
            raise NetError(layer.name, f"has {len(message.coeff)} coeff for {len(bottoms)} bottoms")
        if message.coeff and message.operation == caffe_pb2.EltwiseParameter.PROD:
            raise NetError(layer.name, "coeff is for SUM, not for PROD")
        for index, other in enumerate(bottoms[1:], 1):
            if other != bottoms[0]:
                raise ShapeError(layer.name, f"bottoms 0 and {index} must have one shape: {bottoms[0]} and {other}")
        return [bottoms[0]]


def _axis_or_legacy(layer: Any, message: Any, legacy: str, shape: Shape) -> int:
    if message.HasField(legacy):
        if message.HasField("axis"):
            raise NetError(layer.name, f"gives both axis and {legacy}; keep axis")
        return axis_of(layer, getattr(message, legacy), shape)
    return axis_of(layer, message.axis, shape)


def concat_axis(layer: Any, shape: Shape) -> int:
    return _axis_or_legacy(layer, layer.concat_param, "concat_dim", shape)


@rule("Concat")
class Concat(Rule):
    bottoms = Count(1, None)

    def shapes(self, layer: Any, bottoms: Sequence[Shape]) -> list[Shape]:
        axis = concat_axis(layer, bottoms[0])
        same_shape_except(layer, bottoms, axis)
        return [(*bottoms[0][:axis], sum(b[axis] for b in bottoms), *bottoms[0][axis + 1 :])]


def slice_sizes(layer: Any, shape: Shape) -> tuple[int, list[int]]:
    """The axis that a Slice cuts, and the size of each top along it."""
    message = layer.slice_param
    axis = _axis_or_legacy(layer, message, "slice_dim", shape)
    size, tops = shape[axis], max(1, len(layer.top))
    if not message.slice_point:
        if size % tops:
            raise ShapeError(layer.name, f"{tops} tops do not divide the {size} of axis {axis} of bottom {shape}")
        return axis, [size // tops] * tops
    points = [0, *message.slice_point, size]
    sizes = [b - a for a, b in pairwise(points)]
    if len(sizes) != tops or min(sizes) < 1:
        raise ShapeError(
            layer.name, f"slice_point {points[1:-1]} does not cut axis {axis} of bottom {shape} into {tops} tops"
        )
    return axis, sizes


@rule("Slice")
class Slice(Rule):
    tops = Count(1, None)

    def shapes(self, layer: Any, bottoms: Sequence[Shape]) -> list[Shape]:
        axis, sizes = slice_sizes(layer, bottoms[0])
        return [(*bottoms[0][:axis], size, *bottoms[0][axis + 1 :]) for size in sizes]


def crop_offsets(layer: Any, bottoms: Sequence[Shape]) -> tuple[int, list[int]]:
    """The first axis that a Crop cuts, and the offset for each axis from there on."""
    message = layer.crop_param
    data, reference = bottoms
    axis = axis_of(layer, message.axis, data)
    count = len(data) - axis
    offsets = list(message.offset) or [0]
    if len(offsets) == 1:
        offsets *= count
    if len(offsets) != count or len(reference) < len(data):
        raise ShapeError(layer.name, f"offset {offsets} from axis {axis} on does not fit bottoms {data}, {reference}")
    for i, offset in enumerate(offsets, axis):
        if offset + reference[i] > data[i]:
            raise ShapeError(layer.name, f"cannot cut {reference} at offset {offset} of axis {i} out of {data}")
    return axis, offsets


@rule("Crop")
class Crop(Rule):
    bottoms = exactly(2)

    def shapes(self, layer: Any, bottoms: Sequence[Shape]) -> list[Shape]:
        axis, _ = crop_offsets(layer, bottoms)
        return [bottoms[0][:axis] + bottoms[1][axis : len(bottoms[0])]]


@rule("Flatten")
class Flatten(Rule):
    in_place = False

    def shapes(self, layer: Any, bottoms: Sequence[Shape]) -> list[Shape]:
        message, shape = layer.flatten_param, bottoms[0]
        start, end = axis_of(layer, message.axis, shape), axis_of(layer, message.end_axis, shape)
        if start > end + 1:  # from the next one on: an axis of size 1 comes between
            raise ShapeError(layer.name, f"axis {start} comes after end_axis {end} for bottom {shape}")
        return [(*shape[:start], prod(shape[start : end + 1]), *shape[end + 1 :])]


@rule("Reshape")
class Reshape(Rule):
    in_place = False

    def shapes(self, layer: Any, bottoms: Sequence[Shape]) -> list[Shape]:
        message, shape = layer.reshape_param, bottoms[0]
        start = axis_of(layer, message.axis, shape, past_end=True)
        end = len(shape) if message.num_axes == -1 else start + message.num_axes
        wanted = tuple(message.shape.dim)
        if end > len(shape) or message.num_axes < -1 or wanted.count(-1) > 1 or min(wanted, default=0) < -1:
            raise ShapeError(layer.name, f"cannot reshape bottom {shape} from axis {start} on to {wanted}")
        middle = []
        for i, size in enumerate(wanted, start):
            if size == 0 and i >= len(shape):
                raise ShapeError(layer.name, f"shape {wanted} copies axis {i}, which bottom {shape} does not have")
            middle.append(shape[i] if size == 0 else size)
        result = [*shape[:start], *middle, *shape[end:]]
        if -1 in middle:
            known = prod(size for size in result if size != -1)
            if known == 0 or prod(shape) % known:
                raise ShapeError(layer.name, f"bottom {shape} cannot be reshaped to {tuple(result)}")
            result[start + middle.index(-1)] = prod(shape) // known
        if prod(result) != prod(shape):
            raise ShapeError(layer.name, f"bottom {shape} cannot be reshaped to {tuple(result)}")
        return [tuple(result)]


@rule("Tile")
class Tile(Rule):
    def shapes(self, layer: Any, bottoms: Sequence[Shape]) -> list[Shape]:
        message, shape = layer.tile_param, bottoms[0]
        axis = axis_of(layer, message.axis, shape)
        if message.tiles < 1:
            raise NetError(layer.name, "Tile needs tiles of at least 1")
        return [(*shape[:axis], shape[axis] * message.tiles, *shape[axis + 1 :])]


@rule("Reduction")
class Reduction(Rule):
    def shapes(self, layer: Any, bottoms: Sequence[Shape]) -> list[Shape]:
        return [bottoms[0][: axis_of(layer, layer.reduction_param.axis, bottoms[0])]]


@rule("ArgMax")
class ArgMax(Rule):
    no_backward_to = (0,)

    def shapes(self, layer: Any, bottoms: Sequence[Shape]) -> list[Shape]:
        message, shape = layer.argmax_param, bottoms[0]
        if message.HasField("axis"):
            axis = axis_of(layer, message.axis, shape)
            size, result = shape[axis], (*shape[:axis], message.top_k, *shape[axis + 1 :])
        elif not shape:
            raise ShapeError(layer.name, "ArgMax needs a bottom of at least 1 axis, got shape ()")
        else:
            size = prod(shape[1:])
            result = (shape[0], 2 if message.out_max_val else 1, message.top_k) + (1,) * (len(shape) - 3)
        if not 1 <= message.top_k <= size:
            raise NetError(layer.name, f"top_k {message.top_k} must lie between 1 and {size} for bottom {shape}")
        return [result]


@rule("BatchReindex")
class BatchReindex(Rule):
    bottoms = exactly(2)
    no_backward_to = (1,)

    def shapes(self, layer: Any, bottoms: Sequence[Shape]) -> list[Shape]:
        if len(bottoms[1]) != 1:
            raise ShapeError(layer.name, f"BatchReindex needs indices of one axis, got shape {bottoms[1]}")
        return [(bottoms[1][0], *bottoms[0][1:])]


@rule("Filter")
class Filter(Rule):
    bottoms = Count(2, None)
    tops = Count(1, None)

    def shapes(self, layer: Any, bottoms: Sequence[Shape]) -> list[Shape]:
        *data, selector = bottoms
        if len(layer.top) != len(data):
            raise NetError(layer.name, f"Filter has a top per bottom but the last: {len(data)}, not {len(layer.top)}")
        if any(size != 1 for size in selector[1:]) or any(shape[:1] != selector[:1] for shape in data):
            raise ShapeError(layer.name, f"selector {selector} must be N (x1x1x1) with the N of {data}")
        return list(data)
