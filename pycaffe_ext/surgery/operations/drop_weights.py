"""Weights of a layer taken out of the file, so that the layer starts from its fillers."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

from ...errors import UnknownNameError
from ...text import Document, Edit
from ..operation import Operation, Option, Request

if TYPE_CHECKING:
    from ..weights import Weights

__all__ = ["drop_weights"]


def drop_weights(weights: Weights, pattern: str) -> None:
    """Takes the layers that fit a shell glob out of the weights. Raises UnknownNameError where none has blobs."""
    names = [name for name in weights.names if name in weights]
    found = [name for name in names if name == pattern or fnmatchcase(name, pattern)]
    if not found:
        raise UnknownNameError("layer", pattern, names, where=weights.file)
    for name in found:
        weights.drop(name)


class DropWeights(Operation):
    """Layers that start afresh."""

    options = (Option("--drop-weights", "weights of layers that fit go: they start from their fillers", "PATTERN"),)
    touches = frozenset()
    needs_weights = True

    def edits(self, document: Document, requests: Sequence[Request]) -> Iterable[Edit]:
        return ()

    def weights(self, before: Document, after: Document, weights: Weights, requests: Sequence[Request]) -> None:
        drop_weights(weights, requests[0].value)


operation = DropWeights()
