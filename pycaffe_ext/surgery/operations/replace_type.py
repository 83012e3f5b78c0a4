"""Another type for a layer."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from ...errors import UnknownNameError
from ...model.view import LayerView, NetView
from ...text import Document, Edit
from ..operation import Operation, Option, Request

if TYPE_CHECKING:
    from ..weights import Weights

__all__ = ["replace_type"]

_log = logging.getLogger(__name__)

_SHARED = ("transform_param", "loss_param", "param")
_PARAM = {"Deconvolution": "convolution_param", "Im2col": "convolution_param", "RNN": "recurrent_param"} | {
    "LSTM": "recurrent_param",
    "EuclideanLoss": "loss_param",
}


def replace_type(document: Document, name: str, kind: str) -> Iterator[Edit]:
    """Gives the layer (all of that name) another type; its fields stay. Warns of those that mean nothing to the type.

    A type that Caffe does not have may be a fork's: it is written, with a warning. Raises UnknownNameError, NetError.
    """
    from ...model.rules import known_types
    from ..fields import set_type

    if kind not in known_types():
        unknown = UnknownNameError("layer type", kind, known_types())
        _log.warning("%s in Caffe; a fork may have it", unknown)
    for layer in NetView(document).named(name):
        yield from set_type(layer, kind)
        for field in _without_meaning(layer, kind):
            _log.warning("layer '%s': %s means nothing to %s; --unset %s.%s", name, field, kind, name, field)


def _without_meaning(layer: LayerView, kind: str) -> list[str]:
    fields = dict.fromkeys(field.name for field in layer.message.fields if field.name.endswith("_param"))
    return [field for field in fields if field not in (*_SHARED, message_of(kind))]


def message_of(kind: str) -> str:
    """The message that holds a type's fields: inner_product_param for InnerProduct; empty where there is none."""
    from ...proto.caffe_pb2 import LayerParameter

    plain = {field.name.replace("_", ""): field.name for field in LayerParameter.DESCRIPTOR.fields}
    return _PARAM.get(kind) or plain.get(f"{kind.removesuffix('WithLoss').lower()}param", "")


class ReplaceType(Operation):
    """Another type for a layer."""

    options = (Option("--replace-type", "another type for a layer, its other fields stay (relu1=ELU)", "LAYER=TYPE"),)
    touches = frozenset({"layer.type"})

    def edits(self, document: Document, requests: Sequence[Request]) -> Iterator[Edit]:
        return replace_type(document, *requests[0].pair("LAYER=TYPE"))

    def weights(self, before: Document, after: Document, weights: Weights, requests: Sequence[Request]) -> None:
        """What does not fit any more goes, as do the layer's blobs where its type has no parameters."""
        from ..fit import drop, drop_misfits
        from ..roles import roles_of

        drop_misfits(before, after, weights)
        name, kind = requests[0].pair("LAYER=TYPE")
        if name in weights and roles_of(NetView(after).named(name)[0]) == ():
            drop(weights, name, f"{kind} has no parameters")


operation = ReplaceType()
