"""What depends on the classes of a head: layers that take its outputs together with labels, or cut them by number."""

from __future__ import annotations

import logging
from collections.abc import Iterator

from ..model.view import LayerView, NetView
from .roles import roles_of

_log = logging.getLogger(__name__)

_BY_NUMBER = ("Slice", "Reshape", "Permute", "Crop", "Filter", "ShuffleChannel")


def behind(net: NetView, layer: LayerView) -> Iterator[LayerView]:
    """The layers that the outputs of a layer reach before others with parameters, these included, in file order."""
    blobs = set(layer.top_names)
    for one in net.layers[layer.index + 1 :]:
        if blobs & set(one.bottom_names):
            yield one
            if not roles_of(one):
                blobs |= set(one.top_names)


def warn_of_labels(net: NetView, layer: LayerView, what: str) -> None:
    """Says which layers behind a head have to be looked at once its classes are others."""
    for one in behind(net, layer):
        if len(one.bottoms) > 1 and ("loss" in one.type.lower() or one.type in ("Accuracy", "Python")):
            also = " and the infogain matrix" if one.type == "InfogainLoss" else ""
            _log.warning("layer '%s' (%s): its labels%s have to follow: %s", one.name, one.type, also, what)
        elif one.type in _BY_NUMBER:
            _log.warning("layer '%s' (%s) may count channels: %s", one.name, one.type, what)


def warn_of_top_k(net: NetView, layer: LayerView, outputs: int) -> None:
    """Says which layers behind want more classes than there are; Caffe would refuse the net."""
    for one in behind(net, layer):
        for message in ("accuracy_param", "argmax_param"):
            top_k = one.scalar_in(message, "top_k")
            if top_k is not None and (top_k.number or 0) > outputs:
                _log.warning("layer '%s': top_k %s is more than %d outputs", one.name, top_k.text, outputs)
