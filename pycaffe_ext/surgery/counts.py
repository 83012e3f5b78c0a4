"""The shape of each parameter of a net, and how many numbers it holds, from the shapes of its blobs."""

from __future__ import annotations

from math import prod

from ..errors import CaffeError
from ..model.phases import filter_net
from ..model.shapes import infer
from ..model.upgrade import upgrade_net
from ..model.view import LayerView, NetView
from ..proto.caffe_pb2 import TEST, TRAIN, LayerParameter, NetParameter, NetState, Phase
from ..text import Document
from .graph import is_sink
from .inputs import is_data, top_shape
from .schema import read_net

Shape = tuple[int, ...]


def parameter_counts(document: Document) -> tuple[dict[str, list[int]], str]:
    """The sizes of each layer's parameters by layer name, and in words why some are missing (or nothing)."""
    shapes, problem = parameter_shapes(document)
    return {name: [prod(shape) for shape in found] for name, found in shapes.items()}, problem


def parameter_shapes(document: Document) -> tuple[dict[str, list[Shape]], str]:
    """The shapes of each layer's parameters by layer name, and in words why some are missing (or nothing).

    Layers below a fork's layer type, or below data whose shape nothing says, are missing.
    """
    found: dict[str, list[Shape]] = {}
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
                found.setdefault(layer.name, [param.shape for param in params])
    return found, problem


def _current_net(document: Document, phase: Phase.ValueType) -> NetParameter:
    """The net of a phase in Caffe's current form, without its losses, its images from Input layers.

    What no layer makes comes from a layer of no known type, so that the rest is found.
    """
    whole = filter_net(upgrade_net(read_net(document)), NetState(phase=phase))
    net = NetParameter()
    made: set[str] = set()
    views = {(view.name, *view.top_names): view for view in NetView(document).layers}
    for layer in whole.layer:
        view = views.get((layer.name, *layer.top))
        if view is not None and is_data(view):
            _add_input(net, view)
        elif view is None or not is_sink(view):
            net.layer.extend(LayerParameter(top=[blob]) for blob in layer.bottom if blob not in made)
            net.layer.append(layer)
        made.update(layer.bottom, layer.top)
    return net


def _add_input(net: NetParameter, view: LayerView) -> None:
    """Tops of known shape come from an Input layer, the others from a layer of no known type."""
    for top in view.top_names:
        layer = net.layer.add(name=view.name, top=[top])
        shape = top_shape(view, top)
        if shape is not None:
            layer.type = "Input"
            layer.input_param.shape.add(dim=shape)
