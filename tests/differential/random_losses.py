"""Random cases of losses and of Accuracy."""

from __future__ import annotations

from random import Random
from typing import Any

from .random_layers import Case, axis_of, case, flag, maybe, sizes, some_axes

NORMALIZATIONS = ["FULL", "VALID", "BATCH_SIZE", "NONE"]


def loss_param(random: Random, ignored: int | None) -> str:
    fields = maybe(random, 0.4, f"normalization: {random.choice(NORMALIZATIONS)}") + flag(random, "normalize", 0.3)
    if ignored is not None:
        fields += f" ignore_label: {ignored}"
    return f" loss_param {{{fields} }}" if fields else ""


def weight(random: Random, *values: float) -> str:
    return maybe(random, 0.4, f"loss_weight: {random.choice(values or (0, 0.5, 2, -1))}")


def scores_and_labels(random: Random, axis: int, shape: tuple[int, ...]) -> tuple[tuple[int, ...], int]:
    """The shape of the labels, and how many classes there are."""
    place = axis if axis >= 0 else axis + len(shape)
    if not 0 <= place < len(shape):
        return (shape[0],), 2
    label = shape[:place] + (() if random.random() < 0.5 else (1,)) + shape[place + 1 :]
    return label, max(1, shape[place])


@case("SoftmaxWithLoss", "InfogainLoss", "Accuracy")
def classes(random: Random, kind: str) -> Case:
    shape = sizes(random, some_axes(random, 2))
    axis = axis_of(random, len(shape)) if random.random() < 0.5 else 1
    label, count = scores_and_labels(random, axis, shape)
    ignored = random.choice([None, None, -1, 255, 0])
    rule: Any = ("labels", count) if ignored is None else ("labels", count, ignored)
    bottoms: list[Any] = [shape, (label, rule)]
    if kind == "Accuracy":
        fields = f"axis: {axis}" + maybe(random, 0.4, f"top_k: {random.randint(1, 3)}")
        fields += f" ignore_label: {ignored}" if ignored is not None else ""
        tops = random.choice([1, 1, 2])
        return {"bottoms": bottoms, "tops": tops, "text": f"accuracy_param {{ {fields} }}", "backward": False}
    tops = 1 if random.random() < 0.7 else 2
    text = (f"softmax_param {{ axis: {axis} }}" if axis != 1 else "") + loss_param(random, ignored)
    if kind == "InfogainLoss":
        bottoms.append(((1, 1, count, count), "positive"))
        text = f"infogain_loss_param {{ axis: {axis} }}" + loss_param(random, ignored)
    return {"bottoms": bottoms, "tops": tops, "text": text + (weight(random) if tops == 1 else ""), "learned": [0]}


@case("EuclideanLoss", "SigmoidCrossEntropyLoss")
def equal_counts(random: Random, kind: str) -> Case:
    shape = sizes(random, some_axes(random))
    ignored = random.choice([None, None, 1, -1])
    targets = "normal" if kind == "EuclideanLoss" else "unit" if ignored is None else ("labels", 2, ignored)
    text = loss_param(random, ignored) if kind != "EuclideanLoss" else ""
    learned = [0, 1] if kind == "EuclideanLoss" and random.random() < 0.5 else [0]
    return {"bottoms": [(shape, ("normal", 3)), (shape, targets)], "text": text + weight(random), "learned": learned}


@case("HingeLoss", "MultinomialLogisticLoss")
def one_label(random: Random, kind: str) -> Case:
    shape = sizes(random, random.choice([2, 2, 4]), low=2)
    count = 1
    for size in shape[1:]:
        count *= size
    labels = ((shape[0],), ("labels", max(1, count)))
    text = f"hinge_loss_param {{ norm: {random.choice(['L1', 'L2'])} }}" if kind == "HingeLoss" else ""
    values = "normal" if kind == "HingeLoss" else "probabilities"
    # in real Caffe HingeLoss leaves its margins in the diff, which nobody overwrites where its weight is 0
    text += weight(random, 0.5, 2, -1) if kind == "HingeLoss" else weight(random)
    return {"bottoms": [(shape, values), labels], "text": text, "learned": [0]}


@case("ContrastiveLoss")
def contrastive(random: Random, kind: str) -> Case:
    pairs, features = random.randint(1, 5), random.randint(1, 4)
    shape = (pairs, features, *random.choice([(), (1, 1)]))
    fields = maybe(random, 0.5, f"margin: {random.choice([0.5, 1, 3])}") + flag(random, "legacy_version")
    similar = ((pairs, *random.choice([(), (1, 1, 1)])), ("integers", 0, 1))
    bottoms = [shape, shape, similar]
    return {"bottoms": bottoms, "text": f"contrastive_loss_param {{{fields} }}{weight(random)}", "learned": [0, 1]}
