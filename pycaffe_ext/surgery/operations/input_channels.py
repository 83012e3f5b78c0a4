"""Another number of input channels: the first layers' weights are made of those there are."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from ...errors import OptionError
from ...text import Document, Message, Scalar
from ...text.layout import replace
from ..operation import Option, Request
from ..plan import Act, Plan, Planned, change

if TYPE_CHECKING:
    from ..anatomy import Anatomy, Part

__all__: list[str] = []

_FORM = "BLOB=N or BLOB=N:HOW with HOW copy, mean or zero, such as data=4:zero"


class InputChannels(Planned):
    """Another number of input channels."""

    options = (
        Option(
            "--input-channels",
            "an input gets N channels (data=4:zero). copy (the default): channels repeat, their weights shared out;"
            " mean: all alike; zero: the new ones count for nothing at first",
            "BLOB=N[:HOW]",
        ),
    )
    touches = frozenset(
        {"layer.input_param.shape.dim", "input_dim", "input_shape.dim", "layer.memory_data_param.channels"}
    )
    needs_weights = True

    def plan(self, document: Document, requests: Sequence[Request]) -> Plan:
        from ..anatomy import Anatomy
        from ..first import data_layers, first_layers, sources

        blob, text = requests[0].pair(_FORM)
        found = re.fullmatch(r"([1-9][0-9]*)(?::(copy|mean|zero))?", text)
        if not found:
            raise OptionError(f"--input-channels takes {_FORM}, not '{requests[0].value}'")
        channels, how = int(found[1]), found[2] or "copy"
        anatomy = Anatomy(document)
        plan = Plan()
        for part in first_layers(anatomy, blob):
            plan.acts[part.name] = _widen(anatomy, part, channels, how)
        for scalar in _channel_numbers(anatomy, blob, sources(anatomy, blob)):
            plan.edits += replace(scalar, str(channels))
        for part in data_layers(anatomy, blob):
            if part.type != "MemoryData":
                plan.notes.append(f"layer '{part.name}' must give {channels} channels now")
            if len(part.param.transform_param.mean_value) > 1:
                plan.notes.append(f"layer '{part.name}' needs a mean_value for each of the {channels} channels")
        return plan


def _widen(anatomy: Anatomy, part: Part, channels: int, how: str) -> Act:
    def widen(blobs: list[Any]) -> list[Any]:
        from ..arithmetic import widen_inputs
        from ..first import as_before, by_channel

        weight = by_channel(anatomy, part, blobs[0])
        if how != "mean" and channels < weight.shape[1]:
            raise OptionError(
                f"--input-channels: {how} cannot make {channels} channels of {weight.shape[1]}; use mean, which"
                " gives an image of like channels what it gave"
            )
        return [as_before(part, widen_inputs(weight, channels, how)), *blobs[1:]]

    return change(part.name, widen)


def _channel_numbers(anatomy: Anatomy, blob: str, sources: Sequence[Part]) -> Iterator[Scalar]:
    """Where the net's text says how many channels an input has."""
    for part in sources:
        messages = part.view.message.messages("input_param")
        shapes = [shape for message in messages for shape in message.messages("shape")]
        yield from _second(shapes, part.view.top_names.index(blob))
        for message in part.view.message.messages("memory_data_param"):
            yield from message.scalars("channels")
    names = [scalar.value for scalar in anatomy.view.inputs]
    if blob in names and not sources:
        root, index = anatomy.document.root, names.index(blob)
        yield from root.scalars("input_dim")[4 * index + 1 : 4 * index + 2]
        if root.messages("input_shape"):
            yield from _second(root.messages("input_shape"), index)


def _second(shapes: Sequence[Message], index: int) -> list[Scalar]:
    """The second dim of the shape of that index; a single shape is for all."""
    return shapes[min(index, len(shapes) - 1)].scalars("dim")[1:2] if shapes else []


operation = InputChannels()
