"""How many numbers each parameter of a net holds, from the shapes of its blobs."""

from __future__ import annotations

from math import prod

from google.protobuf import text_format

from ..errors import CaffeError
from ..model.phases import filter_net
from ..model.shapes import infer
from ..model.upgrade import upgrade_net
from ..model.view import NetView
from ..proto.caffe_pb2 import TEST, TRAIN, NetParameter, NetState, Phase
from ..text import Document
from .flow import is_sink
from .inputs import image_shape, is_data


def parameter_counts(document: Document) -> tuple[dict[str, list[int]], str]:
    """The sizes of each layer's parameters by layer name, and in words why some are missing (or nothing).

    Layers below a fork's layer type, or below data whose shape nothing says, are missing.
    """
    counts: dict[str, list[int]] = {}
    problem = ""
    for phase in (TRAIN, TEST):
        try:
            net = _current_net(document, phase)
            shapes = infer(net)
        except CaffeError as error:
            problem = problem or str(error)
            continue
        for layer, params in zip(net.layer, shapes.params, strict=True):
            if params is not None:
                counts.setdefault(layer.name, [prod(param.shape) for param in params])
    return counts, problem


def _current_net(document: Document, phase: Phase.ValueType) -> NetParameter:
    """The net of a phase in Caffe's current form, without losses, its data as Input layers where their shape is known."""
    net = NetParameter()
    try:
        text_format.Merge(document.to_bytes().decode("utf-8", "replace").lstrip("\ufeff"), net, allow_unknown_field=True)
    except text_format.ParseError as error:
        raise CaffeError(f"Caffe's schema does not know this: {error}") from error
    net = filter_net(upgrade_net(net), NetState(phase=phase))
    views = {layer.name: layer for layer in NetView(document).layers}
    ...
    return net
