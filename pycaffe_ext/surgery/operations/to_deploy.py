"""A deploy net from a train_val: data in from outside, probabilities out, nothing that only serves training.

Fillers and param blocks stay: they do no harm, they keep the two files alike, and shared parameters need them.
Dropout stays too, it does nothing in the TEST phase.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from ...errors import NetError, OptionError
from ...model.view import LayerView, NetView
from ...text import Document, Edit
from ...text.layout import New, quoted, remove, remove_block, render, replace
from ...text.style import indent_at
from ..operation import Operation, Option, Request

if TYPE_CHECKING:
    from ..flow import Activation

__all__ = ["to_deploy"]

_log = logging.getLogger(__name__)

Shape = tuple[int, ...]
_Sources = Mapping[str, "LayerView | None"]


def to_deploy(document: Document, shapes: Mapping[str, Shape] | None = None) -> Iterator[Edit]:
    """Makes a net that predicts: see `flow.flow_of` for what stays.

    `shapes`: the shape of each input blob, batch first; "" stands for the only one. Where none is given, the data
    layer's database, crop_size and the like say it, with a batch of 1.
    Raises NetError where a shape is not known or nothing would be left, OptionError for a shape of no input.
    """
    from ..flow import flow_of  # not above: they bring protobuf
    from ..graph import is_sink
    from ..inputs import is_data

    net = NetView(document)
    rules = [layer for layer in net.layers if layer.message.named("include") or layer.message.named("exclude")]
    if not rules and not any(is_data(layer) or is_sink(layer) for layer in net.layers):
        if shapes:
            raise OptionError(f"{document.file}: has no data layer whose shape --input-shape could be")
        _log.info("%s: is a deploy net already", document.file)
        return
    for layer in net.layers:
        if layer.is_v0:
            raise layer.error("is of Caffe's first format (V0); run upgrade_net_proto_text on the net before")
        if layer.field.is_list:
            raise layer.error("is written in a list [ ]; write each layer as layer { } of its own")
    flow = flow_of(net)
    if not flow.kept:
        raise NetError("", f"{document.file}: no layer here has parameters and leads to an output")
    new = _input_fields(net, flow.inputs, dict(shapes or {}))
    taken = {name for index in flow.kept for name in net.layers[index].top_names}
    for one in flow.activations:
        new[one.loss.index] = [_activation(one, taken, is_only=len(flow.activations) == 1)]
    for layer in net.layers:
        if layer.index in new:
            yield _instead(layer, new[layer.index])
        elif layer.index in flow.kept:
            yield from _for_deploy(layer)
        else:
            yield remove_block(document, layer.field)


def _input_fields(
    net: NetView, inputs: Mapping[str, LayerView | None], shapes: dict[str, Shape]
) -> dict[int, list[New]]:
    """What stands in place of each data layer that the deploy net needs, by its index."""
    from ..inputs import top_shape

    file = net.document.file
    if "" in shapes and len(inputs) == 1:
        shapes[next(iter(inputs))] = shapes.pop("")
    for blob in shapes.keys() - inputs.keys():
        given = f"'{blob}' is no input" if blob else "there is more than one input: say BLOB=N,C,H,W"
        raise OptionError(f"{file}: --input-shape: {given}; inputs are {', '.join(inputs)}")
    new: dict[int, list[New]] = {}
    for blob, source in inputs.items():
        if source is None:
            user = next(one for one in net.layers if blob in one.bottom_names)
            raise user.error(f"its bottom '{blob}' is made by no layer")
        shape = shapes.get(blob) or top_shape(source, blob)
        if shape is None:
            raise source.error(
                f"the shape of its top '{blob}' is not known from {source.type}; give --input-shape {blob}=1,3,H,W"
            )
        _log.info("%s: input '%s' is %s", file, blob, " x ".join(map(str, shape)))
        name = quoted(blob, like=source.body.scalar("name"))
        new.setdefault(source.index, []).extend(_v1_input(name, shape) if source.is_v1 else [_input(name, shape)])
    return new


def _input(name: str, shape: Shape) -> New:
    dims = New("shape", [New("dim", str(size)) for size in shape])
    fields = [New("name", name), New("type", f"{name[0]}Input{name[0]}"), New("top", name)]
    return New("layer", [*fields, New("input_param", [dims], one_line=True)])


def _v1_input(name: str, shape: Shape) -> list[New]:
    """Fields of the net: V1 has no Input layer, and the Caffe of its time only shapes of four sizes."""
    if len(shape) == 4:
        return [New("input", name), *(New("input_dim", str(size)) for size in shape)]
    return [New("input", name), New("input_shape", [New("dim", str(size)) for size in shape])]


def _activation(one: Activation, taken: set[str], is_only: bool) -> New:
    """The Softmax or Sigmoid layer in place of a loss: "prob", or BLOB_prob where that is taken or not the only one."""
    loss = one.loss
    name = "prob" if is_only and "prob" not in taken else f"{one.blob}_prob"
    like = loss.body.scalar("name")
    fields = [
        New("name", quoted(name, like=like)),
        New("type", one.type.upper() if loss.is_v1 else quoted(one.type, like=like)),
        New("bottom", quoted(one.blob, like=like)),
        New("top", quoted(name, like=like)),
    ]
    axis = loss.scalar_in("softmax_param", "axis")
    if axis is not None:
        fields.append(New("softmax_param", [New("axis", axis.text)]))
    return New(loss.field.name, fields)


def _instead(layer: LayerView, new: Sequence[New]) -> Edit:
    document, field = layer.document, layer.field
    indent = indent_at(document.text, field.start) or ""
    text = document.newline.join(render(document, one, document.root.fields, indent) for one in new)
    return Edit(field.start, field.stop, text.removeprefix(indent))


def _for_deploy(layer: LayerView) -> Iterator[Edit]:
    """A layer that stays is there in every phase; BatchNorm normalises by what it has learned, not by one image."""
    for rules in (*layer.message.named("include"), *layer.message.named("exclude")):
        yield remove(layer.document, rules)
    stats = layer.scalar_in("batch_norm_param", "use_global_stats")
    if stats is not None and not stats.is_true:
        yield from replace(stats, "true")


class ToDeploy(Operation):
    """A deploy net from a train_val."""

    options = (
        Option("--to-deploy", "turn a train_val net into a deploy net"),
        Option(
            "--input-shape",
            "with --to-deploy: the input's shape, where no database or crop_size says it",
            "[BLOB=]N,C,H,W",
        ),
    )
    touches = None
    together = True

    def edits(self, document: Document, requests: Sequence[Request]) -> Iterator[Edit]:
        shapes = dict(_shape(request) for request in requests if request.flag == "--input-shape")
        if len(shapes) == len(requests):
            raise OptionError("--input-shape says something to --to-deploy; give the two side by side")
        return to_deploy(document, shapes)


def _shape(request: Request) -> tuple[str, Shape]:
    blob, _, sizes = request.value.rpartition("=")
    numbers = sizes.split(",")
    if not all(number.isascii() and number.isdigit() and int(number) > 0 for number in numbers):
        raise OptionError(f"--input-shape takes sizes such as 1,3,227,227, not '{sizes}'")
    return blob, tuple(map(int, numbers))


operation = ToDeploy()
