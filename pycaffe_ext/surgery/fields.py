"""Edits to the fields of one layer, and new layers: for operations that change what a layer is."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from ..model.view import LayerView
from ..text import Document, Edit, Field, Message, Scalar
from ..text.layout import New, insert_after, insert_first, quoted, remove, render, replace
from ..text.style import indent_at
from .rates import last_heading

Wanted = str | Sequence[str] | New | None
"""A field's new text, several for a repeated one, a message of that name, None for none."""


def set_fields(layer: LayerView, message: str, wanted: Mapping[str, Wanted]) -> Iterator[Edit]:
    """Gives fields of a layer's message (convolution_param) these values; the message is added where it is missing.

    Repeated fields get exactly the values given. What goes makes place for what comes.
    """
    texts = {name: _contents(value) for name, value in wanted.items()}
    block = layer.message.message(message)
    if block is None:
        new = [New(name, text) for name, values in texts.items() for text in values]
        if new:
            yield insert_after(layer.document, last_heading(layer), [New(message, new)], layer.message.fields)
        return
    gone: list[Field] = []
    missing: list[New] = []
    for name, values in texts.items():
        found = block.named(name)
        if values and [_plain(scalar.text) for scalar in block.scalars(name)] == [_plain(value) for value in values]:
            continue
        plain = [one for one in found if not one.is_list and isinstance(one.values[0], Scalar)]
        for field, text in zip(plain, values, strict=False):
            scalar = field.values[0]
            if isinstance(scalar, Scalar) and isinstance(text, str) and _plain(scalar.text) != _plain(text):
                yield from replace(scalar, text)
        gone += plain[len(values) :] + [one for one in found if one not in plain]
        more = [New(name, text) for text in values[len(plain) :]]
        if plain and more:
            yield insert_after(layer.document, plain[-1], more, block.fields)
        else:
            missing += more
    gone.sort(key=lambda field: field.start)
    n_first = max(0, len(missing) - len(gone))  # the order of repeated fields is theirs in the text
    for added in missing[:n_first]:
        yield insert_first(layer.document, block, added)
    for field, added in zip(gone, missing[n_first:], strict=False):
        yield Edit(field.start, field.end, render(layer.document, added._replace(one_line=True), block.fields, ""))
    yield from without_overlap(remove(layer.document, field) for field in gone[len(missing) :])


def _contents(wanted: Wanted) -> list[str | Sequence[New]]:
    if isinstance(wanted, New):
        return [wanted.content]
    return [wanted] if isinstance(wanted, str) else list(wanted or ())


def _plain(text: str | Sequence[New]) -> object:
    """A value to compare: a string without its quotes, other values as they are written."""
    return text.strip("\"'") if isinstance(text, str) else text


def without_overlap(deletions: Iterator[Edit]) -> Iterator[Edit]:
    """Deletions that share blanks between them, as one each."""
    last: Edit | None = None
    for edit in sorted(deletions):
        if last is not None and edit.start < last.end:
            last = Edit(last.start, max(last.end, edit.end), "")
            continue
        if last is not None:
            yield last
        last = edit
    if last is not None:
        yield last


def rename_field(field: Field, name: str) -> Edit:
    """Another name for a field, as for a message of another layer type."""
    return Edit(field.start, field.start + len(field.name), name)


def type_text(layer: LayerView, kind: str) -> str:
    """A layer type as this layer's format writes it. Raises NetError for one that V1 does not have."""
    if not layer.is_v1:
        return quoted(kind, like=layer.body.scalar("type"))
    from ..proto.caffe_pb2 import V1LayerParameter

    names = {name.replace("_", ""): name for name in V1LayerParameter.LayerType.keys()}  # noqa: SIM118
    name = names.get(kind.replace("WithLoss", "Loss").upper())
    if name is None:
        raise layer.error(f"needs a {kind} layer beside it, which the old format (layers) does not have; --upgrade it")
    return str(name)


def set_type(layer: LayerView, kind: str) -> Iterator[Edit]:
    """Another type for a layer."""
    written = layer.body.scalar("type")
    if written is None:
        raise layer.error("has no type")
    yield from replace(written, type_text(layer, kind))


def new_layer(
    like: LayerView, name: str, kind: str, bottoms: Sequence[str], tops: Sequence[str], more: Sequence[New] = ()
) -> New:
    """A layer in the format and with the quotes of another one."""
    mark = like.body.scalar("name")
    fields = [New("name", quoted(name, like=mark)), New("type", type_text(like, kind))]
    fields += [New("bottom", quoted(bottom, like=mark)) for bottom in bottoms]
    fields += [New("top", quoted(top, like=mark)) for top in tops]
    return New(like.field.name, [*fields, *more])


def as_new(fields: Sequence[Field]) -> list[New]:
    """Fields as they are written, without comments, to write them once more."""
    return [
        New(one.name, value.text if isinstance(value, Scalar) else as_new(value.fields))
        for one in fields
        for value in one.values
    ]


def insert_layers_before(layer: LayerView, new: Sequence[New]) -> Edit:
    """Puts layers before one, below the comments above it."""
    document, at = layer.document, layer.field.start
    indent = indent_at(document.text, at) or ""
    written = "".join(_rendered(document, one, indent) + document.newline + indent for one in new)
    return Edit(at, at, written)


def insert_layers_after(layer: LayerView, new: Sequence[New]) -> Edit:
    """Puts layers behind one."""
    return insert_after(layer.document, layer.field, new, layer.document.root.fields)


def _rendered(document: Document, new: New, indent: str) -> str:
    return render(document, new, document.root.fields, indent).removeprefix(indent)


def fields_of(layer: LayerView, message: str) -> list[Field]:
    """The fields in a layer's message; none where it has no such message."""
    found: Message | None = layer.message.message(message)
    return [] if found is None else found.fields
