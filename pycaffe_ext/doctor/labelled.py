"""Which layers bring images and which bring their labels, found by who takes them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from ..surgery.inputs import is_data
from .case import Case
from .classes import ClassUse, class_uses
from .data_source import DataSource
from .phase_net import SAME_VALUES, PhaseNet

_LABEL_LAYERS = (*SAME_VALUES, "Slice", "Pooling", "Power", "Interp", "Permute", "Threshold")


@dataclass(frozen=True)
class Pair:
    """Images and their labels, of two layers. `is_map`: labels that lie on places of the image."""

    net: PhaseNet
    images: DataSource
    labels: DataSource
    is_map: bool


def data_layers(case: Case) -> list[DataSource]:
    """What is read in either phase."""
    layers = {layer.index: layer for net in case.phases for layer in net.layers if is_data(layer)}
    return [case.source(layer) for layer in layers.values() if layer.type != "DummyData" and case.source(layer).written]


def all_class_uses(case: Case) -> list[ClassUse]:
    """The losses and metrics over classes, those of both phases once for each data layer that gives their labels."""
    found: dict[tuple[int, int | None], ClassUse] = {}
    for net in case.phases:
        for use in class_uses(case, net):
            source = use.labels.layer.index if use.labels is not None else None
            found.setdefault((use.layer.index, source), use)
    return list(found.values())


def map_uses(case: Case) -> list[ClassUse]:
    """The uses with a label for each place."""
    return [use for use in all_class_uses(case) if use.is_map]


def pairs(case: Case) -> list[Pair]:
    """Images and labels that two layers load, for each phase."""
    found: dict[tuple[str, int, int], Pair] = {}
    for net in case.phases:
        for place in net.losses:
            layer = net.layers[place]
            if len(layer.bottoms) < 2:
                continue
            label = net.data_of(place, layer.bottom_names[1], _LABEL_LAYERS)
            scores = net.maker(place, layer.bottom_names[0])
            if label is None or scores is None:
                continue
            origins = sorted(one for one in {scores, *net.before(scores)} if is_data(net.layers[one]))
            if label in origins or not origins:
                continue
            shape = net.shape(layer.bottom_names[0])
            is_map = len(shape) > 2 and max(shape[2:]) > 1 if shape is not None else _is_dense(net, scores)
            pair = Pair(net, case.source(net.layers[origins[0]]), case.source(net.layers[label]), is_map)
            if pair.images.param is not None and pair.labels.param is not None:
                found.setdefault((net.name, origins[0], label), pair)
    return list(found.values())


def _is_dense(net: PhaseNet, scores: int) -> bool:
    """Whether scores of unknown shape come without any fully connected layer."""
    return not any(net.layers[one].type == "InnerProduct" for one in {scores, *net.before(scores)})


def unreadable(sources: Iterable[DataSource]) -> Iterator[str]:
    """Why sources cannot be looked at."""
    return (source.absent or f"'{source.written}', which cannot be read" for source in sources if not source.usable)


def unreadable_labels(case: Case) -> Iterator[str]:
    """Why the labels of losses and metrics cannot be looked at."""
    return unreadable(use.labels for use in all_class_uses(case) if use.labels is not None)
