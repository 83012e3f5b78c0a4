"""Split layers, which Caffe puts after a blob that several layers take, so that their diffs add up."""

from __future__ import annotations

from collections import Counter

from ..errors import NetError, UnknownNameError
from ..proto.caffe_pb2 import LayerParameter, NetParameter

Top = tuple[int, int]
"""A top by the index of its layer and its own index there: names repeat where layers work in place."""


def insert_splits(net: NetParameter) -> NetParameter:
    """A new net with a Split layer after each top that has more than one use; `net` is unchanged.

    A use is a bottom of a later layer, or a loss weight other than 0 of the top itself, which then moves to
    the split's first top. The split of top number i of a layer is named `{blob}_{layer}_{i}_split`, its tops
    `{blob}_{layer}_{i}_split_{k}`. Call it on a filtered net of current form.
    Raises NetError for a bottom that no earlier layer makes.
    """
    sources = _sources(net)
    weights = {
        (i, j): weight
        for i, layer in enumerate(net.layer)
        for j, weight in enumerate(layer.loss_weight[: len(layer.top)])
        if weight
    }
    uses = Counter([*sources.values(), *weights])
    given: Counter[Top] = Counter(weights.keys())  # tops of each split that are taken: the loss takes the first

    new = NetParameter()
    new.CopyFrom(net)
    del new.layer[:]
    for i, old in enumerate(net.layer):
        layer = new.layer.add()
        layer.CopyFrom(old)
        for j in range(len(old.bottom)):
            source = sources[i, j]
            if uses[source] > 1:
                layer.bottom[j] = f"{_split_name(net.layer[source[0]], source[1])}_{given[source]}"
                given[source] += 1
        for j in range(len(old.top)):
            if uses[i, j] > 1:
                weight = weights.get((i, j), 0.0)
                new.layer.append(_split(old, j, uses[i, j], weight))
                if weight:
                    layer.ClearField("loss_weight")
    return new


def _sources(net: NetParameter) -> dict[tuple[int, int], Top]:
    """The top that each bottom (layer index, its own index) takes: the last one of that name before it."""
    made: dict[str, Top] = {}
    sources = {}
    for i, layer in enumerate(net.layer):
        for j, blob in enumerate(layer.bottom):
            if blob not in made:
                raise NetError(layer.name, str(UnknownNameError("blob", blob, made)))
            sources[i, j] = made[blob]
        made.update((blob, (i, j)) for j, blob in enumerate(layer.top))
    return sources


def _split_name(layer: LayerParameter, top: int) -> str:
    return f"{layer.top[top]}_{layer.name}_{top}_split"


def _split(layer: LayerParameter, top: int, count: int, weight: float) -> LayerParameter:
    name = _split_name(layer, top)
    split = LayerParameter(name=name, type="Split", bottom=[layer.top[top]], top=[f"{name}_{k}" for k in range(count)])
    if weight:
        split.loss_weight.extend([weight] + [0.0] * (count - 1))
    return split
