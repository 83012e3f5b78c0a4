"""What a job is going to train: layers, what learns, parameter counts, memory."""

from __future__ import annotations

from dataclasses import dataclass, field
from math import prod

Shape = tuple[int, ...]


@dataclass(frozen=True)
class LayerPlan:
    """A layer: its tops' shapes, its parameters' shapes and lr_mult, one each.

    `keeps_statistics`: a forward pass of the training phase changes its parameters (BatchNorm).
    """

    name: str
    type: str
    tops: tuple[Shape, ...]
    params: tuple[Shape, ...]
    lr_mults: tuple[float, ...]
    keeps_statistics: bool = False

    @property
    def count(self) -> int:
        """Numbers in the layer's parameters."""
        return sum(map(prod, self.params))

    @property
    def learns(self) -> int:
        """How many of them learn."""
        return sum(prod(shape) for shape, rate in zip(self.params, self.lr_mults, strict=True) if rate)


@dataclass(frozen=True)
class NetPlan:
    """A net: `batch_size` is the first axis of what it reads; `outputs` gives each output's loss weight."""

    name: str
    batch_size: int
    layers: tuple[LayerPlan, ...]
    outputs: dict[str, float]


@dataclass(frozen=True)
class Plan:
    """The training net and its tests.

    `images`: per iteration, all iter_size passes together. `parameters` and `learned`: numbers, each shared
    one counted once. `memory`: bytes by what they are for.
    """

    net: NetPlan
    tests: tuple[NetPlan, ...]
    images: int
    parameters: int
    learned: int
    memory: dict[str, int] = field(default_factory=dict)
