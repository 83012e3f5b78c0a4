"""Layers taken out; what took their tops takes their bottoms."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from ...model.view import NetView
from ...text import Document, Edit
from ...text.layout import remove as remove_field
from ..operation import Operation, Option, Request

if TYPE_CHECKING:
    from ..anatomy import Anatomy, Part
    from ..weights import Weights

__all__ = ["remove_layers"]


def remove_layers(document: Document, pattern: str) -> Iterator[Edit]:
    """Takes out the layers that fit a shell glob; what took the top of one takes its bottom.

    A layer of several bottoms or tops goes only where nothing that stays takes its tops, as a loss or a metric.
    Raises UnknownNameError, NetError.
    """
    from ..anatomy import Anatomy
    from ..rewire import bypass

    anatomy = Anatomy(document)
    gone = anatomy.matching(pattern)
    used = [part for part in gone if any(user not in gone for user in _users(anatomy, part))]
    spans = [part.view.field for part in gone if part not in used]
    for edit in bypass(anatomy, used):
        if not any(field.start <= edit.start < field.end for field in spans):
            yield edit
    for field in spans:
        yield remove_field(document, field)


def _users(anatomy: Anatomy, part: Part) -> Iterator[Part]:
    return (user for top in part.view.top_names for user, _ in anatomy.users(part, top))


class Remove(Operation):
    """Layers taken out."""

    options = (
        Option("--remove", "take out layers that fit; what took their tops takes their bottoms ('drop*')", "PATTERN"),
    )
    touches = frozenset({"layer.bottom", "layer.top"})

    def edits(self, document: Document, requests: Sequence[Request]) -> Iterator[Edit]:
        return remove_layers(document, requests[0].value)

    def layers(self, document: Document, requests: Sequence[Request]) -> tuple[Sequence[str], Sequence[str]]:
        return (), [layer.name for layer in NetView(document).matching(requests[0].value)]

    def weights(self, before: Document, after: Document, weights: Weights, requests: Sequence[Request]) -> None:
        """The blobs of what went go, and those of layers that do not fit any more."""
        from ..fit import drop_misfits

        left = {layer.name for layer in NetView(after).layers}
        for name in {layer.name for layer in NetView(before).layers} - left:
            if name in weights:
                weights.drop(name)
        drop_misfits(before, after, weights)


operation = Remove()
