"""The lr_mult of a layer's parameters: read, written, in param blocks or V1's blobs_lr."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from ..model.view import LayerView
from ..text import Edit, Field
from ..text.layout import New, insert_after, insert_first, replace

DEFAULT = 1.0
"""Caffe's lr_mult for a parameter that does not say."""


def rate_of(layer: LayerView, index: int) -> float:
    """The lr_mult of a layer's parameter."""
    written = layer.rates[index] if index < len(layer.rates) else None
    number = DEFAULT if written is None else written.number
    if written is not None and number is None:
        raise layer.document.error(written.start, f"lr_mult must be a number, not {written.text}")
    return DEFAULT if number is None else number


def set_rates(layer: LayerView, wanted: Mapping[int, str]) -> Iterator[Edit]:
    """Writes the lr_mult of parameters by index, where it differs; blocks that are missing are added.

    A parameter between them that is not wanted gets Caffe's default, which it had before.
    """
    given = len(layer.rates)
    for index, text in wanted.items():
        if index < given and rate_of(layer, index) != float(text):
            written = layer.rates[index]
            if written is not None:
                yield from replace(written, text)
            else:
                yield insert_first(layer.document, layer.params[index], New("lr_mult", text))
    missing = [wanted.get(index, "1") for index in range(given, max(wanted, default=-1) + 1)]
    if any(float(text) != DEFAULT for text in missing):
        new = [New("blobs_lr", text) if layer.is_v1 else New("param", [New("lr_mult", text)]) for text in missing]
        yield insert_after(layer.document, last_heading(layer), new, layer.body.fields)


def last_heading(layer: LayerView) -> Field:
    """The field behind which a layer's param blocks go: the last one there is, else top, bottom, type or name."""
    for name in ("blobs_lr" if layer.is_v1 else "param", "top", "bottom", "type", "name"):
        found = layer.body.named(name)
        if found:
            return found[-1]
    raise layer.error("has neither name nor type")
