"""The same net at another batch size."""

from __future__ import annotations

from collections.abc import Iterator

from ...errors import OptionError
from ...model.view import NetView
from ...text import Document, Edit, Message, Scalar
from ...text.layout import replace


def with_batch(document: Document, size: int) -> Document:
    """The net with every batch_size, and the first axis of its inputs, set to `size`.

    An input whose first axis differs from that of the first input (boxes, a clip's frames) stays as it is.
    Raises OptionError for a size below 1, and for a net in which nothing says a batch size.
    """
    if size < 1:
        raise OptionError(f"a batch has at least 1 image, not {size}")
    inputs = list(_first_axes(document))
    alike = [scalar for scalar in inputs if scalar.number == inputs[0].number]
    found = [*alike, *(scalar for layer in NetView(document).layers for scalar in _batch_sizes(layer.body))]
    if not found:
        raise OptionError(f"{document.file}: nothing says a batch size: no input shape, no batch_size")
    edits: list[Edit] = [edit for scalar in found for edit in replace(scalar, str(size))]
    return document.apply(edits)


def _first_axes(document: Document) -> Iterator[Scalar]:
    """The first axis of each input, of Input and DummyData layers and of the old fields."""
    yield from document.root.scalars("input_dim")[::4]
    shapes = document.root.messages("input_shape")
    for layer in NetView(document).layers:
        for name in ("input_param", "dummy_data_param"):
            for param in layer.body.messages(name):
                shapes += param.messages("shape")
                yield from param.scalars("num")
    for shape in shapes:
        yield from shape.scalars("dim")[:1]


def _batch_sizes(message: Message) -> Iterator[Scalar]:
    for field in message.fields:
        for value in field.values:
            if isinstance(value, Message):
                yield from value.scalars("batch_size")
