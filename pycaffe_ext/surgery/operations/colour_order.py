"""A net for RGB images from one for BGR, and back: the first layers take the channels in the other order."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from ...text import Document, Edit
from ...text.layout import replace
from ..operation import Option, Request
from ..plan import Act, Plan, Planned, change

if TYPE_CHECKING:
    from ..anatomy import Anatomy, Part

__all__: list[str] = []


class ColourOrder(Planned):
    """RGB in place of BGR, and back."""

    options = (
        Option(
            "--swap-colours",
            "an input of BGR images takes RGB images, or the other way round (such as: data): the first layers'"
            " weights, and the mean_value of data layers, change places",
            "BLOB",
        ),
    )
    touches = frozenset({"layer.transform_param.mean_value"})
    equivalent = True
    needs_weights = True

    def plan(self, document: Document, requests: Sequence[Request]) -> Plan:
        from ..anatomy import Anatomy
        from ..first import data_layers, first_layers

        anatomy = Anatomy(document)
        blob = requests[0].value
        plan = Plan()
        for part in first_layers(anatomy, blob):
            plan.acts[part.name] = _flip(anatomy, part)
        for part in data_layers(anatomy, blob):
            plan.edits += _mean_values(part)
            if part.param.transform_param.mean_file:
                plan.notes.append(f"layer '{part.name}' has a mean_file: make it anew from images in the other order")
            plan.notes.append(f"layer '{part.name}' must read images in the other order now")
        return plan

    def feed(self, before: Document, requests: Sequence[Request], inputs: Mapping[str, Any]) -> dict[str, Any]:
        """The inputs for the net after, N x C x H x W, from those of the net before."""
        blob = requests[0].value
        return {name: array[:, ::-1] if name == blob else array for name, array in inputs.items()}


def _flip(anatomy: Anatomy, part: Part) -> Act:
    def flip(blobs: list[Any]) -> list[Any]:
        from ..first import as_before, by_channel

        weight = by_channel(anatomy, part, blobs[0])
        if weight.shape[1] != 3:
            raise part.error(f"takes {weight.shape[1]} channels, not the 3 of a colour image")
        return [as_before(part, weight[:, ::-1]), *blobs[1:]]

    return change(part.name, flip)


def _mean_values(part: Part) -> Iterator[Edit]:
    message = part.view.message.message("transform_param")
    found = [] if message is None else message.scalars("mean_value")
    for scalar, other in zip(found, reversed([scalar.text for scalar in found]), strict=True):
        if scalar.text != other:
            yield from replace(scalar, other)


operation = ColourOrder()
