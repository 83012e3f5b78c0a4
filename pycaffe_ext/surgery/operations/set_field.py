"""Any field by its path: set, added with the messages around it where they are missing, or taken out."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from ...errors import OptionError, UnknownNameError
from ...text import Document, Edit, Field, Message, Scalar
from ...text.layout import New, insert_after, insert_first, remove, replace
from ..operation import Operation, Option, Request
from ..paths import Place, Step, descriptor_of, fields_at, places, written
from ..rates import last_heading

if TYPE_CHECKING:
    from ..weights import Weights

__all__ = ["set_field", "unset_field"]


def set_field(document: Document, path: str, value: str) -> Iterator[Edit]:
    """Gives a field of layers ("conv1.convolution_param.stride", a glob for the layer) or of the net (".name") a value.

    Of a repeated field the value is all there is then (param.lr_mult: that of each param); `[1]` means one of them.
    Raises UnknownNameError for a field that neither Caffe's schema nor the layer's text has, OptionError for a value
    that does not fit.
    """
    for place in places(document, path):
        descriptor = descriptor_of(place, place.steps)
        there = fields_at(place, place.steps)
        new = written(place, descriptor, value, there[0] if there else None)
        yield from _set(document, place, place.message, place.steps, new)


def unset_field(document: Document, path: str) -> Iterator[Edit]:
    """Takes a field out, all of a repeated one unless the path says which. Raises UnknownNameError where none is."""
    from ..fields import without_overlap

    found = [field for place in places(document, path) for field in fields_at(place, place.steps)]
    if not found:
        raise UnknownNameError("field", path, where=document.file)
    yield from without_overlap(remove(document, field) for field in found)


def _set(
    document: Document, place: Place, message: Message, steps: Sequence[Step], new: Sequence[New]
) -> Iterator[Edit]:
    step, rest = steps[0], steps[1:]
    there = message.named(step.name)
    if step.which is not None:
        if step.which > len(there):
            raise place.error(f"has {len(there)} {step.name}, so none can be number {step.which} (from 0)")
        there = there[step.which : step.which + 1]
    inner = [value for field in there for value in field.values if isinstance(value, Message)]
    if rest and inner:
        for one in inner:
            yield from _set(document, place, one, rest, new)
    elif rest or not there:
        for outer in reversed(rest and steps[:-1]):
            new = [New(outer.name, list(new))]
        yield _add(document, place, message, new)
    else:
        yield from _exchange(document, there, new)


def _exchange(document: Document, there: Sequence[Field], new: Sequence[New]) -> Iterator[Edit]:
    from ..fields import without_overlap

    first, value = there[0], there[0].values[0] if there[0].values else None
    if len(there) == len(new) == 1 and isinstance(value, Scalar) and not first.is_list:
        if value.text != new[0].content:
            yield from replace(value, str(new[0].content))
        return
    if [one.text for field in there for one in field.values if isinstance(one, Scalar)] == [n.content for n in new]:
        return
    from ...text.layout import render

    text = document.newline.join(render(document, one, there, "") for one in new)
    yield Edit(first.start, first.end, " ".join(text.split()) if first.is_list or isinstance(value, Scalar) else text)
    yield from without_overlap(remove(document, field) for field in there[1:])


def _add(document: Document, place: Place, message: Message, new: Sequence[New]) -> Edit:
    if place.layer is not None and message is place.layer.body:
        return insert_after(document, last_heading(place.layer), new, message.fields)
    if message.fields and message is not document.root:
        return insert_after(document, message.fields[-1], new, message.fields)
    if not message.fields and message is document.root:
        raise OptionError(f"{document.file}: is empty")
    return insert_first(document, message, new[0])


class SetField(Operation):
    """Any field by its path."""

    options = (
        Option(
            "--set",
            "a field of layers that fit, or of the net with nothing before the dot: conv1.convolution_param.stride=2,"
            " '*.param.lr_mult=0', conv1.param[1].lr_mult=2, .force_backward=true,"
            " \"fc8.inner_product_param.weight_filler={ type: 'xavier' }\"",
            "PATTERN.PATH=VALUE",
        ),
        Option("--unset", "take a field out, all of a repeated one or one of them (conv1.param[1])", "PATTERN.PATH"),
    )
    touches = frozenset()

    def may_touch(self, document: Document, requests: Sequence[Request]) -> frozenset[str]:
        path = _path(requests[0])
        found: set[str] = set()
        for place in places(document, path):
            start = ["layer"] if place.layer is not None else []
            dotted = ".".join([*start, *(step.name for step in place.steps)])
            found |= {dotted, f"{dotted}.*"}
        return frozenset(found)

    def edits(self, document: Document, requests: Sequence[Request]) -> Iterator[Edit]:
        request = requests[0]
        if request.flag == "--unset":
            return unset_field(document, request.value)
        path, equals, value = request.value.partition("=")
        if not equals or not value:
            raise OptionError(f"--set takes PATTERN.PATH=VALUE, not '{request.value}'")
        return set_field(document, path, value)

    def weights(self, before: Document, after: Document, weights: Weights, requests: Sequence[Request]) -> None:
        """Layers that do not fit any more start from their fillers."""
        from ..fit import drop_misfits

        drop_misfits(before, after, weights)


def _path(request: Request) -> str:
    return request.value if request.flag == "--unset" else request.value.partition("=")[0]


operation = SetField()
