"""What a layer type is, without running it: its bottoms, tops, parameters and shapes.

A rule is a small class, registered under the type's name. The engine's layers, surgery's tables and
memory estimates all ask the same rules, so none of them needs torch to know a shape.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from math import prod
from typing import Any, ClassVar, NamedTuple, TypeVar

from ...errors import NetError, ShapeError, UnknownNameError

Shape = tuple[int, ...]


class Param(NamedTuple):
    """A parameter blob that a layer has: what it is, its shape, and its FillerParameter (None: zeros)."""

    name: str
    shape: Shape
    filler: Any = None


class Count(NamedTuple):
    """How many bottoms or tops a type takes; `most` None: any number from `least` on."""

    least: int
    most: int | None

    def __contains__(self, number: object) -> bool:
        return isinstance(number, int) and number >= self.least and (self.most is None or number <= self.most)

    def __str__(self) -> str:
        if self.most is None:
            return f"at least {self.least}"
        return str(self.least) if self.least == self.most else f"{self.least} to {self.most}"


def exactly(number: int) -> Count:
    return Count(number, number)


class Rule:
    """Facts of one layer type. Subclasses say what differs from: one bottom, one top of the same shape."""

    bottoms: ClassVar[Count] = exactly(1)
    tops: ClassVar[Count] = exactly(1)
    same_number: ClassVar[bool] = False  # as many tops as bottoms
    auto_top: ClassVar[bool] = False  # tops that the net does not name are made all the same (losses)
    is_loss: ClassVar[bool] = False  # the first top's loss_weight is 1 unless the net says otherwise
    no_backward_to: ClassVar[tuple[int, ...]] = ()  # bottoms that have no gradient (labels, indices)
    refuses_backward: ClassVar[bool] = True  # to propagate to these is an error; else they get none
    in_place: ClassVar[bool] = True  # a top may be the bottom of the same name
    is_data: ClassVar[bool] = False  # tops come from outside the net
    can_learn: ClassVar[bool] = True  # False: the parameters are statistics, lr_mult must be 0

    def params(self, layer: Any, bottoms: Sequence[Shape]) -> list[Param]:
        """The parameter blobs, from the LayerParameter and the bottoms' shapes."""
        return []

    def shapes(self, layer: Any, bottoms: Sequence[Shape]) -> list[Shape]:
        """The tops' shapes. Raises ShapeError where the bottoms do not fit."""
        return [bottoms[0]] * max(1, len(layer.top))

    def check_counts(self, layer: Any) -> None:
        """Raises NetError when the layer has a number of bottoms or tops that its type cannot have."""
        for kind, count, allowed in (
            ("bottom", len(layer.bottom), self.bottoms),
            ("top", len(layer.top), self.tops),
        ):
            if kind == "top" and self.auto_top and count < allowed.least:
                continue
            if count not in allowed:
                raise NetError(layer.name, f"{layer.type} takes {allowed} {kind} blob(s), this one has {count}")
        if self.same_number and len(layer.bottom) != len(layer.top):
            raise NetError(
                layer.name,
                f"{layer.type} has one top per bottom, this one has {len(layer.bottom)} and {len(layer.top)}",
            )
        if not self.in_place and set(layer.top) & set(layer.bottom):
            raise NetError(layer.name, f"{layer.type} cannot work in place; give its top another name")


_rules: dict[str, Rule] = {}
R = TypeVar("R", bound=type[Rule])


def rule(*types: str) -> Callable[[R], R]:
    """Registers a rule for one or several layer types."""

    def register(cls: R) -> R:
        for name in types:
            _rules[name] = cls()
        return cls

    return register


def rule_for(type_name: str) -> Rule:
    """The rule of a layer type. Raises UnknownNameError, with near names."""
    if type_name not in _rules:
        raise UnknownNameError("layer type", type_name, _rules)
    return _rules[type_name]


def known_types() -> list[str]:
    """All layer types with a rule, sorted as caffe.layer_type_list() is."""
    return sorted(_rules)


def axis_of(layer: Any, axis: int, shape: Shape, *, past_end: bool = False) -> int:
    """`axis` counted from the front; negative ones count from the end (`past_end`: len(shape) is allowed)."""
    last = len(shape) + past_end
    if not -last <= axis < last:
        raise ShapeError(layer.name, f"axis {axis} is out of range for a bottom of shape {shape}")
    return axis + last if axis < 0 else axis


def same_shape_except(layer: Any, bottoms: Sequence[Shape], axis: int) -> None:
    """Raises ShapeError unless all bottoms agree on every axis but `axis`."""
    first = bottoms[0]
    for index, other in enumerate(bottoms[1:], 1):
        if len(other) != len(first) or any(
            a != b for i, (a, b) in enumerate(zip(first, other, strict=True)) if i != axis
        ):
            raise ShapeError(layer.name, f"bottoms 0 and {index} do not fit: {first}, {other} (axis {axis} may differ)")


def same_count(layer: Any, bottoms: Sequence[Shape]) -> None:
    """Raises ShapeError unless the first two bottoms hold equally many numbers."""
    if prod(bottoms[0]) != prod(bottoms[1]):
        raise ShapeError(layer.name, f"bottoms must hold equally many numbers: {bottoms[0]} and {bottoms[1]}")
