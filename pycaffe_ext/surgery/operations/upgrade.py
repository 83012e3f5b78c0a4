"""Nets of Caffe's older formats (V0, V1, input fields) in the current one, and their weights."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from ...errors import CaffeError, NetError
from ...model.view import LayerView, NetView
from ...text import Document, Edit, Field, Message
from ...text.layout import New, insert_after, quoted, remove, render, replace
from ...text.style import indent_at
from ..operation import Operation, Option, Request

if TYPE_CHECKING:
    from ..weights import Weights

__all__ = ["upgrade"]

_PARAM_FIELDS = {"param": "name", "blob_share_mode": "share_mode", "blobs_lr": "lr_mult", "weight_decay": "decay_mult"}
_TRANSFORMED = {"Data": "data_param", "ImageData": "image_data_param", "WindowData": "window_data_param"}
_TRANSFORM_FIELDS = ("scale", "mean_file", "crop_size", "mirror")
_INPUT_FIELDS = ("input", "input_dim", "input_shape")


def upgrade(document: Document) -> list[Edit]:
    """Writes the net as Caffe's own upgrade reads it: layer, types as strings, param blocks, transform_param, Input.

    V1 layers keep their text, a fork's fields included; V0 layers are written anew, their comments above them.
    Raises NetError, UnknownNameError for nets that no format allows.
    """
    from ...model.upgrade import needs_upgrade, upgrade_net
    from ..schema import read_net

    old = read_net(document)
    if not needs_upgrade(old):
        return []
    try:
        new = upgrade_net(old)
    except CaffeError as error:
        raise NetError("", f"{document.file}: {error}") from error
    net = NetView(document)
    edits = list(_inputs(document, new))
    made = iter(new.layer[len(new.layer) - sum(not _is_padding(layer) for layer in net.layers) :])
    moves = any(_loose(layer) for layer in net.layers)
    for layer in net.layers:
        if layer.is_v1 and layer.field.is_list:
            raise layer.error("is written in a list [ ]; write each layer as layers { } of its own")
        if layer.is_v0:
            edits.append(_rewritten(layer, None if _is_padding(layer) else next(made)))
            continue
        message = next(made)
        if layer.is_v1:
            edits += _from_v1(layer, message, moves)
        elif layer.type == "BatchNorm":
            edits += _statistics(layer, message)
    after = document.apply(edits)
    if read_net(after) != new:
        raise CaffeError(f"{document.file}: cannot be upgraded in its text; upgrade_net_proto_text writes it anew")
    return edits


def _is_padding(layer: LayerView) -> bool:
    return layer.is_v0 and layer.body.text_of("type") == "padding"


def _from_v1(layer: LayerView, message: Any, moves: bool) -> Iterator[Edit]:
    from ..fields import without_overlap

    document = layer.document
    yield Edit(layer.field.start, layer.field.start + len("layers"), "layer")
    written = layer.body.scalar("type")
    if written is not None:
        yield from replace(written, quoted(message.type, like=layer.body.scalar("name")))
    fields = [field for field in layer.message.fields if field.name in _PARAM_FIELDS]
    if fields:
        mark = layer.body.scalar("name")
        blocks = [_block(layer, index, mark) for index in range(len(message.param))]
        yield _instead(document, fields[0], blocks)
        yield from without_overlap(remove(document, field) for field in fields[1:])
    loose = _loose(layer)
    if moves and loose:
        block = layer.message.named(_TRANSFORMED[layer.type])[-1]
        new = [New(field.name, _text(field)) for field in loose]
        there = layer.message.message("transform_param")
        if there is None:
            yield insert_after(document, block, [New("transform_param", new)], layer.message.fields)
        elif there.fields:
            yield insert_after(document, there.fields[-1], new, there.fields)
        yield from without_overlap(remove(document, field) for field in loose)


def _loose(layer: LayerView) -> list[Field]:
    """Transformation fields outside of transform_param."""
    if not layer.is_v1 or layer.is_v0 or layer.type not in _TRANSFORMED:
        return []
    blocks: list[Message] = layer.message.messages(_TRANSFORMED[layer.type])
    return [field for block in blocks for field in block.fields if field.name in _TRANSFORM_FIELDS]


def _text(field: Field) -> str:
    return "".join(piece.text for value in field.values if not isinstance(value, Message) for piece in value.pieces)


def _block(layer: LayerView, index: int, mark: Any) -> New:
    """The param block of a parameter, numbers as they are written."""
    found = []
    for old, new in _PARAM_FIELDS.items():
        scalars = layer.body.scalars(old)
        if index < len(scalars):
            found.append(New(new, scalars[index].text))
    return New("param", found, one_line=True)


def _instead(document: Document, field: Field, new: Sequence[New]) -> Edit:
    indent = indent_at(document.text, field.start)
    if indent is None:
        text = " ".join(render(document, one._replace(one_line=True), (), "") for one in new)
    else:
        text = document.newline.join(render(document, one, (), indent) for one in new).removeprefix(indent)
    return Edit(field.start, field.stop, text)


def _statistics(layer: LayerView, message: Any) -> Iterator[Edit]:
    from ..rates import set_rates

    for field in ("lr_mult", "decay_mult"):
        if len(layer.params) == 3 and not any(getattr(spec, field) for spec in message.param):
            yield from set_rates(layer, dict.fromkeys(range(3), "0"), field)


def _rewritten(layer: LayerView, message: Any) -> Edit:
    """A V0 layer written anew; nothing for a padding layer, which went into the one behind it."""
    from google.protobuf import text_format

    from ..fields import as_new

    document, field = layer.document, layer.field
    indent = indent_at(document.text, field.start) or ""
    lines = _comments_in(document, field)
    if message is not None:
        fields = as_new(Document(text_format.MessageToString(message)).root.fields)
        lines.append(render(document, New("layer", fields), (), indent).removeprefix(indent))
    return Edit(field.start, field.stop, (document.newline + indent).join(lines))


def _inputs(document: Document, new: Any) -> Iterator[Edit]:
    """An Input layer in the place of the net's input fields."""
    from google.protobuf import text_format

    from ..fields import as_new, without_overlap

    fields = [field for field in document.root.fields if field.name in _INPUT_FIELDS]
    if not any(field.name == "input" for field in fields):
        return
    layers: Sequence[New] = ()
    if len(fields) > sum(field.name == "input" for field in fields):
        written = text_format.MessageToString(new.layer[0])
        layers = [New("layer", as_new(Document(written).root.fields))]
    gone = []
    for field in fields:
        comments = _comments_in(document, field)
        if field is fields[0] and not comments:
            yield _instead(document, field, layers)
        elif comments:
            texts = [render(document, one, (), "") for one in layers if field is fields[0]]
            yield Edit(field.start, field.stop, document.newline.join([*comments, *texts]))
        else:
            gone.append(remove(document, field))
    yield from without_overlap(iter(gone))


def _comments_in(document: Document, field: Field) -> list[str]:
    return [one.text.rstrip() for one in document.comments if field.start <= one.start < field.end]


class Upgrade(Operation):
    """Old formats in the current one."""

    options = (Option("--upgrade", "write nets and weights of Caffe's older formats (V0, V1) in the current one"),)
    touches = None

    def edits(self, document: Document, requests: Sequence[Request]) -> Sequence[Edit]:
        edits = upgrade(document)
        _check_comments(document, document.apply(edits))
        return edits

    def weights(self, before: Document, after: Document, weights: Weights, requests: Sequence[Request]) -> None:
        from ..weights_upgrade import upgrade_weights

        upgrade_weights(weights)


def _check_comments(before: Document, after: Document) -> None:
    texts: Mapping[str, list[str]] = {
        key: [one.text.rstrip() for one in document.comments] for key, document in (("old", before), ("new", after))
    }
    if texts["old"] != texts["new"]:
        raise CaffeError(f"{before.file}: a comment stands where the upgrade cannot keep it; move it to its own line")


operation = Upgrade()
