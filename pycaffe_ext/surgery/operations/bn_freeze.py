"""BatchNorm held at what it has learned: use_global_stats, in training too."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from ...model.view import NetView
from ...text import Document, Edit
from ..operation import Operation, Option, Request
from ..statistics import BATCH_NORMS, use_global_stats

__all__ = ["bn_freeze"]


def bn_freeze(document: Document, pattern: str = "*") -> Iterator[Edit]:
    """BatchNorm layers that fit a shell glob get use_global_stats: true. Raises NetError where none is one."""
    layers = NetView(document).matching(pattern)
    found = [layer for layer in layers if layer.type in BATCH_NORMS]
    if not found:
        raise layers[0].error(f"no layer in '{pattern}' is a BatchNorm; this one is a {layers[0].type}")
    for layer in found:
        yield from use_global_stats(layer)


class BatchNormFreeze(Operation):
    """BatchNorm held at what it has learned."""

    options = (Option("--bn-freeze", "layers of BatchNorm, all or those that fit, keep their statistics", "[PATTERN]"),)
    touches = frozenset({"layer.batch_norm_param.use_global_stats"})

    def edits(self, document: Document, requests: Sequence[Request]) -> Iterator[Edit]:
        return bn_freeze(document, requests[0].value or "*")


operation = BatchNormFreeze()
