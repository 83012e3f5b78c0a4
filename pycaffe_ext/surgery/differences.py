"""How two nets differ: by layer and field, not by line."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import pairwise, zip_longest
from typing import NamedTuple

from ..model.view import LayerView, NetView
from ..text import Document, Message, Scalar


class Difference(NamedTuple):
    """`kind`: "only in the first", "only in the second", "order", or "field"; then `path` with the values of both."""

    kind: str
    layer: str
    path: str = ""
    before: str = ""
    after: str = ""


def differences(first: Document, second: Document) -> list[Difference]:
    """All differences, those of the net itself (with no layer's name) first.

    Layers go together by name; of several of one name (TRAIN/TEST pairs) those of the same phase, else in order.
    Numbers are compared as numbers, strings without their quotes, V1's types by today's names; comments, order of
    fields and layout do not count. V0 and V1 nets are compared with current ones as their upgrade makes them.
    """
    nets = [NetView(document) for document in _alike(first, second)]
    found = list(_fields("", *(fields_of_net(net.document) for net in nets)))
    pairs = list(_pairs(*nets))
    for one, other in pairs:
        if one is None or other is None:
            layer = one or other
            if layer is not None:
                found.append(Difference(f"only in the {'second' if one is None else 'first'}", _shown(layer)))
        else:
            found += _fields(_shown(one), fields_of_layer(one), fields_of_layer(other))
    both = [(one, other) for one, other in pairs if one is not None and other is not None]
    for (_, before), (layer, after) in pairwise(sorted(both, key=lambda pair: pair[0].index)):
        if after.index < before.index:
            found.append(Difference("order", _shown(layer), before=f"behind '{before.name}'", after="before it"))
    return found


def differences_text(first: Document, second: Document) -> str:
    """The differences as lines for people; empty where there are none."""
    lines = []
    for one in differences(first, second):
        where = f"layer {one.layer}" if one.layer else "net"
        if one.kind == "field":
            lines.append(f"~ {where}: {one.path}: {one.before or '(none)'} -> {one.after or '(none)'}")
        elif one.kind == "order":
            lines.append(f"~ {where}: {one.before}, then {one.after}")
        else:
            lines.append(f"{'-' if one.kind.endswith('first') else '+'} {where}")
    return "\n".join(lines)


def fields_of_layer(layer: LayerView) -> dict[str, tuple[str, ...]]:
    """The values of each field by dotted path, in order."""
    found = _values(layer.body)
    if layer.is_v0:
        found |= _values(layer.message, skip="layer")
    if layer.is_v1:
        found["type"] = (layer.type,)
    return dict(sorted(found.items()))


def fields_of_net(document: Document) -> dict[str, tuple[str, ...]]:
    """As fields_of_layer, of the net without its layers."""
    root = Message(0, fields=[field for field in document.root.fields if field.name not in ("layer", "layers")])
    return _values(root)


def _alike(*documents: Document) -> list[Document]:
    """Both upgraded where one has old layers and the other has not."""
    old = [any(layer.is_v1 for layer in NetView(document).layers) for document in documents]
    if len(set(old)) == 1:
        return list(documents)
    from .operations.upgrade import upgrade

    return [document.apply(upgrade(document)) for document in documents]


def _values(message: Message, skip: str = "") -> dict[str, tuple[str, ...]]:
    found: dict[str, list[str]] = {}
    todo = [("", message)]
    while todo:
        path, one = todo.pop()
        for field in one.fields:
            if field.name == skip and not path:
                continue
            name = f"{path}{field.name}"
            for value in field.values:
                if isinstance(value, Scalar):
                    found.setdefault(name, []).append(_plain(value))
                else:
                    todo.insert(0, (f"{name}.", value))
                    if not value.fields:
                        found.setdefault(name, []).append("{}")
    return {name: tuple(values) for name, values in found.items()}


def _plain(value: Scalar) -> str:
    if value.is_string:
        return f'"{value.value}"'
    return value.text if value.number is None else f"{value.number:.9g}"


def _pairs(first: NetView, second: NetView) -> Iterator[tuple[LayerView | None, LayerView | None]]:
    names = dict.fromkeys(layer.name for net in (first, second) for layer in net.layers)
    for name in names:
        mine = [layer for layer in first.layers if layer.name == name]
        theirs = [layer for layer in second.layers if layer.name == name]
        for layer in list(mine):
            match = next((other for other in theirs if _rules(other) == _rules(layer)), None)
            if match is not None and len(mine) + len(theirs) > 2:
                mine.remove(layer)
                theirs.remove(match)
                yield layer, match
        yield from zip_longest(mine, theirs)


def _rules(layer: LayerView) -> dict[str, tuple[str, ...]]:
    return {path: values for path, values in fields_of_layer(layer).items() if path.startswith(("include", "exclude"))}


def _fields(
    layer: str, before: Mapping[str, tuple[str, ...]], after: Mapping[str, tuple[str, ...]]
) -> Iterator[Difference]:
    for path in dict.fromkeys([*before, *after]):
        old, new = before.get(path, ()), after.get(path, ())
        if old != new:
            yield Difference("field", layer, path, ", ".join(old), ", ".join(new))


def _shown(layer: LayerView) -> str:
    return f"'{layer.name}' ({layer.type})"
