"""Scores of classes at each place, of a net whose scores are a mean over places: exactly what each patch adds.

Brendel and Bethge, "Approximating CNNs with bag-of-local-features models works surprisingly well on ImageNet", ICLR
2019: where a global average and linear layers alone follow the last feature map, the linear layers may as well come
first; then the scores are the mean of scores per place.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import torch

from ...errors import NetError
from ..attribution.class_scores import class_scores
from ..subject import Array, Subject

_PASS = ("Dropout", "Flatten", "Reshape", "Split")


@dataclass(frozen=True)
class LocalHead:
    """`maps`: the blob whose places are averaged; `linear`: the layers behind that, by index, in order."""

    maps: str
    linear: tuple[int, ...]


def local_head(subject: Subject) -> LocalHead:
    """How the net's scores are a mean over places. Raises NetError where they are not."""
    layers, name = subject.net.param.layer, class_scores(subject).blob
    linear: list[int] = []
    place = len(layers)
    while True:
        place = max((i for i in range(place) if name in layers[i].top), default=-1)
        if place < 0:
            raise NetError("", f"{subject.file}: no average over places leads to the scores")
        layer = layers[place]
        shape = subject.net.blobs[layer.bottom[0]].shape if layer.bottom else ()
        is_pooled = all(size == 1 for size in shape[2:])
        if layer.type == "Pooling":
            _check_mean(subject, layer, shape)
            return LocalHead(str(layer.bottom[0]), tuple(reversed(linear)))
        if layer.type in ("InnerProduct", "Convolution") and is_pooled:
            linear.append(place)
        elif not (layer.type in _PASS and is_pooled):
            what = "sees where things are" if not is_pooled else "is not linear"
            problem = (
                f"({layer.type}) {what}: the scores are no mean over places (a BagNet, ResNet or SqueezeNet's are)"
            )
            raise NetError(layer.name, problem)
        name = layer.bottom[0]


def local_scores(subject: Subject, batch: Array, head: LocalHead | None = None) -> Array:
    """N x K x h x w, whose mean over h and w is the net's scores for N x C x H x W. Raises NetError."""
    head = head or local_head(subject)
    values = torch.from_numpy(subject.activations(batch, head.maps))
    for index in head.linear:
        layer = subject.net.layers[index]
        weight, *biases = (blob.tensor.detach().cpu() for blob in layer.blobs)
        groups = 1
        if layer.type == "InnerProduct":
            weight = weight.t() if layer.param.inner_product_param.transpose else weight
        else:
            groups = layer.param.convolution_param.group
        weight = weight.reshape(weight.shape[0], -1, 1, 1)
        values = torch.nn.functional.conv2d(values, weight, biases[0] if biases else None, groups=groups)
    return np.asarray(values.numpy(), np.float32)


def _check_mean(subject: Subject, layer: Any, shape: tuple[int, ...]) -> None:
    param = layer.pooling_param
    kernel = (param.kernel_h or param.kernel_size, param.kernel_w or param.kernel_size)
    covers = param.global_pooling or (tuple(shape[2:]) == kernel and not (param.pad or param.pad_h or param.pad_w))
    if param.pool != param.AVE or not covers:
        problem = "is no average over all places, so the scores are no mean over places"
        raise NetError(layer.name, f"{problem} (a BagNet's, ResNet's or SqueezeNet's are)")
