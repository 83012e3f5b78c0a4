"""Losses and Accuracy: their first top is one number."""

from __future__ import annotations

from collections.abc import Sequence
from math import prod
from typing import Any, ClassVar

from ...errors import NetError, ShapeError
from .base import Count, Rule, Shape, axis_of, exactly, rule, same_count


class Loss(Rule):
    bottoms = exactly(2)
    auto_top = True
    is_loss = True
    no_backward_to: ClassVar[tuple[int, ...]] = (1,)

    def shapes(self, layer: Any, bottoms: Sequence[Shape]) -> list[Shape]:
        if bottoms[0][:1] != bottoms[1][:1] or not bottoms[0]:
            raise ShapeError(layer.name, f"data and label must have the same first axis: {bottoms[0]} and {bottoms[1]}")
        self.check(layer, bottoms)
        return [()] + [bottoms[0]] * (len(layer.top) - 1)

    def check(self, layer: Any, bottoms: Sequence[Shape]) -> None:
        """Raises ShapeError where the bottoms do not fit this loss."""


def check_labels(layer: Any, axis: int, bottoms: Sequence[Shape]) -> None:
    """Raises ShapeError unless there is one label per prediction (classes lie along `axis`)."""
    axis = axis_of(layer, axis, bottoms[0])
    expected = (*bottoms[0][:axis], *bottoms[0][axis + 1 :])
    if prod(expected) != prod(bottoms[1]):
        raise ShapeError(
            layer.name,
            f"needs one label per prediction: predictions {bottoms[0]} with classes along axis {axis}"
            f" need {prod(expected)} labels, the label blob {bottoms[1]} has {prod(bottoms[1])}",
        )


@rule("SoftmaxWithLoss")
class SoftmaxWithLoss(Loss):
    tops = Count(1, 2)

    def check(self, layer: Any, bottoms: Sequence[Shape]) -> None:
        check_labels(layer, layer.softmax_param.axis, bottoms)


@rule("InfogainLoss")
class InfogainLoss(Loss):
    bottoms = Count(2, 3)
    tops = Count(1, 2)
    no_backward_to = (1, 2)

    def check(self, layer: Any, bottoms: Sequence[Shape]) -> None:
        axis = layer.infogain_loss_param.axis
        check_labels(layer, axis, bottoms)
        classes = bottoms[0][axis_of(layer, axis, bottoms[0])]
        if len(bottoms) == 3 and prod(bottoms[2]) != classes**2:
            raise ShapeError(layer.name, f"the infogain matrix must be {classes} x {classes}, got {bottoms[2]}")


@rule("MultinomialLogisticLoss")
class MultinomialLogisticLoss(Loss):
    def check(self, layer: Any, bottoms: Sequence[Shape]) -> None:
        if any(size != 1 for size in bottoms[1][1:]):
            raise ShapeError(layer.name, f"needs one label per item, got a label blob of shape {bottoms[1]}")


@rule("HingeLoss")
class HingeLoss(Loss):
    pass


@rule("EuclideanLoss")
class EuclideanLoss(Loss):
    no_backward_to = ()

    def check(self, layer: Any, bottoms: Sequence[Shape]) -> None:
        same_count(layer, bottoms)


@rule("SigmoidCrossEntropyLoss")
class SigmoidCrossEntropyLoss(Loss):
    def check(self, layer: Any, bottoms: Sequence[Shape]) -> None:
        same_count(layer, bottoms)


@rule("ContrastiveLoss")
class ContrastiveLoss(Loss):
    bottoms = exactly(3)
    no_backward_to = (2,)
    refuses_backward = False

    def check(self, layer: Any, bottoms: Sequence[Shape]) -> None:
        (_, channels, *ones), others, label = (shape + (1,) * (4 - len(shape)) for shape in bottoms)
        pairs = ones == [1, 1] and others[1:] == (channels, 1, 1)
        # as in Caffe there may be more labels than pairs
        if not pairs or prod(label[1:]) != 1 or label[0] < bottoms[0][0]:
            raise ShapeError(
                layer.name,
                f"needs two bottoms N x C and a label N, got {bottoms[0]}, {bottoms[1]} and {bottoms[2]}",
            )


@rule("Accuracy")
class Accuracy(Rule):
    bottoms = exactly(2)
    tops = Count(1, 2)
    no_backward_to = (0, 1)

    def shapes(self, layer: Any, bottoms: Sequence[Shape]) -> list[Shape]:
        message = layer.accuracy_param
        check_labels(layer, message.axis, bottoms)
        classes = bottoms[0][axis_of(layer, message.axis, bottoms[0])]
        if message.top_k > classes:
            raise NetError(layer.name, f"top_k {message.top_k} is more than the {classes} classes")
        return [(), (classes,)][: max(1, len(layer.top))]
