"""A new name for a layer, so that Caffe does not load old weights into it, and for the blob it makes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from ...model.view import NetView
from ...text import Document, Edit
from ...text.layout import quoted, replace
from ..operation import Operation, Option, Request

if TYPE_CHECKING:
    from ..weights import Weights

__all__ = ["rename"]


def rename(document: Document, old: str, new: str) -> Iterator[Edit]:
    """Renames a layer; where one of its tops bears the layer's name, that blob too, wherever the net uses it.

    Layers of one name, a TRAIN/TEST pair, are all renamed.
    Raises UnknownNameError where no layer has the name, NetError where the new one is in use.
    """
    net = NetView(document)
    layers = net.named(old)
    taken = next((layer for layer in net.layers if layer.name == new), None)
    if taken is not None and new != old:
        raise taken.error(f"has this name already, so '{old}' cannot be renamed to it")
    names = [found for layer in layers if (found := layer.body.scalar("name")) is not None]
    if any(old in layer.top_names for layer in layers):
        if new in net.blobs and new != old:
            raise layers[0].error(f"its top cannot be renamed to '{new}' as well: a blob of that name is there already")
        names += [scalar for scalar in net.blob_uses if scalar.value == old]
    for name in names:
        yield from replace(name, quoted(new, like=name))


class Rename(Operation):
    """A new name for a layer and the blob of the same name."""

    options = (Option("--rename", "new name of a layer, and of its top where that bears the layer's name", "OLD=NEW"),)
    touches = frozenset({"input", "layer.name", "layer.bottom", "layer.top"})

    def edits(self, document: Document, requests: Sequence[Request]) -> Iterator[Edit]:
        return rename(document, *requests[0].pair("OLD=NEW"))

    def weights(self, before: Document, after: Document, weights: Weights, requests: Sequence[Request]) -> None:
        old, new = requests[0].pair("OLD=NEW")
        if old in weights.names:
            weights.rename(old, new)


operation = Rename()
