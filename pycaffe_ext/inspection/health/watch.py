"""Watches a net while it runs: hooks that look at each layer's blobs as they come."""

from __future__ import annotations

from dataclasses import replace
from math import isfinite
from typing import Any

import numpy as np
import torch

from ...engine.net import Net
from ...engine.parameters import specs
from ...model.rules import rule_for
from .health import Broken, Health, Histogram, LayerHealth, Pass, UnitHealth


class NumbersBroke(Exception):
    """Raised within a pass when a number is not finite: what comes after would only repeat it."""


class Watch:
    """`passes` and `broken` as in Health. The hooks stay on the net."""

    def __init__(self, net: Net) -> None:
        self.net = net
        self.passes: list[Pass] = []
        self.broken: Broken | None = None
        self.batch = -1
        self.images = 0
        self._learning = _layers_with_weights(net)
        self._records = {i: _record(net, i) for i in self._learning}
        self._active: dict[int, torch.Tensor] = {}
        self._shares: dict[int, list[float]] = {i: [] for i in _rectified(net)}
        net.before_forward(self._before_forward)
        net.after_forward(self._after_forward)
        net.before_backward(self._before_backward)
        net.after_backward(self._after_backward)

    # Hooks

    def _before_forward(self, i: int) -> None:
        if i == 0:
            self.batch += 1

    def _after_forward(self, i: int) -> None:
        net = self.net
        for top in net._top_ids(i):
            tensor = net._blobs[top].tensor
            if not _is_finite(tensor):
                self._break("forward", i, f"its top '{net._blob_names[top]}'", tensor)
        if i in self._shares:
            self._count_active(i)
        if i == len(net.layers) - 1:
            self._end_of_forward()

    def _before_backward(self, i: int) -> None:
        if i in self._learning and self._needs(i):
            grad = self.net._tops[i][0].grad
            self._records[i].flows.append(float(grad.double().norm()))

    def _after_backward(self, i: int) -> None:
        net = self.net
        if not self._needs(i):
            return
        for index, blob in enumerate(net.layers[i].blobs):
            if blob.has_grad and not _is_finite(blob.grad):
                self._break("backward", i, f"the gradient of its parameter {index}", None)
        for bottom, need in zip(net._bottom_ids(i), net._need.bottoms[i], strict=True):
            blob = net._blobs[bottom]
            if need and blob.has_grad and not _is_finite(blob.grad):
                self._break("backward", i, f"the gradient of its bottom '{net._blob_names[bottom]}'", blob.grad)

    def _needs(self, i: int) -> bool:
        return self.net._need.layers[i]

    # What the runs call

    def gradients_are_ready(self, passes: int = 1) -> None:
        """All gradients of an update are there; they are the sum over `passes` passes."""
        squares = 0.0
        for i in self._learning:
            blob = self.net.layers[i].blobs[0]
            if self._records[i].rate and blob.has_grad and self._needs(i):
                grad = blob.grad.detach() / passes
                squares += float(grad.double().square().sum())
                self._records[i].gradients.append(float(grad.double().square().mean().sqrt()))
                self._records[i].gradient = Histogram.of(grad.cpu().numpy())
        self.passes[-1] = replace(self.passes[-1], gradient_norm=squares**0.5)

    def updated(self) -> None:
        """An update was done; each diff holds what was subtracted."""
        for learnable in self.net.learnables:
            place, index = learnable.owner
            weights = learnable.blob.tensor
            if not _is_finite(weights):
                self._break("update", place, f"its parameter {index}", None)
            if index == 0 and place in self._records and learnable.lr_mult:
                update = learnable.blob.grad.double()
                norm = float((weights.double() + update).norm())
                if norm:
                    self._records[place].updates.append(float(update.norm()) / norm)

    def health(self) -> Health:
        for i, record in self._records.items():
            record.weights = Histogram.of(self.net.layers[i].blobs[0].tensor.detach().cpu().numpy())
        units = [self._unit_health(i) for i in self._shares if i in self._active]
        return Health(list(self._records.values()), units, self.passes, self.broken, self.net)

    # Inside

    def _count_active(self, i: int) -> None:
        top = self.net._tops[i][0].tensor.detach()
        if top.ndim < 2:
            return
        active = (top > 0).reshape(top.shape[0], top.shape[1], -1)
        self._shares[i].append(float(active.float().mean()))
        counted = active.any(dim=2).sum(dim=0)
        before = self._active.get(i)
        self._active[i] = counted if before is None else before + counted

    def _unit_health(self, i: int) -> UnitHealth:
        net = self.net
        blob = net._blob_names[net._top_ids(i)[0]]
        return UnitHealth(
            blob, net.layers[i].name, self.images, self._active[i].cpu().numpy(), float(np.mean(self._shares[i]))
        )

    def _end_of_forward(self) -> None:
        first = self.net._blobs[0].tensor.detach()
        count = first.shape[0] if first.ndim else 1
        self.images += count
        losses = [
            weight * float(blob.tensor.sum())
            for blob, weight in zip(self.net._blobs, self.net._blob_loss_weights, strict=True)
            if weight
        ]
        self.passes.append(Pass(sum(losses) if losses else None, None, self._inputs()))

    def _inputs(self) -> tuple[float, ...]:
        """The largest absolute value of each image."""
        first = self.net._blobs[0].tensor.detach()
        images = first.reshape(first.shape[0] if first.ndim else 1, -1)
        return tuple(images.abs().amax(dim=1).tolist()) if first.numel() else ()

    def _break(self, stage: str, i: int, what: str, tensor: torch.Tensor | None) -> None:
        images: tuple[int, ...] = ()
        count = self.net._blobs[0].shape[0] if self.net._blobs[0].shape else 1
        if tensor is not None and tensor.ndim and tensor.shape[0] == count:
            bad = ~torch.isfinite(tensor.reshape(count, -1)).all(dim=1)
            images = tuple(torch.nonzero(bad).flatten().tolist())
        largest = [
            (layer.name, float(self.net._blobs[top].tensor.detach().abs().max()))
            for place, layer in enumerate(self.net.layers[: i + 1])
            for top in self.net._top_ids(place)[:1]
            if layer.type != "Split" and self.net._blobs[top].count
        ]
        if stage == "forward":
            self.passes.append(Pass(None, None, self._inputs()))
        self.broken = Broken(stage, self.net.layers[i].name, what, self.batch, images, tuple(largest))
        raise NumbersBroke


def _is_finite(tensor: torch.Tensor) -> bool:
    if not tensor.is_floating_point() or not tensor.numel():
        return True
    # one pass over the numbers: the sum is finite where all are, unless it overflows
    return isfinite(float(tensor.sum())) or bool(torch.isfinite(tensor).all())


def _layers_with_weights(net: Net) -> list[int]:
    owners = {learnable.owner for learnable in net.learnables}
    return [
        i
        for i, layer in enumerate(net.layers)
        if layer.blobs and (i, 0) in owners and net._top_ids(i) and rule_for(layer.type).can_learn
    ]


def _record(net: Net, i: int) -> LayerHealth:
    layer = net.layers[i]
    nothing = Histogram(0.0, np.zeros(0, np.int64), 0.0)
    return LayerHealth(layer.name, layer.type, layer.blobs[0].count, specs(layer)[0].lr_mult, nothing)


def _rectified(net: Net) -> list[int]:
    return [
        i
        for i, layer in enumerate(net.layers)
        if layer.type == "ReLU" and not _slope(layer.param) and len(net._blobs[net._top_ids(i)[0]].shape) > 1
    ]


def _slope(param: Any) -> float:
    return float(param.relu_param.negative_slope)
