"""Tile: the bottom repeated along one axis."""

from __future__ import annotations

from ...model.rules.base import axis_of
from ..layer import Layer, Tensors, layer


@layer("Tile")
class Tile(Layer):
    def forward(self, bottoms: Tensors, params: Tensors) -> Tensors:
        message, x = self.param.tile_param, bottoms[0]
        times = [1] * x.dim()
        times[axis_of(self.param, message.axis, tuple(x.shape))] = message.tiles
        return [x.repeat(times)]
