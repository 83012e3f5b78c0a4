"""Fillers for layers that Caffe would start from zeros."""

from __future__ import annotations

from collections.abc import Iterator

from ..model.view import LayerView
from ..text import Edit
from ..text.layout import New, insert_after

FILLED = ("inner_product_param", "convolution_param")
"""Messages with a weight_filler, whose default is zeros."""

_TYPES = ("Convolution", "Deconvolution", "InnerProduct")


def add_weight_filler(layer: LayerView) -> Iterator[Edit]:
    """Gives a layer with num_output a weight_filler (xavier) where it has none."""
    if layer.type not in _TYPES:
        return
    for message in [layer.body] if layer.is_v0 else [layer.message.message(name) for name in FILLED]:
        if message is not None and message.scalars("num_output") and not message.messages("weight_filler"):
            new = New("weight_filler", [New("type", '"xavier"')], one_line=True)
            yield insert_after(layer.document, message.named("num_output")[-1], [new], message.fields)
