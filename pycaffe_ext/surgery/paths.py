"""Fields by path (conv1.convolution_param.stride): where they are in a text, and what Caffe's schema says of them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

from ..errors import CaffeError, OptionError, UnknownNameError
from ..model.view import LayerView, NetView
from ..text import Document, Field, Message, Scalar
from ..text.layout import New, quoted

_STEP = re.compile(r"([A-Za-z_]\w*)(?:\[(\d+)\])?")
_INTEGER = re.compile(r"-?(0[xX][0-9a-fA-F]+|[0-9]+)")
_TRUTHS = ("true", "false", "True", "False", "t", "f", "0", "1")


class Step(NamedTuple):
    """A field's name, and which one of a repeated field (from 0), if it says so."""

    name: str
    which: int | None


class Place(NamedTuple):
    """A path below a message: a layer, or the net itself, for which `layer` is None."""

    layer: LayerView | None
    message: Message
    steps: tuple[Step, ...]

    def error(self, problem: str) -> CaffeError:
        return OptionError(problem) if self.layer is None else self.layer.error(problem)


def places(document: Document, text: str) -> list[Place]:
    """What "LAYER.path" means, LAYER being a glob over names that may hold dots themselves; ".path" is the net's.

    Raises OptionError for what is no path, UnknownNameError where no layer has the name.
    """
    net = NetView(document)
    dots = [found.start() for found in re.finditer(r"\.", text)]
    if not dots or text.startswith("."):
        return [Place(None, document.root, _steps(text.removeprefix(".")))]
    for dot in reversed(dots):
        try:
            layers = net.matching(text[:dot])
        except UnknownNameError:
            continue
        return [Place(layer, layer.body, _steps(text[dot + 1 :])) for layer in layers]
    net.matching(text[: dots[0]])  # raises, with near names
    raise AssertionError


def _steps(path: str) -> tuple[Step, ...]:
    found = [_STEP.fullmatch(part) for part in path.split(".")]
    if not all(found):
        raise OptionError(f"'{path}' is no path of fields, such as convolution_param.stride or param[1].lr_mult")
    return tuple(Step(one[1], None if one[2] is None else int(one[2])) for one in found if one)


def descriptor_of(place: Place, steps: Sequence[Step]) -> Any:
    """The schema's descriptor of the last step; None below a field of a fork that the text has already.

    Raises UnknownNameError, with near names, where neither the schema nor the text has a field.
    """
    from ..proto.caffe_pb2 import LayerParameter, NetParameter, V0LayerParameter, V1LayerParameter

    layer = place.layer
    kind: Any = NetParameter
    if layer is not None:
        kind = V0LayerParameter if layer.is_v0 else V1LayerParameter if layer.is_v1 else LayerParameter
    message, found = kind.DESCRIPTOR, None
    for depth, step in enumerate(steps):
        found = message.fields_by_name.get(step.name) if message is not None else None
        if found is None:
            if fields_at(place, steps[: depth + 1]):
                message = None
                continue
            known = list(message.fields_by_name) if message is not None else []
            raise UnknownNameError("field", step.name, known, where=message.name if message is not None else "")
        if depth + 1 < len(steps) and found.message_type is None:
            raise place.error(f"{step.name} holds a value and no fields")
        message = found.message_type
    return found


def fields_at(place: Place, steps: Sequence[Step]) -> list[Field]:
    """The fields of a path that are there, all of a repeated one unless the path says which."""
    messages = [place.message]
    fields: list[Field] = []
    for step in steps:
        fields = [field for message in messages for field in message.named(step.name)]
        if step.which is not None:
            fields = fields[step.which : step.which + 1]
        messages = [value for field in fields for value in field.values if isinstance(value, Message)]
    return fields


def written(place: Place, descriptor: Any, value: str, like: Field | None) -> list[New]:
    """The field with a value as prototxt writes it; several for a list of a repeated one (3,5).

    Strings may leave out their quotes. Raises OptionError where the value does not fit the schema's type.
    """
    name = descriptor.name if descriptor is not None else like.name if like is not None else ""
    is_message = descriptor.message_type is not None if descriptor is not None else value.startswith(("{", "<"))
    if is_message:
        return [New(name, list(_content(name, value)))]
    is_string = descriptor.type in (descriptor.TYPE_STRING, descriptor.TYPE_BYTES) if descriptor is not None else False
    repeated = descriptor is not None and _is_repeated(descriptor)
    values = value.split(",") if repeated and not is_string else [value]
    if descriptor is None and like is not None and isinstance(like.values[0], Scalar):
        is_string = like.values[0].is_string
    return [New(name, _scalar(descriptor, one.strip(), is_string, like)) for one in values]


def _is_repeated(descriptor: Any) -> bool:
    found = getattr(descriptor, "is_repeated", None)
    return bool(descriptor.label == descriptor.LABEL_REPEATED if found is None else found)


def _content(name: str, value: str) -> Iterator[New]:
    from .fields import as_new

    fields = Document(f"{name} {value if value.startswith(('{', '<')) else '{' + value + '}'}", "the value").root.fields
    if len(fields) != 1:
        raise OptionError(f"{name} takes one message in braces, not '{value}'")
    yield from as_new([one for message in fields[0].values if isinstance(message, Message) for one in message.fields])


def _scalar(descriptor: Any, value: str, is_string: bool, like: Field | None) -> str:
    if is_string:
        if len(value) > 1 and value[0] == value[-1] and value[0] in "\"'":
            return value
        mark = like.values[0] if like is not None and isinstance(like.values[0], Scalar) else None
        return quoted(value, like=mark)
    if descriptor is None:
        return value
    problem = _problem(descriptor, value)
    if problem:
        raise OptionError(f"{descriptor.name} takes {problem}, not '{value}'")
    return value


def _problem(descriptor: Any, value: str) -> str:
    """What a field takes, in words, where `value` is no such thing; else empty."""
    kinds = type(descriptor)
    if descriptor.cpp_type == kinds.CPPTYPE_ENUM:
        names = descriptor.enum_type.values_by_name
        return "" if value in names else f"one of {', '.join(names)}"
    if descriptor.cpp_type == kinds.CPPTYPE_BOOL:
        return "" if value in _TRUTHS else "true or false"
    if descriptor.cpp_type in (kinds.CPPTYPE_FLOAT, kinds.CPPTYPE_DOUBLE):
        try:
            float(value.removesuffix("f"))
        except ValueError:
            return "a number"
        return ""
    if not _INTEGER.fullmatch(value):
        return "a whole number"
    number = int(value, 0) if "x" in value.lower() else int(value)
    unsigned = descriptor.cpp_type in (kinds.CPPTYPE_UINT32, kinds.CPPTYPE_UINT64)
    bits = 64 if descriptor.cpp_type in (kinds.CPPTYPE_INT64, kinds.CPPTYPE_UINT64) else 32
    low, high = (0, 1 << bits) if unsigned else (-(1 << bits - 1), 1 << bits - 1)
    return "" if low <= number < high else f"a number from {low} to {high - 1}"
