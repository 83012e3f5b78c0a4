"""Fields and layer types that BVLC Caffe does not know, and whose they are."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from ...errors import UnknownNameError
from ...model.rules import known_types
from ...model.view import LayerView
from ...proto.caffe_pb2 import NetParameter
from ...text import Field, Message
from ..case import Case
from ..check import Check
from ..finding import Finding
from ..fork_table import fork_of_field, fork_of_type

_REJECTS = 'Caffe refuses to read the file: Message type "caffe.{message}" has no field named "{name}"'


@dataclass
class _Unknown:
    """A field that BVLC's schema lacks: where it first is, in which layer, how often."""

    field: Field
    layer: LayerView | None
    known: tuple[str, ...]
    count: int = 1


class Forks(Check):
    """fields and layer types of Caffe forks, named with the fork that knows them"""

    def find(self, case: Case) -> Iterator[Finding]:
        types: dict[str, list[LayerView]] = {}
        for layer in case.net.layers:
            if layer.type and layer.type not in known_types() and not (layer.is_v0 and layer.type == "padding"):
                types.setdefault(layer.type, []).append(layer)
        for name, layers in types.items():
            yield self._type(case, name, layers)
        fields: dict[tuple[str, str], _Unknown] = {}
        of_forks = {layer.index for layers in types.values() for layer in layers}
        by_message = {id(layer.message): layer for layer in case.net.layers}
        _collect(case.document.root, NetParameter.DESCRIPTOR, None, by_message, fields)
        for (message, name), found in fields.items():
            if found.layer is not None and found.layer.index in of_forks and message.endswith("LayerParameter"):
                continue  # its type says it all
            yield self._field(case, message, name, found)

    @staticmethod
    def _type(case: Case, name: str, layers: list[LayerView]) -> Finding:
        fork = fork_of_type(name)
        near = UnknownNameError("layer type", name, known_types()).near
        typo = not fork and bool(near) and near[0].lower() == name.lower()
        meant = f"; did you mean {near[0]}?" if typo else ""
        remedy = f"It is known to {fork}: run the net there." if fork else "Run the net in the fork that it comes from."
        remedy = "Write the type as BVLC Caffe spells it." if typo else remedy
        commands = [case.surgery("--replace-type", f"{layers[0].name}={near[0]}")] if typo else []
        return case.error(
            layers[0],
            f"BVLC Caffe has no layer type {name}{_times(len(layers), 'layer')}{meant}",
            f"Caffe ends with a failed check: Unknown layer type: {name}",
            remedy + ("" if typo else " surgery.py edits its text and weights all the same."),
            *commands,
        )

    @staticmethod
    def _field(case: Case, message: str, name: str, found: _Unknown) -> Finding:
        fork = fork_of_field(message, name)
        near = [] if fork else UnknownNameError("field", name, found.known).near
        meant = f"; did you mean {' or '.join(near)}?" if near else ""
        whose = (
            f"It is known to {fork}: run the net there," if fork else "Correct it, run the net in the fork it is from,"
        )
        remedy = f"{whose} or take the field out."
        line = case.document.position(found.field.start)[0]
        where = _times(found.count, "place")
        problem = f"BVLC Caffe knows no field {name} in {message}{where}{meant}"
        finding = case.error(found.layer, problem, _REJECTS.format(message=message, name=name), remedy)
        return Finding(**{**finding.__dict__, "line": line})


def _collect(
    around: Message,
    descriptor: Any,
    layer: LayerView | None,
    layers: dict[int, LayerView],
    found: dict[tuple[str, str], _Unknown],
) -> None:
    """All fields below a message that its descriptor lacks; what lies in such a field is not looked into."""
    known = descriptor.fields_by_name
    for field in around.fields:
        kind = known.get(field.name)
        if kind is None:
            key = (descriptor.name, field.name)
            if field.name.startswith("["):
                continue
            if key in found:
                found[key].count += 1
            else:
                found[key] = _Unknown(field, layer, tuple(known))
        elif kind.message_type is not None:
            for value in field.values:
                if isinstance(value, Message):
                    _collect(value, kind.message_type, layers.get(id(value), layer), layers, found)


def _times(count: int, what: str) -> str:
    return f" ({count} {what}s)" if count > 1 else ""


check = Forks()
