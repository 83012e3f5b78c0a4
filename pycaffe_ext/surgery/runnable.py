"""A net that can be run on any images: inputs where data layers were, nothing that only measures."""

from __future__ import annotations

from google.protobuf import text_format

from ..errors import NetError
from ..proto.caffe_pb2 import NetParameter
from ..text import Document
from .anatomy import Anatomy, Part
from .graph import is_deployed, is_sink
from .inputs import is_data, top_shape


def runnable(document: Document) -> str:
    """The net of the TEST phase as prototxt, without its losses and metrics, its data from Input layers.

    What data layers give besides images (labels) is left out where only losses and metrics take it.
    Raises NetError where the shape of an input is not known.
    """
    anatomy = Anatomy(document)
    present = [part for part in anatomy.parts if is_deployed(part.view) and not is_sink(part.view)]
    taken = {blob for part in present for blob in part.view.bottom_names}
    net = NetParameter(name="runnable")
    made: set[str] = set()
    _add_fields(anatomy, net)
    for part in present:
        if is_data(part.view):
            _add_inputs(part, taken - made, net)
        else:
            net.layer.append(part.param)
            for rules in (net.layer[-1].include, net.layer[-1].exclude):
                del rules[:]
        made.update(part.view.top_names)
    return str(text_format.MessageToString(net))


def _add_fields(anatomy: Anatomy, net: NetParameter) -> None:
    """The net's input fields."""
    from ..model.upgrade import upgrade_net
    from .schema import read_net

    layers = upgrade_net(read_net(anatomy.document)).layer
    net.layer.extend(layers[: len(layers) - len(anatomy.parts)])


def _add_inputs(part: Part, taken: set[str], net: NetParameter) -> None:
    for top in part.view.top_names:
        if top not in taken:
            continue
        shape = top_shape(part.view, top)
        if shape is None:
            raise NetError(
                "",
                f"{part.error(f'the shape of its top {top!r} is not known, so the net cannot be run')};"
                " use the deploy net",
            )
        layer = net.layer.add(name=top, type="Input", top=[top])
        layer.input_param.shape.add(dim=shape)
