"""A prefix for all names of a net: layers, blobs, shared parameters. Two nets can then stand in one."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from ...errors import OptionError
from ...model.view import LayerView, NetView
from ...text import Document, Edit, Scalar
from ...text.layout import quoted, replace
from ..operation import Operation, Option, Request

if TYPE_CHECKING:
    from ..weights import Weights

__all__ = ["add_prefix"]


def add_prefix(document: Document, prefix: str) -> Iterator[Edit]:
    """Puts `prefix` before the name of every layer, blob and shared parameter. Raises OptionError for an empty one."""
    if not prefix:
        raise OptionError("--prefix takes some text, such as left_")
    net = NetView(document)
    names = [scalar for layer in net.layers for scalar in (*layer.body.scalars("name"), *parameter_names(layer))]
    for scalar in (*names, *net.blob_uses):
        if scalar.value:
            yield from replace(scalar, quoted(prefix + scalar.value, like=scalar))


def parameter_names(layer: LayerView) -> list[Scalar]:
    """What says under which name each parameter is shared; not every parameter has one."""
    if layer.is_v1:
        return layer.body.scalars("param")
    return [scalar for param in layer.params for scalar in param.scalars("name")]


class Prefix(Operation):
    """A prefix for all names."""

    options = (
        Option("--prefix", "put TEXT before the names of all layers, blobs and shared parameters (left_)", "TEXT"),
    )
    touches = frozenset({"input", "layer.name", "layer.bottom", "layer.top", "layer.param.name", "layer.param"})

    def edits(self, document: Document, requests: Sequence[Request]) -> Iterator[Edit]:
        return add_prefix(document, requests[0].value)

    def weights(self, before: Document, after: Document, weights: Weights, requests: Sequence[Request]) -> None:
        """All layers of the file, those that the net does not have too."""
        weights.rename_all(lambda name: requests[0].value + name)


operation = Prefix()
