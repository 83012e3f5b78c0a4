"""Layers whose tops come from outside the net.

Input, DummyData and MemoryData say their shapes in the net; the others read them from their source, which
the engine (or a caller of `shapes.infer`) does for them.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ...errors import NetError, ShapeError
from .base import Count, Rule, Shape, exactly, rule


class Source(Rule):
    bottoms = exactly(0)
    tops = Count(1, None)
    is_data = True


@rule("Data")
class Data(Source):
    tops = Count(1, 2)


@rule("ImageData", "WindowData")
class ImageAndLabel(Source):
    tops = exactly(2)


@rule("MemoryData")
class MemoryData(ImageAndLabel):
    def shapes(self, layer: Any, bottoms: Sequence[Shape]) -> list[Shape]:
        message = layer.memory_data_param
        shape = (message.batch_size, message.channels, message.height, message.width)
        if not all(shape):
            raise ShapeError(layer.name, f"batch_size, channels, height and width are all above 0; got {shape}")
        return [shape, shape[:1]]


@rule("HDF5Data")
class HDF5Data(Source):
    pass


@rule("HDF5Output")
class HDF5Output(Rule):
    bottoms = exactly(2)
    tops = exactly(0)

    def shapes(self, layer: Any, bottoms: Sequence[Shape]) -> list[Shape]:
        if bottoms[0][:1] != bottoms[1][:1]:
            raise ShapeError(layer.name, f"data and label must have the same first axis: {bottoms[0]}, {bottoms[1]}")
        if max(map(len, bottoms)) > 4:
            raise ShapeError(layer.name, f"data and label have at most 4 axes: {bottoms[0]}, {bottoms[1]}")
        return []


def _per_top(layer: Any, values: Sequence[Any], what: str) -> list[Any]:
    count = len(layer.top)
    if len(values) not in (1, count):
        raise NetError(layer.name, f"gives {what} {len(values)} times; once or once per top ({count}) is needed")
    return list(values) * count if len(values) == 1 else list(values)


def _checked(layer: Any, shape: Shape) -> Shape:
    if any(size < 0 for size in shape):
        raise ShapeError(layer.name, f"shape {shape} has a negative size")
    return shape


@rule("Input")
class Input(Source):
    def shapes(self, layer: Any, bottoms: Sequence[Shape]) -> list[Shape]:
        given = [_checked(layer, tuple(shape.dim)) for shape in layer.input_param.shape]
        return _per_top(layer, given, "shape") if given else [()] * len(layer.top)


@rule("DummyData")
class DummyData(Source):
    def shapes(self, layer: Any, bottoms: Sequence[Shape]) -> list[Shape]:
        message = layer.dummy_data_param
        legacy = [list(getattr(message, name)) for name in ("num", "channels", "height", "width")]
        if any(legacy):
            if message.shape:
                raise NetError(layer.name, "gives both shape and num/channels/height/width; keep shape")
            columns = [_per_top(layer, values, "num, channels, height and width") for values in legacy]
            return [_checked(layer, shape) for shape in zip(*columns, strict=True)]
        return [_checked(layer, s) for s in _per_top(layer, [tuple(s.dim) for s in message.shape], "shape")]


@rule("Python")
class Python(Rule):
    bottoms = Count(0, None)
    tops = Count(0, None)
