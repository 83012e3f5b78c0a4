"""Another number of outputs: the classes of a last layer, the filters of a convolution."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from ...errors import OptionError
from ...model.view import NetView
from ...text import Document, Edit, Message
from ...text.layout import replace
from ..operation import Operation, Option, Request

if TYPE_CHECKING:
    from ..weights import Weights

__all__ = ["set_num_output"]


def set_num_output(document: Document, name: str, number: int) -> Iterator[Edit]:
    """Sets num_output of a layer (of all of that name).

    Raises UnknownNameError where no layer has the name, NetError where it has no num_output.
    """
    for layer in NetView(document).named(name):
        messages = [value for field in layer.body.fields for value in field.values if isinstance(value, Message)]
        found = [scalar for message in (layer.body, *messages) for scalar in message.scalars("num_output")]
        if not found:
            raise layer.error(f"{layer.type} has no num_output")
        for scalar in found:
            if scalar.number != number:
                yield from replace(scalar, str(number))


class NumOutput(Operation):
    """Another number of outputs."""

    options = (Option("--num-output", "number of outputs, such as classes, of a layer", "LAYER=N"),)
    touches = frozenset({"layer.num_output", "layer.*.num_output"})

    def edits(self, document: Document, requests: Sequence[Request]) -> Iterator[Edit]:
        name, text = requests[0].pair("LAYER=N")
        if not text.isascii() or not text.isdigit() or int(text) < 1:
            raise OptionError(f"--num-output takes a whole number from 1 on behind the =, not '{text}'")
        return set_num_output(document, name, int(text))

    def weights(self, before: Document, after: Document, weights: Weights, requests: Sequence[Request]) -> None:
        """The layer starts afresh where its number changes, and so do those that take its outputs."""
        from ..fit import drop, drop_misfits

        name, number = requests[0].pair("LAYER=N")
        drop_misfits(before, after, weights)
        if name in weights and before.text != after.text:
            drop(weights, name, f"gets {number} outputs")


operation = NumOutput()
