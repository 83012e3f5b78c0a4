"""The weights of another net for this one: by name and shape, nothing tiled, nothing cut.

As in Shelhamer's FCN an InnerProduct layer's weights may go into a convolution of as many numbers (or back). What has
another size is left out, weight and bias together, so that Caffe starts the layer from its fillers.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Sequence
from math import prod
from typing import TYPE_CHECKING, NamedTuple

from ...errors import NetError
from ...model.view import NetView
from ...text import Document, Edit
from ..operation import Operation, Option, Request

if TYPE_CHECKING:
    from ..weights import Weights

__all__ = ["Transplanted", "transplant"]

_log = logging.getLogger(__name__)

Shape = tuple[int, ...]


class Transplanted(NamedTuple):
    """What became of a layer: copied, reshaped, left (of the net, to its fillers) or dropped (of the weights)."""

    layer: str
    what: str
    why: str = ""


def transplant(document: Document, weights: Weights) -> list[Transplanted]:
    """Makes the weights of another net those of this one, as far as names and shapes go.

    A layer is reshaped where its numbers have the same order in both shapes: leading ones apart, num_output x inputs
    and num_output x channels x height x width. Raises NetError where the net's shapes are not known.
    """
    from ..counts import parameter_shapes  # not above: it brings protobuf

    needed, problem = parameter_shapes(document)
    names = [layer.name for layer in NetView(document).layers]
    gone = [name for name in weights.names if name not in names]
    rows = [Transplanted(name, "dropped", "the net has no such layer") for name in gone if name in weights]
    for name in gone:
        weights.drop(name)
    for name in dict.fromkeys(names):
        if name in weights and name not in needed:
            why = problem or "it stands behind a layer or data of unknown shape"
            raise NetError(name, f"{document.file}: its shapes are not known: {why}; use the net's deploy form")
        if needed.get(name):
            rows.append(_take(weights, name, needed[name]))
    return rows


def _take(weights: Weights, name: str, needed: Sequence[Shape]) -> Transplanted:
    from ...proto.blobs import shapes_fit

    if name not in weights:
        return Transplanted(name, "left", "not in the weights")
    shapes, old = weights.shapes(name), weights.legacy(name)
    there = f"{_shown(shapes)} in the weights, {_shown(needed)} in the net"
    if len(shapes) == len(needed):
        if all(shapes_fit(want, one, legacy=is_old) for want, one, is_old in zip(needed, shapes, old, strict=True)):
            return Transplanted(name, "copied")
        if all(map(_reshapes, shapes, needed, old)):
            weights.set_blobs(
                name, [blob.reshape(want) for blob, want in zip(weights.blobs(name), needed, strict=True)]
            )
            return Transplanted(name, "reshaped", there)
    weights.drop(name)
    return Transplanted(name, "left", there)


def _reshapes(shape: Shape, wanted: Shape, legacy: bool) -> bool:
    """Whether the numbers mean the same in both shapes: as many outputs, and the rest flat on one side."""
    if legacy and shape[:2] == (1, 1):
        shape = shape[2:] if len(wanted) > 1 else shape[3:]
    if shape == wanted:
        return True
    short, long = sorted((shape, wanted), key=len)
    return len(short) == 2 and len(long) == 4 and short[0] == long[0] and short[1] == prod(long[1:])


def _shown(shapes: Sequence[Shape]) -> str:
    return ", ".join(" x ".join(map(str, shape)) or "1 number" for shape in shapes)


class Transplant(Operation):
    """Another net's weights for this net."""

    options = (
        Option(
            "--transplant",
            "take the --weights of another net: layers of the same name and shape are copied, fc weights reshaped for"
            " a convolution of as many numbers, the others left to their fillers; each is reported",
        ),
    )
    touches = frozenset()
    needs_weights = True

    def edits(self, document: Document, requests: Sequence[Request]) -> Iterable[Edit]:
        return ()

    def weights(self, before: Document, after: Document, weights: Weights, requests: Sequence[Request]) -> None:
        rows = transplant(after, weights)
        width = max(len(row.layer) for row in rows) if rows else 0
        for row in rows:
            _log.info("%-*s  %-8s  %s", width, row.layer, row.what, row.why)


operation = Transplant()
