"""Who reads and writes which blob, and who needs a backward pass: Caffe's rules, on names and numbers alone."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from ..errors import NetError, UnknownNameError
from ..model.rules import rule_for

AUTOMATIC = "(automatic)"  # the name of a top that a loss has although the net does not name it


@dataclass
class Wiring:
    """Blobs by number, in the order in which they are made; per layer the numbers of its bottoms and tops."""

    blob_names: list[str] = field(default_factory=list)
    bottoms: list[list[int]] = field(default_factory=list)
    tops: list[list[int]] = field(default_factory=list)
    inputs: list[int] = field(default_factory=list)
    outputs: list[int] = field(default_factory=list)


def wire(net: Any) -> Wiring:
    """The wiring of a net with splits. Raises NetError, UnknownNameError."""
    wiring = Wiring()
    number: dict[str, int] = {}
    unread: set[str] = set()
    for layer in net.layer:
        if layer.propagate_down and len(layer.propagate_down) != len(layer.bottom):
            raise NetError(layer.name, "propagate_down is given once per bottom or not at all")
        rule_for(layer.type).check_counts(layer)
        bottoms = []
        for name in layer.bottom:
            if name not in unread:
                raise UnknownNameError("bottom blob", name, number, where=f"layer '{layer.name}'")
            unread.discard(name)
            bottoms.append(number[name])
        tops = []
        for index, name in enumerate(layer.top):
            in_place = index < len(layer.bottom) and layer.bottom[index] == name
            if name in number and not in_place:
                raise NetError(layer.name, f"top blob '{name}' is made by another layer already; rename one of them")
            if name not in number:
                number[name] = len(wiring.blob_names)
                wiring.blob_names.append(name)
                if layer.type == "Input":
                    wiring.inputs.append(number[name])
            unread.add(name)
            tops.append(number[name])
        rule = rule_for(layer.type)
        if rule.auto_top:
            for _ in range(len(tops), rule.tops.least):
                tops.append(len(wiring.blob_names))
                wiring.blob_names.append(AUTOMATIC)
        wiring.bottoms.append(bottoms)
        wiring.tops.append(tops)
    wiring.outputs = [number[name] for name in sorted(unread)]
    return wiring


def loss_weights(layer: Any, n_tops: int) -> list[float]:
    """The loss weight of each top: as the LayerParameter gives it, else (noted there too) 1 for the first of a loss."""
    given = list(layer.loss_weight)
    if given and len(given) != n_tops:
        raise NetError(layer.name, f"loss_weight is given {len(given)} times for {n_tops} tops")
    if rule_for(layer.type).is_loss and not given:
        given = [1.0] + [0.0] * (n_tops - 1)
        layer.loss_weight.extend(given)
    return given or [0.0] * n_tops


@dataclass
class BackwardNeed:
    """Per layer: whether it runs backward, to which bottoms, and to which of its parameters."""

    layers: list[bool]
    bottoms: list[list[bool]]
    params: list[list[bool]]


def backward_need(net: Any, wiring: Wiring, learns: list[list[bool]], loss_weights: list[list[float]]) -> BackwardNeed:
    """What must run backward so that every parameter that learns gets its gradient, and nothing more.

    `learns`: per layer and parameter whether lr_mult is not 0; `loss_weights`: per layer and top.
    """
    blob_needs = [False] * len(wiring.blob_names)
    needs, to_bottoms = [], []
    for layer, bottoms, tops, params in zip(net.layer, wiring.bottoms, wiring.tops, learns, strict=True):
        need = any(params) or any(blob_needs[blob] for blob in bottoms)
        to_bottoms.append(list(layer.propagate_down) or [blob_needs[blob] for blob in bottoms])
        needs.append(need)
        if need:
            for blob in tops:
                blob_needs[blob] = True

    under_loss: set[str] = set()
    skipped: set[str] = set()
    for i in reversed(range(len(net.layer))):
        top_names = [wiring.blob_names[blob] for blob in wiring.tops[i]]
        bottom_names = [wiring.blob_names[blob] for blob in wiring.bottoms[i]]
        contributes = any(loss_weights[i]) or any(name in under_loss for name in top_names)
        if needs[i] and all(name in skipped for name in top_names):
            needs[i] = False
            to_bottoms[i] = [False] * len(bottom_names)
        if contributes:
            under_loss.update(bottom_names)
        else:
            needs[i] = False
            to_bottoms[i] = [False] * len(bottom_names)
        skipped.update(name for name, need in zip(bottom_names, to_bottoms[i], strict=True) if not need)

    to_params = learns
    if net.force_backward:
        needs = [True] * len(needs)
        to_params = [[True] * len(params) for params in learns]
        for layer, flags in zip(net.layer, to_bottoms, strict=True):
            never = rule_for(layer.type).no_backward_to
            flags[:] = [flag or index not in never for index, flag in enumerate(flags)]
    for i, layer in enumerate(net.layer):
        if needs[i] and layer.type == "BatchNorm":  # it is not asked whether anybody needs its bottom's diff
            to_bottoms[i] = [True]
    return BackwardNeed(needs, to_bottoms, to_params)


def check_gradient_exists(layer: Any, propagate_down: list[bool]) -> None:
    """Raises NetError where a layer would have to propagate to labels or indices."""
    rule = rule_for(layer.type)
    for index in rule.no_backward_to if rule.refuses_backward else ():
        if index < len(propagate_down) and propagate_down[index]:
            raise NetError(
                layer.name,
                f"{layer.type} has no gradient for bottom {index}, but what lies below it learns;"
                " stop it with propagate_down: false",
            )
