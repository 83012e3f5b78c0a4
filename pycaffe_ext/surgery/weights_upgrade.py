"""Weights of V0 and V1 files in the current format; the numbers stay where they are."""

from __future__ import annotations

from ..errors import FileError
from ..model.upgrade import needs_upgrade, upgrade_net
from ..proto.caffe_pb2 import NetParameter
from .weight_layers import LAYERS, Layer, Span
from .weights import Weights


def upgrade_weights(weights: Weights) -> None:
    """Writes the layers as Caffe's upgrade makes them, in place. Raises NetError, UnknownNameError as that does."""
    bare = weights.copy()
    for layer in bare.layers:
        layer.blobs = []
    try:
        net = NetParameter.FromString(bare.to_bytes())
    except Exception as error:
        raise FileError(weights.file, f"is no caffemodel that can be upgraded: {error}") from error
    if not needs_upgrade(net):
        return
    new = upgrade_net(net)
    old = {layer.name: layer for layer in weights.layers}
    layers = []
    for message in new.layer:
        content = message.SerializeToString()
        span = Span(content, 0, len(content))
        source = old.get(message.name, Layer(message.name, []))
        layers.append(Layer(message.name, list(source.blobs), message.type, LAYERS, span, source.was, True))
    new.ClearField("layer")
    head = new.SerializeToString()
    weights.replace_parts([Span(head, 0, len(head)), *layers])
